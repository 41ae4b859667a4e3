"""The same slip made more than once: one replacement at all of its places in a statement, or in a function."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from ...model import Splice
from .comparisons import comparison
from .layout import STATEMENTS
from .registry import Rewrite, Site, operator

_MOST_PLACES = 6


@operator(
    "everywhere",
    *STATEMENTS,
    weight=0.45,
    examples=(
        (
            "def f(a, b):\n    return a[0] <= b[1] and b[0] <= a[1]\n",
            "def f(a, b):\n    return a[0] < b[1] and b[0] < a[1]\n",
        ),
        ("def f(a, b):\n    return g(a, a)\n", "def f(a, b):\n    return g(b, b)\n"),
        ("def f(x):\n    y = x[0] + x[0]\n", "def f(x):\n    y = x[1] + x[1]\n"),
        ("x = a + b + c\n", "x = a * b * c\n"),
        ("x = a.lo - b.lo\ny = a.hi\n", "x = a.hi - b.hi\ny = a.hi\n"),
    ),
)
def everywhere(site: Site) -> Iterator[Rewrite]:
    """Equal comparisons, names, numbers or operators of one statement, all replaced alike."""
    nodes = [n for n in _own(site) if isinstance(n, ast.Compare | ast.Name | ast.Constant | ast.BinOp | ast.Attribute)]
    yield from _comparisons(site, [n for n in nodes if isinstance(n, ast.Compare) and len(n.ops) == 1])
    yield from _names(site, [n for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)])
    yield from _numbers(site, [n for n in nodes if isinstance(n, ast.Constant) and type(n.value) is int])
    yield from _signs(site, [n for n in nodes if isinstance(n, ast.BinOp)])
    yield from _attributes(site, [n for n in nodes if isinstance(n, ast.Attribute)])


def _own(site: Site) -> list[ast.AST]:
    """The expressions of a statement itself, not of the statements in its body."""
    found: list[ast.AST] = []

    def visit(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.stmt | ast.excepthandler | ast.JoinedStr):
                found.append(child)
                visit(child)

    visit(site.node)
    return found


def _groups(nodes: list[ast.AST], key: Callable[[ast.AST], object]) -> list[list[ast.AST]]:
    groups: dict[object, list[ast.AST]] = {}
    for node in nodes:
        groups.setdefault(key(node), []).append(node)
    return [group for group in groups.values() if 2 <= len(group) <= _MOST_PLACES]


def _comparisons(site: Site, nodes: list[ast.Compare]) -> Iterator[Rewrite]:
    for group in _groups([*nodes], lambda n: type(n.ops[0])):  # type: ignore[attr-defined]
        rewrites = [list(comparison(Site(site.source, node, site.scope))) for node in group]
        for alike in zip(*rewrites, strict=True):
            yield _joined([s for r in alike for s in r.splices], alike[0].factor)


def _names(site: Site, nodes: list[ast.Name]) -> Iterator[Rewrite]:
    called = {id(n.func) for n in site.scope.nodes if isinstance(n, ast.Call)}
    for group in _groups([n for n in nodes if id(n) not in called], lambda n: n.id):  # type: ignore[attr-defined]
        present = group[0].id  # type: ignore[attr-defined]
        for other in [v for v in site.scope.variables[:12] if v != present]:
            yield _joined([Splice(*site.source.span(n), other) for n in group], 0.6)


def _numbers(site: Site, nodes: list[ast.Constant]) -> Iterator[Rewrite]:
    for group in _groups([*nodes], lambda n: n.value):  # type: ignore[attr-defined]
        value = group[0].value  # type: ignore[attr-defined]
        for other in dict.fromkeys((value + 1, value - 1, 0, 1, *site.scope.integers[:6])):
            if other != value and other >= 0:
                yield _joined([Splice(*site.source.span(n), str(other)) for n in group], 0.6)


_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//"}


def _signs(site: Site, nodes: list[ast.BinOp]) -> Iterator[Rewrite]:
    known = [n for n in nodes if type(n.op) in _SIGNS]
    for group in _groups([*known], lambda n: type(n.op)):  # type: ignore[attr-defined]
        sign = _SIGNS[type(group[0].op)]  # type: ignore[attr-defined]
        places = [
            site.source.text.find(sign, site.source.span(n.left)[1], site.source.span(n.right)[0])  # type: ignore[attr-defined]
            for n in group
        ]
        for other in _SIGNS.values():
            if other != sign and min(places) >= 0:
                yield _joined([Splice(p, p + len(sign), other) for p in sorted(places)], 0.6)


def _attributes(site: Site, nodes: list[ast.Attribute]) -> Iterator[Rewrite]:
    for group in _groups([*nodes], lambda n: n.attr):  # type: ignore[attr-defined]
        present = group[0].attr  # type: ignore[attr-defined]
        ends = [site.source.span(n)[1] for n in group]
        for other in [a for a in site.scope.all_attributes[:12] if a != present]:
            yield _joined([Splice(e - len(present), e, other) for e in sorted(ends)], 0.5)


def _joined(splices: list[Splice], factor: float) -> Rewrite:
    return Rewrite(tuple(sorted(splices, key=lambda s: s.start)), factor)
