"""Repairs from syntax trees of JavaScript, TypeScript, Go and Rust: candidates, and many of them in one source text."""

from .generator import TreeGenerator
from .switching import TreeSwitcher

__all__ = ["TreeGenerator", "TreeSwitcher"]
