"""How suspicious the nodes of a tree are, given how suspicious its lines are."""

from __future__ import annotations

from collections.abc import Mapping

from .statements import function_of, statement_of
from .tree import Node, Tree

_FLOOR = 0.1
_DECLARED = 0.2
"""How suspicious code outside of functions is, measured by the rest of its file."""
_DECLARED_AND_USED = 0.65
"""The same for what suspicious lines mention by name."""
_HEAD = 0.9


def doubt_of(node: Node, suspicion: Mapping[int, float], mentioned: Mapping[str, float]) -> float:
    """How suspicious a node is, in [0, 1]: its own line, else its statement, for a function the worst of its lines."""
    if node.kind == "function":
        inside = (suspicion.get(line, 0.0) for line in range(node.line, node.last_line + 1))
        return _HEAD * max(inside, default=0.0)
    statement = statement_of(node)
    lines = (node.line, statement.line) if statement is not None else (node.line,)
    score = max(suspicion.get(line, 0.0) for line in lines)
    if score:
        return _FLOOR + (1 - _FLOOR) * score
    if function_of(node) is None:
        used = max((mentioned.get(name, 0.0) for name in _named(statement or node)), default=0.0)
        return max(_DECLARED * max(suspicion.values(), default=0.0), _DECLARED_AND_USED * used)
    return 0.0


def _named(statement: Node) -> list[str]:
    return [node.text for node in statement.walk() if node.kind == "name" and node.field in ("name", "left", "pattern")]


def mentioned_names(tree: Tree, suspicion: Mapping[int, float]) -> dict[str, float]:
    """Names that suspicious lines mention, with the highest suspicion."""
    found: dict[str, float] = {}
    for node in tree.nodes:
        if node.kind in ("name", "property"):
            doubt = suspicion.get(node.line, 0.0)
            if doubt > found.get(node.text, 0.0):
                found[node.text] = doubt
    return found
