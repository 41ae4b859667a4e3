"""Values that stand in the source: numbers, truth, emptiness."""

from __future__ import annotations

from collections.abc import Iterator

from ..numbers import value_of, written
from ..statements import is_pattern
from ..tree import Node
from .registry import Rewrite, Site, operator


@operator(
    "number",
    "number",
    weight=0.7,
    examples={
        "javascript": (("x = 1;\n", "x = 0;\n"), ("x = 10;\n", "x = 100;\n"), ("x = 0.5;\n", "x = 0.05;\n")),
        "go": (("x := 1\n", "x := 2\n"), ("x := 0\n", "x := -1\n"), ("x := 1_000\n", "x := 1001\n")),
        "rust": (("let x = 1u8;\n", "let x = 2u8;\n"), ("let x = 100;\n", "let x = 1000;\n")),
    },
)
def number(site: Site) -> Iterator[Rewrite]:
    """A number by those beside it, by its tenfold and its tenth, by its opposite."""
    found = value_of(site.text)
    if found is None:
        return
    value, suffix = found
    risk = 0.3 if _returned(site.node) else 0.0
    signed = site.node.parent is not None and site.node.parent.kind == "unary"
    for other, factor in _near(value):
        if other < 0 and (signed or (site.family == "rust" and suffix.lstrip("_").startswith("u")) or suffix == "n"):
            continue
        yield site.replace(written(other, suffix), factor * (0.85 if risk else 1.0), risk)


def _returned(node: Node) -> bool:
    return node.parent is not None and (node.parent.kind == "return" or node.parent.parent_is("return_statement"))


def _near(value: int | float) -> Iterator[tuple[int | float, float]]:
    if isinstance(value, float):
        yield from ((value * 10, 0.5), (value / 10, 0.5), (value + 1, 0.5), (value - 1, 0.3), (1 - value, 0.3))
        return
    yield from ((value + 1, 1.0), (value - 1, 1.0))
    if value > 1:
        yield from ((0, 0.5), (1, 0.5), (value * 10, 0.4), (value * 2, 0.3))
        yield from (((value // 10, 0.4),) if value % 10 == 0 else ())
        yield from (((value // 2, 0.3),) if value % 2 == 0 else ())
    else:
        yield from ((2, 0.5), (-1, 0.8))


@operator(
    "truth",
    "boolean",
    weight=0.7,
    examples={
        "javascript": (("let x = true;\n", "let x = false;\n"),),
        "go": (("x := false\n", "x := true\n"),),
        "rust": (("let x = true;\n", "let x = false;\n"),),
    },
)
def truth(site: Site) -> Iterator[Rewrite]:
    """``true`` by ``false`` and back."""
    parent = site.node.parent
    decides = parent is not None and parent.kind in ("if", "while", "grouped")
    yield site.replace("false" if site.text == "true" else "true", 0.4 if decides else 1.0, 0.3 if decides else 0.05)


_EMPTY = {"[]": ("{}", "null", "''"), "{}": ("[]", "null"), "''": ("[]", "null", "0"), '""': ("[]", "null", "0")}
_NOTHING = {"null": ("[]", "''", "0", "undefined"), "undefined": ("null", "[]", "''", "0", "{}")}


@operator(
    "empty value",
    "list",
    "object",
    "string",
    "nothing",
    "number",
    weight=0.3,
    examples={
        "javascript": (
            ("let x = [];\n", "let x = {};\n"),
            ("let x = null;\n", "let x = [];\n"),
            ("x = 0;\n", "x = '';\n"),
        ),
    },
)
def empty_value(site: Site) -> Iterator[Rewrite]:
    """A value of nothing by one of another kind."""
    parent = site.node.parent
    if parent is None or parent.kind in ("binary", "index", "arguments"):
        return
    table = _EMPTY | _NOTHING | {"0": ("''", "[]", "null", "1"), "false": ("null",)}
    for text in table.get(site.text, ()):
        yield site.replace(text, 1.0, 0.1)


_EXTREMES = {
    "javascript": ("Infinity", "-Infinity"),
    "go": ("math.MaxInt", "math.MinInt", "math.Inf(1)", "math.Inf(-1)"),
    "rust": ("i32::MAX", "i32::MIN", "usize::MAX", "i64::MIN", "i64::MAX", "f64::INFINITY", "f64::NEG_INFINITY"),
}


@operator(
    "first value",
    "number",
    weight=0.35,
    examples={
        "javascript": (
            (
                "let best = 0;\nfor (const x of xs) best = Math.max(best, x);\n",
                "let best = -Infinity;\nfor (const x of xs) best = Math.max(best, x);\n",
            ),
            ("function f(xs) {\n  let best = 0;\n}\n", "function f(xs) {\n  let best = xs[0];\n}\n"),
        ),
        "go": (("func f(xs []int) {\n\tbest := 0\n}\n", "func f(xs []int) {\n\tbest := xs[0]\n}\n"),),
        "rust": (
            ("fn f(xs: &[i32]) {\n    let mut best = 0;\n}\n", "fn f(xs: &[i32]) {\n    let mut best = i32::MIN;\n}\n"),
        ),
    },
)
def first_value(site: Site) -> Iterator[Rewrite]:
    """What a variable begins with: the lowest, the highest, or the first of a sequence at hand."""
    holder = site.node.around("declare")
    if holder is None or site.text not in ("0", "1", "0.0", "1.0") or is_pattern(site.node):
        return
    if site.node.parent is not holder and not (site.node.parent and site.node.parent.kind == "several"):
        return
    for text in _EXTREMES[site.family]:
        if not text.startswith("math.") or '"math"' in site.tree.text:
            yield site.replace(text)
    for binding in site.scope.variables(site.node.start)[:4]:
        sequence = "[" in binding.type or "Vec" in binding.type
        if sequence or (site.family == "javascript" and binding.type in ("", "list")):
            yield site.replace(f"{binding.name}[0]", 0.8)
