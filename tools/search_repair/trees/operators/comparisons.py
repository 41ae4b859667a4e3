"""Comparisons: by their neighbours, with a number a step aside, the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from ..numbers import stepped
from .registry import Rewrite, Site, operator

_INSTEAD = {
    "<": (("<=", 1.0), (">", 0.7), (">=", 0.5), ("!=", 0.4), ("==", 0.3)),
    "<=": (("<", 1.0), (">=", 0.7), (">", 0.5), ("==", 0.3), ("!=", 0.3)),
    ">": ((">=", 1.0), ("<", 0.7), ("<=", 0.5), ("!=", 0.4), ("==", 0.3)),
    ">=": ((">", 1.0), ("<=", 0.7), ("<", 0.5), ("==", 0.3), ("!=", 0.3)),
    "==": (("!=", 0.9), ("<=", 0.5), (">=", 0.5), ("<", 0.4), (">", 0.4)),
    "!=": (("==", 0.9), ("<", 0.5), (">", 0.5), ("<=", 0.3), (">=", 0.3)),
}
_SCRIPT = {
    "===": (("!==", 0.9), ("==", 0.5), ("<=", 0.5), (">=", 0.5), ("<", 0.4), (">", 0.4)),
    "!==": (("===", 0.9), ("!=", 0.5), ("<", 0.5), (">", 0.5)),
    "==": (("===", 0.9), *_INSTEAD["=="]),
    "!=": (("!==", 0.9), *_INSTEAD["!="]),
    "in": (("instanceof", 0.3),),
    "instanceof": (("in", 0.3),),
}
_ORDERED = ("<", "<=", ">", ">=")


@operator(
    "comparison",
    "binary",
    weight=1.0,
    examples={
        "javascript": (("if (a < b) f();\n", "if (a <= b) f();\n"), ("x = a == b;\n", "x = a === b;\n")),
        "go": (("x := a < b\n", "x := a <= b\n"),),
        "rust": (("let x = a != b;\n", "let x = a == b;\n"),),
    },
)
def comparison(site: Site) -> Iterator[Rewrite]:
    """A comparison by its neighbours: the boundary first, then the opposite."""
    token = site.node.token("operator")
    if token is None:
        return
    table = _INSTEAD | _SCRIPT if site.family == "javascript" else _INSTEAD
    right = site.node.get("right")
    unordered = right is not None and right.kind in ("boolean", "nothing")
    for text, factor in table.get(token.text, ()):
        if text in ("!=", "==") and token.text in _ORDERED and site.family == "javascript":
            text += "="
        if not (unordered and text in _ORDERED):
            yield site.splice(token.start, token.end, text, factor)


@operator(
    "threshold",
    "binary",
    weight=0.45,
    examples={
        "javascript": (("x = a.length === 0;\n", "x = a.length <= 1;\n"), ("x = n > 0;\n", "x = n > 1;\n")),
        "go": (("x := n > 1\n", "x := n >= 2\n"),),
        "rust": (("let x = n > 1;\n", "let x = n >= 0;\n"),),
    },
)
def threshold(site: Site) -> Iterator[Rewrite]:
    """A comparison with a number: operator and number together, a step to either side."""
    token, left, right = site.node.token("operator"), site.node.get("left"), site.node.get("right")
    if token is None or left is None or right is None or right.kind != "number" or token.text not in _INSTEAD | _SCRIPT:
        return
    same = ("===", "!==") if site.family == "javascript" else ("==", "!=")
    for number in stepped(right.text):
        for text in (*_ORDERED, *same):
            factor = 1.0 if text == token.text or "=" in text + token.text else 0.6
            yield site.splice(token.start, right.end, f"{text} {number}", factor)
