"""Extremes: what is assigned in every case counts only where it is larger, or smaller, than what is there."""

from __future__ import annotations

from collections.abc import Iterator

from ..statements import is_statement
from ..tree import Node
from .registry import Rewrite, Site, operator

_NO_NUMBERS = frozenset({"string", "template", "boolean", "nothing", "list", "object", "function"})
_OF_ANOTHER_NAME = 0.6


@operator(
    "extreme",
    "assign",
    weight=0.5,
    examples={
        "javascript": (("x.to = a.to;\n", "x.to = Math.max(x.to, a.to);\n"), ("x = a;\n", "x = Math.min(x, a);\n")),
        "go": (("x.To = a.To\n", "if a.To > x.To {\n\tx.To = a.To\n}\n"), ("x = a\n", "if a < x {\n\tx = a\n}\n")),
        "rust": (("x.to = a.to;\n", "x.to = x.to.max(a.to);\n"), ("x = a;\n", "x = x.min(a);\n")),
    },
)
def extreme(site: Site) -> Iterator[Rewrite]:
    """The larger or the smaller of the old and the new value is kept."""
    left, right = site.node.get("left"), site.node.get("right")
    if left is None or right is None or right.kind in _NO_NUMBERS or left.text in right.text or "," in left.text:
        return
    factor = 1.0 if _last_name(left) == _last_name(right) else _OF_ANOTHER_NAME
    for name, sign in (("max", ">"), ("min", "<")):
        if site.family == "javascript":
            yield site.splice(right.start, right.end, f"Math.{name}({left.text}, {right.text})", factor)
        elif site.family == "rust":
            yield site.splice(right.start, right.end, f"{left.text}.{name}({right.text})", factor)
        elif is_statement(site.node):
            indent = site.tree.indent(site.node.start)
            guarded = f"if {right.text} {sign} {left.text} {{\n{indent}\t{site.text}\n{indent}}}"
            yield site.splice(site.node.start, site.node.end, guarded, factor)


def _last_name(node: Node) -> str:
    return node.text.rpartition(".")[2]
