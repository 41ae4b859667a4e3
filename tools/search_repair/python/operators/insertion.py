"""Forgotten statements."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .layout import STATEMENTS, within_function
from .members import member_statements
from .registry import Rewrite, Site, operator


@operator(
    "insert statement",
    *STATEMENTS,
    weight=0.4,
    examples=(
        (
            "def f(n, seen):\n    if n in seen:\n        return 1\n    g(n)\n",
            "def f(n, seen):\n    if n in seen:\n        return 1\n    seen.add(n)\n    g(n)\n",
        ),
        (
            "def f(a):\n    p = None\n    while a:\n        q = a\n    return p\n",
            "def f(a):\n    p = None\n    while a:\n        q = a\n        p = q\n    return p\n",
        ),
        (
            "def f(a):\n    out = []\n    for t in a:\n        out.append(t)\n    return a\n",
            "def f(a):\n    out = []\n    for t in a:\n        out.append(t)\n    out.append(t)\n    return a\n",
        ),
        (
            "def f(a):\n    i = 0\n    while a:\n        g(i)\n",
            "def f(a):\n    i = 0\n    while a:\n        g(i)\n        i += 1\n",
        ),
    ),
)
def insert_statement(site: Site) -> Iterator[Rewrite]:
    """A forgotten statement: growing a container, an assignment, a step, one that stands elsewhere in the function."""
    node = site.node
    assert isinstance(node, ast.stmt)
    if site.scope.function is None or not site.alone(node):
        return
    block = site.source.block(node)
    ends_block = block[-1] is node and not isinstance(node, ast.Return | ast.Raise | ast.Break | ast.Continue)
    if node.lineno != getattr(site.parent, "lineno", 0):
        for text, factor in _statements_to_insert(site, node):
            yield site.insert_before(node, text, factor)
            if ends_block:
                yield site.insert_after(node, text, factor)


def _statements_to_insert(site: Site, node: ast.stmt) -> Iterator[tuple[str, float]]:
    scope = site.scope
    own = [n for n in [*scope.parameters, *scope.stored] if n not in ("self", "cls", "_")][:12]
    names = [n for n in scope.variables if n not in ("self", "cls")][:12]
    in_loop = any(isinstance(a, ast.For | ast.While) for a in within_function(site, node))
    for container in scope.collections[:5]:
        for name in own[:10]:
            if name != container:
                for method, factor in (("append", 0.7), ("add", 0.7), ("remove", 0.2), ("extend", 0.3)):
                    if _fits(scope, container, method):
                        yield f"{container}.{method}({name})", factor * (2.0 if container in scope.never_grown else 1.0)
    for target in scope.stored[:8]:
        for value in own:
            if value != target:
                yield f"{target} = {value}", 0.6 if not in_loop else 0.75
    for target in own[:6]:
        if target not in scope.numbers and target not in scope.collections:
            for method, factor in (("strip", 0.4), ("lower", 0.4), ("copy", 0.15)):
                yield f"{target} = {target}.{method}()", factor
            yield f"{target} = list({target})", 0.2
            yield f"{target} = sorted({target})", 0.2
    for target in scope.stored[:8]:
        yield f"{target} += 1", 0.5 if in_loop else 0.2
        yield f"{target} -= 1", 0.25 if in_loop else 0.1
        for value in ("0", "None", "[]", "1", "''", "{}"):
            yield f"{target} = {value}", 0.25
    if in_loop:
        yield "break", 0.5
        yield "continue", 0.4
    yield from _copies(site, names)
    yield from member_statements(site, names)


def _fits(scope: object, container: str, method: str) -> bool:
    """A set takes ``add``, a list ``append``; where nothing tells, both are tried."""
    for n in scope.nodes:  # type: ignore[attr-defined]
        if isinstance(n, ast.Assign) and any(isinstance(t, ast.Name) and t.id == container for t in n.targets):
            is_list = isinstance(n.value, ast.List | ast.ListComp)
            is_set = isinstance(n.value, ast.Set) or (
                isinstance(n.value, ast.Call) and getattr(n.value.func, "id", "") == "set"
            )
            return not (is_list and method == "add") and not (is_set and method in ("append", "extend"))
    return True


def _copies(site: Site, names: list[str]) -> Iterator[tuple[str, float]]:
    """Simple statements of the function again, as they are and with one name replaced."""
    for other in site.scope.nodes:
        if not isinstance(other, ast.Expr | ast.Assign | ast.AugAssign) or other is site.node:
            continue
        text = site.source.segment(other)
        if "\n" in text or len(text) > 70 or isinstance(getattr(other, "value", None), ast.Constant | ast.Yield):
            continue
        yield text, 0.5
        present = list(dict.fromkeys(n.id for n in ast.walk(other) if isinstance(n, ast.Name) and n.id in names))
        for old in present[:4]:
            for new in names[:8]:
                if new not in present:
                    yield re.sub(rf"(?<![\w.]){re.escape(old)}(?!\w)", new, text), 0.2


@operator(
    "flush",
    ast.For,
    ast.While,
    ast.AsyncFor,
    weight=0.5,
    examples=(
        (
            "def f(a):\n    c = []\n    for x in a:\n        if g(c):\n            yield c\n",
            "def f(a):\n    c = []\n    for x in a:\n        if g(c):\n            yield c\n"
            "    if c:\n        yield c\n",
        ),
        (
            "def f(a):\n    while g(a):\n        out.append(a)\n    return out\n",
            "def f(a):\n    while g(a):\n        out.append(a)\n    out.append(a)\n    return out\n",
        ),
    ),
)
def flush(site: Site) -> Iterator[Rewrite]:
    """What the loop does now and then, once more after it: the last group, the rest of the text."""
    node = site.node
    assert isinstance(node, ast.For | ast.While | ast.AsyncFor)
    if not site.alone(node):
        return
    for inner in ast.walk(node):
        if not isinstance(inner, ast.Expr) or isinstance(inner.value, ast.Constant):
            continue
        text = site.source.segment(inner)
        if "\n" in text or len(text) > 80:
            continue
        yield site.insert_after(node, text, 0.9)
        names = [
            n.id
            for n in ast.walk(inner)
            if isinstance(n, ast.Name) and n.id in site.scope.stored + site.scope.parameters
        ]
        for name in dict.fromkeys(names):
            yield site.insert_after(node, f"if {name}:\n{site.source.indent_step}{text}", 0.9)
