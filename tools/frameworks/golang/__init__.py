"""go test."""
