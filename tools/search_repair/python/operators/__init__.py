"""The small changes that repair code, as data: each one names its nodes, its weight and its own before and after."""

from . import calls, conditions, constants, diagnostics, fragments, names, statements, tokens
from .registry import OPERATORS, Operator

__all__ = [
    "OPERATORS",
    "Operator",
    "calls",
    "conditions",
    "constants",
    "diagnostics",
    "fragments",
    "names",
    "statements",
    "tokens",
]
