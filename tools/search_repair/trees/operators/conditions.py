"""Conditions: negated, joined otherwise, extended, cut; branches changed."""

from __future__ import annotations

from collections.abc import Iterator

from ..shapes import condition_of, joined, negated, operator_of
from ..tree import Node
from .registry import Rewrite, Site, operator


@operator(
    "logic",
    "binary",
    weight=0.9,
    examples={
        "javascript": (
            ("x = a && b;\n", "x = a || b;\n"),
            ("x = a || b;\n", "x = a ?? b;\n"),
            ("x = a && b;\n", "x = a;\n"),
        ),
        "go": (("x := a && b\n", "x := a || b\n"), ("x := a && b\n", "x := a && !b\n")),
        "rust": (("let x = a || b;\n", "let x = a && b;\n"), ("let x = a || b;\n", "let x = b;\n")),
    },
)
def logic(site: Site) -> Iterator[Rewrite]:
    """``&&`` by ``||`` (and ``??``) and back; one operand left out; one operand negated."""
    token, left, right = site.node.token("operator"), site.node.get("left"), site.node.get("right")
    if token is None or left is None or right is None or token.text not in ("&&", "||", "??"):
        return
    other = {"&&": ("||",), "||": ("&&", "??"), "??": ("||", "&&")}[token.text]
    for place, text in enumerate(other):
        if text == "??" and site.family != "javascript":
            continue
        rewritten = f"{_side(left, text)} {text} {_side(right, text)}"
        yield site.replace(rewritten, 0.7**place)
    yield site.replace(left.text, 0.5, 0.3)
    yield site.replace(right.text, 0.5, 0.3)
    if token.text != "??":
        for side in (left, right):
            if not (side.kind == "binary" and operator_of(side) in ("<", ">", "<=", ">=", "==", "!=", "===", "!==")):
                yield site.replace(negated(side), 0.5, node=side)


def _side(node: Node, sign: str) -> str:
    mixed = node.kind == "binary" and operator_of(node) in ("&&", "||", "??") and operator_of(node) != sign
    return f"({node.text})" if mixed else node.text


@operator(
    "negation",
    "if",
    "while",
    "ternary",
    "return",
    "for",
    weight=0.7,
    examples={
        "javascript": (("if (x) f();\n", "if (!x) f();\n"), ("return !a.b();\n", "return a.b();\n")),
        "go": (("if !ok {\n\tf()\n}\n", "if ok {\n\tf()\n}\n"),),
        "rust": (("if a.is_empty() { f(); }\n", "if !a.is_empty() { f(); }\n"),),
    },
)
def negation(site: Site) -> Iterator[Rewrite]:
    """A condition by its opposite; the opposite of a comparison is its own neighbour already."""
    returned = site.node.kind == "return"
    test = _returned(site.node) if returned else condition_of(site.node)
    if test is None or (test.kind == "binary" and operator_of(test) not in ("&&", "||")):
        return
    if test.kind in ("number", "string", "list", "object", "nothing", "boolean", "template", "function"):
        return
    yield site.replace(negated(test), 0.35 if returned else 1.0, node=test)


def _returned(node: Node) -> Node | None:
    inner = node.inner[0].inner if node.inner and node.inner[0].kind == "several" else node.inner
    return inner[0] if len(inner) == 1 else None


@operator(
    "further condition",
    "if",
    "while",
    "ternary",
    "for",
    weight=0.5,
    examples={
        "javascript": (
            (
                "function f(a, i) {\n  while (a[i] > 0) i++;\n}\n",
                "function f(a, i) {\n  while (i < a.length && a[i] > 0) i++;\n}\n",
            ),
            ("function f(a, b) {\n  if (a.x) g();\n}\n", "function f(a, b) {\n  if (a && a.x) g();\n}\n"),
            ("function f(a, b) {\n  if (a) g();\n}\n", "function f(a, b) {\n  if (a && b) g();\n}\n"),
        ),
        "go": (
            (
                "func f(a []int, i int) {\n\tfor a[i] > 0 {\n\t}\n}\n",
                "func f(a []int, i int) {\n\tfor i < len(a) && a[i] > 0 {\n\t}\n}\n",
            ),
            ("func f(p *T) {\n\tif p.n > 0 {\n\t}\n}\n", "func f(p *T) {\n\tif p != nil && p.n > 0 {\n\t}\n}\n"),
        ),
        "rust": (
            (
                "fn f(a: &[i32], i: usize) {\n    while a[i] > 0 {}\n}\n",
                "fn f(a: &[i32], i: usize) {\n    while i < a.len() && a[i] > 0 {}\n}\n",
            ),
        ),
    },
)
def further_condition(site: Site) -> Iterator[Rewrite]:
    """A condition made narrower or wider by what it depends on, or by what is asked elsewhere in the function."""
    test = condition_of(site.node)
    if test is None:
        return
    for text, factor in _needed(site, test):
        yield site.replace(joined(text, "&&", test), factor, node=test)
    for text, factor in _known(site, test):
        yield site.replace(joined(text, "&&", test, after=True), factor, node=test)
        yield site.replace(joined(text, "||", test, after=True), 0.9 * factor, node=test)


_LENGTH = {"javascript": "{}.length", "go": "len({})", "rust": "{}.len()"}


def _needed(site: Site, test: Node) -> Iterator[tuple[str, float]]:
    """What must hold for a condition to be computed at all."""
    for node in test.walk():
        inner = node.inner
        if node.kind == "index" and len(inner) == 2 and inner[1].kind in ("name", "binary"):
            yield f"{inner[1].text} < {_LENGTH[site.family].format(inner[0].text)}", 1.0
            if inner[1].kind == "binary" and operator_of(inner[1]) == "-":
                yield f"{inner[1].inner[0].text} >= {inner[1].inner[-1].text}", 0.9
        if node.kind == "member" and inner and inner[0].kind in ("name", "member"):
            yield from _present(site, inner[0])


def _present(site: Site, base: Node) -> Iterator[tuple[str, float]]:
    """What says that there is something to take a member of."""
    if site.family == "javascript" and base.text not in ("this", "Math", "Object", "Array"):
        yield base.text, 0.9
    elif site.family == "go" and (base.kind == "member" or site.scope.type_of(base.text, base.start).startswith("*")):
        yield f"{base.text} != nil", 0.9


def _known(site: Site, test: Node) -> Iterator[tuple[str, float]]:
    seen = {test.text}
    for other in site.scope.conditions:
        if other.text not in seen and not test.holds(other.start, other.end):
            seen.add(other.text)
            yield other.text, 0.7
            yield negated(other), 0.5
    for binding in site.scope.variables(test.start)[:6]:
        likely = binding.type in ("boolean", "bool") or (site.family == "javascript" and not binding.type)
        if likely and binding.name not in test.text and binding.holder.kind != "program":
            yield binding.name, 0.7
            yield f"!{binding.name}", 0.6


@operator(
    "branches",
    "ternary",
    "if",
    weight=0.5,
    examples={
        "javascript": (
            ("x = a ? b : c;\n", "x = a ? c : b;\n"),
            ("x = a ? b : c;\n", "x = b;\n"),
            ("if (a) f(); else g();\n", "if (a) g(); else f();\n"),
        ),
        "go": (("if a {\n\tf()\n} else {\n\tg()\n}\n", "if a {\n\tg()\n} else {\n\tf()\n}\n"),),
        "rust": (("let x = if a { b } else { c };\n", "let x = if a { c } else { b };\n"),),
    },
)
def branches(site: Site) -> Iterator[Rewrite]:
    """The two sides of a choice change places; one side alone."""
    one, other = site.node.get("consequence"), site.node.get("alternative")
    if one is None or other is None:
        return
    if other.type == "else_clause":
        other = other.inner[-1]
    if other.kind == "if":
        return
    yield site.swap(one, other)
    if site.node.kind == "ternary":
        yield site.replace(one.text, 0.4, 0.3)
        yield site.replace(other.text, 0.4, 0.3)


@operator(
    "no condition",
    "if",
    weight=0.25,
    examples={
        "javascript": (("if (a) {\n  f();\n}\n", "if (true) {\n  f();\n}\n"),),
        "go": (("if a {\n\tf()\n}\n", "if false {\n\tf()\n}\n"),),
        "rust": (("if a { f(); }\n", "if true { f(); }\n"),),
    },
)
def no_condition(site: Site) -> Iterator[Rewrite]:
    """A branch that is always, or never, taken."""
    test = condition_of(site.node)
    if test is not None and test.kind != "boolean":
        yield site.replace("true", 0.6, 0.5, test)
        yield site.replace("false", 1.0, 0.5, test)


@operator(
    "chain",
    "if",
    weight=0.35,
    examples={
        "javascript": (
            ("if (a) f();\nif (b) g();\n", "if (a) f();\nelse if (b) g();\n"),
            ("if (a) {\n  f();\n} else if (b) {\n  g();\n}\n", "if (a) {\n  f();\n} if (b) {\n  g();\n}\n"),
        ),
        "go": (("if a {\n\tf()\n}\nif b {\n\tg()\n}\n", "if a {\n\tf()\n} else if b {\n\tg()\n}\n"),),
        "rust": (("if a { f(); }\nif b { g(); }\n", "if a { f(); } else if b { g(); }\n"),),
    },
)
def chain(site: Site) -> Iterator[Rewrite]:
    """Two choices one after the other become one, and back."""
    statement = site.statement
    if statement is None or statement.parent is None:
        return
    other = site.node.get("alternative")
    if other is None:
        beside = [child for child in statement.parent.children if child.named]
        place = next((i for i, child in enumerate(beside) if child is statement), len(beside))
        after = beside[place + 1] if place + 1 < len(beside) else None
        if after is not None and (after.kind == "if" or (after.kind == "plain" and after.inner[0].kind == "if")):
            gap = "else " if site.family == "javascript" and not site.text.endswith("}") else " else "
            start = after.start if gap == "else " else statement.end
            yield site.splice(start, after.start, gap)
        return
    inner = other.inner[-1] if other.type == "else_clause" else other
    if inner.kind == "if" and site.family == "javascript":
        yield site.splice(other.start, inner.start, "", 0.7)
