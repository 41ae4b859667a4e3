"""How suspicious the nodes of a file are, given how suspicious its lines are."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from .source import Source

_FLOOR = 0.1
_DECLARED = 0.2
"""How suspicious code is that runs at import only (constants, class bodies), measured by the rest of its file."""
_DECLARED_AND_USED = 0.65
"""The same for what suspicious lines mention by name."""


def doubt_of(
    source: Source, node: ast.AST, suspicion: Mapping[int, float], mentioned: Mapping[str, float] | None = None
) -> float:
    """How suspicious a node is, in [0, 1]: its own line, else its statement.

    Code that runs at import only counts by how suspicious the lines are that mention its names (``mentioned``).
    """
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        inside = max((suspicion.get(line, 0.0) for line in lines), default=0.0)
        return (0.6 if isinstance(node, ast.ClassDef) else 0.9) * inside
    statement = source.statement(node)
    if statement is None:
        return 0.0
    score = max(suspicion.get(getattr(node, "lineno", 0), 0.0), suspicion.get(statement.lineno, 0.0))
    if score:
        return _FLOOR + (1 - _FLOOR) * score
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return 0.5 * doubt_of(source, statement, suspicion)
    if source.function(node) is None:
        used = max((mentioned or {}).get(name, 0.0) for name in (*_bound(statement), ""))
        return max(_DECLARED * max(suspicion.values(), default=0.0), _DECLARED_AND_USED * used)
    return 0.0


def _bound(statement: ast.stmt) -> list[str]:
    stored = (n for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return [node.id for node in stored]


def mentioned_names(source: Source, suspicion: Mapping[int, float]) -> dict[str, float]:
    """Names and attributes that suspicious lines mention, with the highest suspicion."""
    found: dict[str, float] = {}
    for node in ast.walk(source.tree):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        doubt = suspicion.get(getattr(node, "lineno", 0), 0.0) if name else 0.0
        if doubt > found.get(name, 0.0):
            found[name] = doubt
    return found
