"""Conditions that say nothing: always true, or always false, whatever is compared."""

from __future__ import annotations

import re

from ..model import Splice, apply
from .tree import Node

RISK = 0.5
_SAME = re.compile(r"\(?([\w.\[\]()$]+)\)? ?(?:===?|!==?|<=?|>=?|&&|\|\||-|/|%) ?\1")
_LENGTH = r"(?:len\([^()]*\)|[\w.\[\]$]+\.(?:length|size)|[\w.\[\]]+\.len\(\))"
_ALWAYS = re.compile(rf"{_LENGTH} ?(?:>= ?-?0|> ?-\d|< ?0|<= ?-\d|===? ?-\d|!==? ?-\d)")


def risk_of_emptiness(node: Node, splices: tuple[Splice, ...]) -> float:
    """How much tells against a rewrite for the comparison that it leaves."""
    holder = next((n for n in (node, *node.ancestors()) if n.kind == "binary"), None)
    if holder is None or not all(holder.holds(s.start, s.end) for s in splices):
        return 0.0
    moved = [Splice(s.start - holder.start, s.end - holder.start, s.text) for s in splices]
    text = apply(holder.text, moved)
    return RISK if _SAME.fullmatch(text) or _ALWAYS.fullmatch(text) else 0.0
