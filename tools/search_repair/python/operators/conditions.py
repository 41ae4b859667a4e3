"""Conditions that say too much or too little."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .comparisons import negated
from .registry import Rewrite, Site, operator

_MOST_ATOMS = 90


def atoms(site: Site) -> list[tuple[str, float]]:
    """Small conditions over what is in scope, each once with its factor, the likeliest first."""
    scope = site.scope
    if not scope.conditions:
        best: dict[str, float] = {}
        for text, factor in _atoms(site):
            best[text] = max(factor, best.get(text, 0.0))
        scope.conditions = sorted(best.items(), key=lambda item: -item[1])[:_MOST_ATOMS]
    return scope.conditions


def _atoms(site: Site) -> Iterator[tuple[str, float]]:
    scope = site.scope
    names = scope.variables[:8]
    for name in names:
        likely = 0.4 if name in scope.numbers else 1.0
        yield f"not {name}", likely
        yield name, 0.8 * likely
        yield f"{name} is None", likely
        yield f"{name} is not None", 0.8 * likely
    for text, node in scope.fragments:
        if isinstance(node, ast.Compare | ast.BoolOp) or (
            isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        ):
            yield text, 0.8
    for text, node in scope.fragments:
        if isinstance(node, ast.Attribute | ast.Subscript) and not _called(site, node):
            yield text, 0.4
            yield f"not {text}", 0.6
            yield f"{text} is None", 0.5
            yield f"{text} is not None", 0.4
    for name in names[:6]:
        for constant in ("0", "1"):
            for op, factor in (("==", 0.7), (">", 0.6), ("<", 0.5), ("!=", 0.4), ("<=", 0.4), (">=", 0.3)):
                likely = 1.4 if name in scope.numbers else 0.8
                yield f"{name} {op} {constant}", factor * likely * (1.0 if constant == "0" else 0.6)
    for container in scope.collections[:5]:
        for name in names:
            if name != container:
                yield f"{name} in {container}", 0.5
                yield f"{name} not in {container}", 0.7
    for i, one in enumerate(names[:6]):
        for two in names[i + 1 : 6]:
            for op, factor in (("==", 0.5), ("<", 0.4), (">", 0.4), ("!=", 0.4), ("<=", 0.3), (">=", 0.3)):
                yield f"{one} {op} {two}", factor
    for name in names[:6]:
        yield f"len({name}) == 0", 0.1
        yield f"len({name}) > 1", 0.3
        yield f"len({name}) == 1", 0.3
        yield f"isinstance({name}, str)", 0.2
        yield f"isinstance({name}, list)", 0.15


def _called(site: Site, node: ast.AST) -> bool:
    parent = site.source.parent(node)
    return isinstance(parent, ast.Call) and parent.func is node


@operator(
    "extend condition",
    ast.If,
    ast.While,
    ast.IfExp,
    weight=0.55,
    examples=(
        (
            "def f(a):\n    if a.b is None:\n        return 1\n",
            "def f(a):\n    if a is None or a.b is None:\n        return 1\n",
        ),
        ("def f(a, b):\n    if a < 0:\n        return 1\n", "def f(a, b):\n    if a < 0 or not b:\n        return 1\n"),
        ("def f(a, b):\n    while a:\n        g()\n", "def f(a, b):\n    while a and b > 0:\n        g()\n"),
    ),
)
def extend_condition(site: Site) -> Iterator[Rewrite]:
    """One more condition, joined with ``and`` or ``or``, before or after what stands there."""
    test: ast.expr = site.node.test  # type: ignore[attr-defined]
    text = site.source.segment(test)
    if isinstance(test, ast.Constant) or "\n" in text:
        return
    for atom, factor in atoms(site):
        if atom == text:
            continue
        inside = f"({atom})" if " or " in atom or " and " in atom else atom
        loose = f"({text})" if isinstance(test, ast.IfExp | ast.Lambda) else text
        both = (
            f"({text})"
            if isinstance(test, ast.IfExp | ast.Lambda)
            or (isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or))
            else text
        )
        before = 0.9 if any(name in text for name in _names(atom)) else 0.4
        yield site.replace(f"{loose} or {inside}", factor, node=test)
        yield site.replace(f"{both} and {inside}", factor * 0.9, node=test)
        yield site.replace(f"{inside} or {loose}", factor * before, node=test)
        yield site.replace(f"{inside} and {both}", factor * before, node=test)


def _names(text: str) -> set[str]:
    return {n.id for n in ast.walk(ast.parse(text, mode="eval")) if isinstance(n, ast.Name)} - {
        "len",
        "isinstance",
        "str",
        "list",
    }


@operator(
    "another condition",
    ast.If,
    ast.While,
    ast.IfExp,
    weight=0.4,
    examples=(
        ("def f(q):\n    while True:\n        q.pop()\n", "def f(q):\n    while q:\n        q.pop()\n"),
        ("def f(a, b):\n    if a:\n        return b\n", "def f(a, b):\n    if a is not None:\n        return b\n"),
    ),
)
def another_condition(site: Site) -> Iterator[Rewrite]:
    """A condition by another that fits the names at hand."""
    test: ast.expr = site.node.test  # type: ignore[attr-defined]
    text = site.source.segment(test)
    endless = isinstance(test, ast.Constant)
    present = {n.id for n in ast.walk(test) if isinstance(n, ast.Name)}
    for atom, factor in atoms(site):
        if atom != text:
            related = 1.0 if endless or present & _names(atom) else 0.35
            yield site.replace(atom, factor * related * (1.5 if endless else 1.0), 0.1, node=test)
    for value in ("True", "False"):
        if text != value:
            yield site.replace(value, 0.3, 0.8, node=test)


@operator(
    "returned condition",
    ast.Return,
    weight=0.5,
    examples=(
        ("def f(n):\n    d = 0\n    return True\n", "def f(n):\n    d = 0\n    return d == 0\n"),
        ("def f(a, b):\n    return a > 0\n", "def f(a, b):\n    return a > 0 and not b\n"),
    ),
)
def returned_condition(site: Site) -> Iterator[Rewrite]:
    """A returned truth value by a condition; a returned condition with one more."""
    value = site.node.value  # type: ignore[attr-defined]
    if value is None:
        return
    text = site.source.segment(value)
    if isinstance(value, ast.Constant) and isinstance(value.value, bool):
        for atom, factor in atoms(site):
            yield site.replace(atom, factor, node=value)
    elif isinstance(value, ast.Compare | ast.BoolOp) or (
        isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)
    ):
        for atom, factor in atoms(site):
            inside = f"({atom})" if " or " in atom or " and " in atom else atom
            both = f"({text})" if isinstance(value, ast.BoolOp) and isinstance(value.op, ast.Or) else text
            yield site.replace(f"{both} and {inside}", 0.6 * factor, node=value)
            yield site.replace(f"{text} or {inside}", 0.6 * factor, node=value)
            yield site.replace(f"{inside} and {both}", 0.5 * factor, node=value)


@operator(
    "filter",
    ast.ListComp,
    ast.SetComp,
    ast.GeneratorExp,
    ast.DictComp,
    weight=0.4,
    examples=(
        ("def f(a):\n    return [x for x in a if x]\n", "def f(a):\n    return [x for x in a]\n"),
        ("def f(a):\n    return [x for x in a]\n", "def f(a):\n    return [x for x in a if x]\n"),
        ("def f(a):\n    return [x for x in a if x]\n", "def f(a):\n    return [x for x in a if not x]\n"),
    ),
)
def comprehension_filter(site: Site) -> Iterator[Rewrite]:
    """The filter of a comprehension left out, turned round, or added."""
    for generator in site.node.generators:  # type: ignore[attr-defined]
        end = site.source.span(generator.ifs[-1] if generator.ifs else generator.iter)[1]
        for condition in generator.ifs:
            yield site.replace(negated(condition, site.source.segment(condition)), 1.0, node=condition)
        if generator.ifs:
            yield site.splice(site.source.span(generator.iter)[1], end, "", 0.7, 0.2)
        else:
            yield from _new_filters(site, generator, end)


def _new_filters(site: Site, generator: ast.comprehension, end: int) -> Iterator[Rewrite]:
    names = [n.id for n in ast.walk(generator.target) if isinstance(n, ast.Name)]
    for name in names[:3]:
        for atom, factor in (
            (name, 0.8),
            (f"{name} is not None", 0.8),
            (f"not {name}", 0.3),
            (f"{name} > 0", 0.4),
            (f"{name}.strip()", 0.4),
        ):
            yield site.splice(end, end, f" if {atom}", factor)
        for other in site.scope.variables[:8]:
            if other not in names:
                for atom in (
                    f"{name} != {other}",
                    f"{name} not in {other}",
                    f"{name} in {other}",
                    f"{name} < {other}",
                    f"{name} > {other}",
                ):
                    yield site.splice(end, end, f" if {atom}", 0.3)


_KINDS = ("list", "tuple", "set", "dict", "str", "int", "float", "bytes")


@operator(
    "kind",
    ast.Call,
    weight=0.6,
    examples=(
        ("x = isinstance(y, list)\n", "x = isinstance(y, (list, tuple))\n"),
        ("x = isinstance(y, (int, str))\n", "x = isinstance(y, int)\n"),
    ),
)
def kind(site: Site) -> Iterator[Rewrite]:
    """The kinds that ``isinstance`` asks for: one more, one less, another."""
    node = site.node
    assert isinstance(node, ast.Call)
    if not (isinstance(node.func, ast.Name) and node.func.id == "isinstance" and len(node.args) == 2):
        return
    asked = node.args[1]
    present = (
        [site.source.segment(e) for e in asked.elts] if isinstance(asked, ast.Tuple) else [site.source.segment(asked)]
    )
    classes = [s.name for s in site.source.tree.body if isinstance(s, ast.ClassDef)]
    for other in [*_KINDS, *classes]:
        if other not in present:
            yield site.replace(f"({', '.join([*present, other])})", 0.9, node=asked)
            yield site.replace(other, 0.6, node=asked)
    for one in present if len(present) > 1 else ():
        rest = [name for name in present if name != one]
        yield site.replace(f"({', '.join(rest)})" if len(rest) > 1 else rest[0], 0.6, node=asked)
