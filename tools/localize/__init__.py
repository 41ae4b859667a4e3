"""Fault localization: which places the failures point at, and what of them a prompt shows."""

from .excerpts import context, test_context
from .ranking import suspects
from .spectrum import Spectrum, read_spectrum

__all__ = ["Spectrum", "context", "read_spectrum", "suspects", "test_context"]
