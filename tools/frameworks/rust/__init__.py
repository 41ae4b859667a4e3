"""cargo test."""
