"""What values turn out to be in JavaScript and TypeScript: missing, shared, of another kind."""

from __future__ import annotations

from collections.abc import Iterator

from ..precedence import is_base, strength
from ..shapes import is_text, operator_of
from ..statements import is_pattern
from ..tree import Node
from .names import is_value
from .registry import Rewrite, Site, operator


@operator(
    "optional",
    "member",
    "index",
    "call",
    weight=0.45,
    examples={
        "javascript": (("x = a.b;\n", "x = a?.b;\n"), ("x = a[b];\n", "x = a?.[b];\n"), ("a.b();\n", "a.b?.();\n")),
    },
)
def optional(site: Site) -> Iterator[Rewrite]:
    """A member of what may be nothing."""
    inner = site.node.inner
    if (
        len(inner) < 2
        or inner[0].text in ("this", "Math", "Object", "Array", "JSON", "super", "console", "Number")
        or _is_target(site.node)
    ):
        return
    if any(child.type == "optional_chain" for child in site.node.children):
        return
    if site.node.kind == "member":
        yield site.splice(inner[0].end, inner[1].start, "?.")
    elif site.node.kind == "index":
        yield site.splice(inner[0].end, inner[0].end, "?.", 0.7)
    elif inner[0].kind == "member":
        yield site.splice(inner[0].end, inner[0].end, "?.", 0.5)


def _is_target(node: Node) -> bool:
    inner = node
    for outer in node.ancestors():
        if outer.kind in ("assign", "augmented", "update"):
            return inner.field in ("left", "argument")
        if outer.kind not in ("member", "index", "call"):
            return outer.kind == "new"
        inner = outer
    return False


_DEFAULTS = (
    ("?? 0", 1.0),
    ("|| 0", 0.8),
    ("?? []", 0.8),
    ("|| []", 0.8),
    ("?? ''", 0.7),
    ("|| {}", 0.6),
    ("?? null", 0.6),
    ("?? {}", 0.5),
    ("?? 1", 0.4),
    ("?? false", 0.4),
)


_NO_DEFAULT = frozenset({"call", "new", "member", "index", "plain", "update", "await", "import"})


@operator(
    "default",
    "member",
    "index",
    "call",
    "name",
    weight=0.4,
    examples={
        "javascript": (
            ("x = a[b];\n", "x = a[b] ?? 0;\n"),
            ("x = a.b + 1;\n", "x = (a.b ?? 0) + 1;\n"),
            ("x = a.b.c;\n", "x = (a.b ?? []).c;\n"),
        )
    },
)
def default(site: Site) -> Iterator[Rewrite]:
    """Another value where there is none."""
    node = site.node
    for text, factor in _DEFAULTS if _may_be_missing(node) else ():
        yield site.replace(f"{node.text} {text}", factor * (0.6 if node.kind == "name" else 1.0))
    if _may_be_missing(node):
        for binding in site.scope.variables(node.start)[:3]:
            if binding.name != node.text:
                yield site.replace(f"{node.text} ?? {binding.name}", 0.5)
    elif node.kind != "name" and node.parent is not None and node.parent.kind in ("member", "index") and is_base(node):
        for text in ("?? ''", "?? []", "?? {}"):
            yield site.replace(f"{node.text} {text}", 0.6)


def _may_be_missing(node: Node) -> bool:
    """Whether a value is used, and neither called, assigned to, nor asked for its truth."""
    parent = node.parent
    if parent is None or _is_target(node) or is_pattern(node) or node.text == "this":
        return False
    if parent.kind in _NO_DEFAULT or (node.kind == "name" and not is_value(node)):
        return False
    if parent.kind == "binary":
        return operator_of(parent) not in ("&&", "||", "??", "in", "instanceof")
    return node.field not in ("left", "name", "condition")


_MUTATING = ("sort", "reverse", "splice", "push", "unshift", "pop", "shift", "fill")


@operator(
    "copied",
    "name",
    "member",
    weight=0.45,
    examples={
        "javascript": (
            ("x = a.sort();\n", "x = [...a].sort();\n"),
            ("x = a;\n", "x = { ...a };\n"),
            ("return this.a;\n", "return [...this.a];\n"),
        ),
    },
)
def copied(site: Site) -> Iterator[Rewrite]:
    """A copy where the original would be changed, or handed out."""
    node, parent = site.node, site.node.parent
    if parent is None or is_pattern(node) or _is_target(node) or (node.kind == "name" and not is_value(node)):
        return
    if parent.kind == "member" and parent.inner[0] is node and parent.inner[-1].text in _MUTATING:
        yield site.replace(f"[...{node.text}]", 1.3)
        yield site.replace(f"{node.text}.slice()", 0.5)
    elif parent.kind in ("return", "declare", "assign", "arguments") or parent.type == "pair":
        if node.field not in ("name", "left", "key") and node.text != "this":
            yield site.replace(f"[...{node.text}]", 0.7)
            yield site.replace(f"{{ ...{node.text} }}", 0.7)
            yield site.replace(f"structuredClone({node.text})", 0.3)
    elif parent.kind == "spread":
        yield site.replace(f"structuredClone({node.text})", 0.3)


@operator(
    "kind of a value",
    "name",
    "member",
    weight=0.3,
    examples={
        "javascript": (
            ("if (a) f();\n", "if (a !== undefined) f();\n"),
            ("if (!a) f();\n", "if (a == null) f();\n"),
            ("if (a) f();\n", "if (Array.isArray(a)) f();\n"),
        )
    },
)
def kind_of_value(site: Site) -> Iterator[Rewrite]:
    """What is asked of a value where only its truth was asked."""
    parent = site.node.parent
    if parent is None:
        return
    if parent.kind == "unary" and operator_of(parent) == "!":
        for place, text in enumerate((" == null", " === undefined", " === null", ".length === 0")):
            yield site.replace(f"{site.text}{text}", 0.9**place, node=parent)
        return
    logical = parent.kind == "binary" and operator_of(parent) in ("&&", "||")
    decides = (parent.kind == "grouped" and parent.field == "condition") or (
        parent.kind == "ternary" and site.node.field == "condition"
    )
    if logical or decides:
        for place, text in enumerate(
            (
                "{} !== undefined",
                "{} != null",
                "{}.length > 0",
                "Array.isArray({})",
                "{} > 0",
                "typeof {} === 'string'",
                "typeof {} === 'number'",
                "Number.isInteger({})",
                "{} !== null",
            )
        ):
            yield site.replace(text.format(site.text), 0.93**place)


@operator(
    "spread",
    "call",
    "list",
    "arguments",
    weight=0.35,
    examples={
        "javascript": (
            ("a.push(b);\n", "a.push(...b);\n"),
            ("x = [a, b];\n", "x = [...a, b];\n"),
            ("a.push(...b);\n", "a.push(b);\n"),
        )
    },
)
def spread(site: Site) -> Iterator[Rewrite]:
    """A sequence's elements for the sequence, and back."""
    if site.node.kind == "call":
        return
    for item in site.node.inner:
        if item.kind in ("name", "member", "call", "index"):
            yield site.splice(item.start, item.start, "...")
        elif item.kind == "spread":
            yield site.splice(item.start, item.start + 3, "")


@operator(
    "text and number",
    "binary",
    weight=0.4,
    examples={"javascript": (("x = a + b;\n", "x = Number(a) + Number(b);\n"),)},
)
def text_and_number(site: Site) -> Iterator[Rewrite]:
    """A sum of what may be texts."""
    left, right = site.node.get("left"), site.node.get("right")
    if operator_of(site.node) == "+" and left is not None and right is not None and not is_text(site.node):
        sides = [n.text if n.kind == "number" else f"Number({n.text})" for n in (left, right)]
        if strength(site.tree.grammar, site.tree.path, left.text) is not None:
            yield site.replace(" + ".join(sides))
