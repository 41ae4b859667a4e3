"""Fault localization: which places the failures point at, and what of them a prompt shows."""

from .excerpts import context, test_context
from .ranking import suspects

__all__ = ["context", "suspects", "test_context"]
