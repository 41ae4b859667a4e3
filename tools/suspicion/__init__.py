"""Patches that make tests pass without mending anything: what is refused, and what is only kept with a mark."""
