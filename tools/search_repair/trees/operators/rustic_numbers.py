"""Ranges and arithmetic of Rust."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Splice
from ..numbers import stepped, value_of, written
from ..precedence import strength
from ..shapes import operator_of
from ..statements import is_pattern
from .registry import Rewrite, Site, operator


@operator(
    "range end",
    "bounds",
    weight=0.8,
    examples={
        "rust": (
            ("for i in 0..n {}\n", "for i in 0..=n {}\n"),
            ("for i in 0..=n {}\n", "for i in 0..n {}\n"),
            ("for i in 0..n {}\n", "for i in 1..n {}\n"),
            ("for i in 0..n {}\n", "for i in (0..n).rev() {}\n"),
            ("for i in a {}\nlet x = &a[b..];\n", "for i in a {}\nlet x = &a[..b];\n"),
        )
    },
)
def range_end(site: Site) -> Iterator[Rewrite]:
    """A range with its end or without, from a step further on, backwards."""
    token = next((c for c in site.node.children if c.text in ("..", "..=")), None)
    if token is None:
        return
    sides = site.node.inner
    closed = any(side.start >= token.end for side in sides)
    if closed:
        yield site.splice(token.start, token.end, "..=" if token.text == ".." else "..")
    if sides and sides[0].text == "0" and sides[0].start < token.start:
        yield site.splice(sides[0].start, sides[0].end, "1", 0.6)
    if site.node.type == "range_pattern":
        return
    if len(sides) == 1 and token.text == "..":
        yield site.splice(
            site.node.start,
            site.node.end,
            f"{sides[0].text}.." if sides[0].start >= token.end else f"..{sides[0].text}",
            0.5,
        )
    if site.node.parent is not None and site.node.parent.kind == "for" and len(sides) == 2:
        yield site.splice(site.node.start, site.node.end, f"({site.text}).rev()", 0.6)


_CAREFUL = {"+": "add", "-": "sub", "*": "mul", "/": "div"}


@operator(
    "within limits",
    "binary",
    weight=0.5,
    examples={
        "rust": (
            ("let x = a - b;\n", "let x = a.saturating_sub(b);\n"),
            ("let x = a + b;\n", "let x = a.wrapping_add(b);\n"),
            ("let x = a - b;\n", "let x = a.abs_diff(b);\n"),
        )
    },
)
def within_limits(site: Site) -> Iterator[Rewrite]:
    """Arithmetic that cannot leave its type."""
    sign, left, right = operator_of(site.node), site.node.get("left"), site.node.get("right")
    if sign not in _CAREFUL or left is None or right is None or left.kind == "number":
        return
    base = left.text if (strength(site.tree.grammar, site.tree.path, left.text) or 0) >= 18 else f"({left.text})"
    for kind, factor in (("saturating", 1.0), ("wrapping", 0.7)):
        yield site.replace(f"{base}.{kind}_{_CAREFUL[sign]}({right.text})", factor)
    if sign == "-":
        yield site.replace(f"{base}.abs_diff({right.text})", 0.5)


@operator(
    "wider",
    "binary",
    weight=0.45,
    examples={
        "rust": (
            ("let x = a / b;\n", "let x = a as f64 / b as f64;\n"),
            ("let x = a * b;\n", "let x = a as i64 * b as i64;\n"),
            ("let x = (a / b) as f64;\n", "let x = a as f64 / b as f64;\n"),
        )
    },
)
def wider(site: Site) -> Iterator[Rewrite]:
    """Arithmetic in a wider type."""
    sign, left, right = operator_of(site.node), site.node.get("left"), site.node.get("right")
    if sign not in _CAREFUL or left is None or right is None:
        return
    one, two = (
        n.text if (strength(site.tree.grammar, site.tree.path, n.text) or 0) >= 14 else f"({n.text})"
        for n in (left, right)
    )
    outer = next((n for n in site.node.ancestors() if n.kind != "grouped"), None)
    if outer is not None and outer.kind == "cast":
        kind = outer.inner[-1].text
        yield site.replace(f"{one} as {kind} {sign} {two} as {kind}", node=outer)
    for kind, factor in (
        ("f64", 0.9 if sign == "/" else 0.4),
        ("i64", 0.6),
        ("u64", 0.4),
        ("i32", 0.4),
        ("isize", 0.3),
    ):
        yield site.replace(f"{one} as {kind} {sign} {two} as {kind}", factor)


@operator(
    "number in a macro",
    "tokens",
    weight=0.4,
    examples={
        "rust": (
            ("let x = vec![0; n];\n", "let x = vec![1; n];\n"),
            ("let x = vec![0; n];\n", "let x = vec![0; n + 1];\n"),
        )
    },
)
def number_in_macro(site: Site) -> Iterator[Rewrite]:
    """A number in the arguments of a macro, and how many elements a vector has."""
    invocation = site.node.parent
    if (
        invocation is None
        or invocation.kind != "macro"
        or invocation.inner[0].text
        in ("println", "format", "panic", "assert", "assert_eq", "write", "print", "eprintln", "writeln", "assert_ne")
    ):
        return
    for token in site.node.children:
        if token.kind == "number":
            for text in stepped(token.text):
                yield site.splice(token.start, token.end, text)
    if invocation.inner[0].text == "vec" and any(c.text == ";" for c in site.node.children):
        end = site.node.end - 1
        yield site.splice(end, end, " + 1", 1.2)
        yield site.splice(end, end, " - 1", 0.6)
        for text in ("i64::MAX", "i32::MAX", "usize::MAX", "i32::MIN", "true", "false", "None"):
            first = site.node.inner[0] if site.node.inner else None
            if first is not None and first.kind in ("number", "boolean") and first.text != text:
                yield site.splice(first.start, first.end, text, 0.3)


@operator(
    "matched number",
    "case",
    weight=0.5,
    examples={
        "rust": (
            ("match a {\n    1 => b,\n    _ => c,\n}\n", "match a {\n    2 => b,\n    _ => c,\n}\n"),
            ("match a {\n    1..=5 => b,\n    _ => c,\n}\n", "match a {\n    1..=6 => b,\n    _ => c,\n}\n"),
            ("match a {\n    X => b,\n    Y => c,\n}\n", "match a {\n    X => c,\n    Y => b,\n}\n"),
        ),
    },
)
def matched(site: Site) -> Iterator[Rewrite]:
    """What an arm of a match is for; two arms' values change places."""
    pattern, value = site.node.get("pattern"), site.node.get("value")
    if pattern is None or value is None or site.node.parent is None:
        return
    for node in pattern.walk():
        found = value_of(node.text) if node.kind == "number" else None
        if found is not None and is_pattern(node):
            for step in (1, -1):
                yield site.splice(node.start, node.end, written(found[0] + step, found[1]))
    arms = site.node.parent.inner
    place = arms.index(site.node)
    for other in arms[place + 1 : place + 3]:
        theirs = other.get("value")
        if theirs is not None and theirs.text != value.text and (theirs.kind == "block") == (value.kind == "block"):
            yield Rewrite(
                (Splice(value.start, value.end, theirs.text), Splice(theirs.start, theirs.end, value.text)), 0.6
            )
