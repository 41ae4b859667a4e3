"""Containers shared where each should have its own, overwritten where they should grow."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .registry import Rewrite, Site, operator

_COPIES = (
    ("list({})", 1.0),
    ("dict({})", 1.0),
    ("{}.copy()", 1.0),
    ("[list(row) for row in {}]", 0.7),
    ("[row[:] for row in {}]", 0.6),
    ("[dict(row) for row in {}]", 0.6),
    ("set({})", 0.5),
    ("copy.deepcopy({})", 0.8),
    ("deepcopy({})", 0.8),
    ("copy.copy({})", 0.5),
    ("{{key: dict(value) for key, value in {}.items()}}", 0.3),
    ("{{key: list(value) for key, value in {}.items()}}", 0.3),
    ("tuple({})", 0.4),
)


@operator(
    "copy",
    ast.Name,
    ast.Attribute,
    weight=0.35,
    examples=(
        ("def f(a):\n    b = a\n    b.append(1)\n", "def f(a):\n    b = list(a)\n    b.append(1)\n"),
        (
            "class A:\n    def f(self):\n        return self.x\n",
            "class A:\n    def f(self):\n        return self.x.copy()\n",
        ),
        ("def f(out, row):\n    out.append(row)\n", "def f(out, row):\n    out.append(list(row))\n"),
    ),
)
def copies(site: Site) -> Iterator[Rewrite]:
    """A container handed on as a copy of its own."""
    node, parent = site.node, site.parent
    if not isinstance(getattr(node, "ctx", None), ast.Load) or site.text in site.scope.numbers:
        return
    value = isinstance(parent, ast.Assign | ast.AnnAssign | ast.Return | ast.Yield) and parent.value is node
    held = isinstance(parent, ast.List | ast.Dict | ast.Tuple | ast.keyword | ast.For)
    argument = isinstance(parent, ast.Call) and node is not parent.func
    factor = 1.0 if value else 0.7 if argument else 0.5 if held else 0.0
    imported = set(site.scope.callables)
    for pattern, likely in _COPIES if factor else ():
        name = pattern.partition("(")[0].partition(".")[0]
        if not name.startswith(("copy", "deepcopy")) or name in imported:
            yield site.replace(pattern.format(site.text), factor * likely)


@operator(
    "grow",
    ast.Assign,
    weight=0.5,
    examples=(
        ("d[k] = [v]\n", "d.setdefault(k, []).append(v)\n"),
        ("d[k] = v\n", "d.setdefault(k, []).append(v)\n"),
        ("d[k] = v\n", "d[k] = d.get(k, 0) + v\n"),
        ("d[k] = v\n", "d.setdefault(k, v)\n"),
        ("d[k] = v\n", "d[k].append(v)\n"),
        ("a = v\n", "a.append(v)\n"),
    ),
)
def grow(site: Site) -> Iterator[Rewrite]:
    """An entry that is overwritten: added to what is there instead, or only set when there is none."""
    node = site.node
    assert isinstance(node, ast.Assign)
    target, value = node.targets[0], site.source.segment(node.value)
    start, end = site.source.span(node)
    if len(node.targets) > 1 or "\n" in value:
        return
    if isinstance(target, ast.Name | ast.Attribute):
        yield site.splice(start, end, f"{site.source.segment(target)}.append({value})", 0.3)
        return
    if not isinstance(target, ast.Subscript) or isinstance(target.slice, ast.Slice):
        return
    base, key = site.source.segment(target.value), site.source.segment(target.slice)
    one = isinstance(node.value, ast.List | ast.Set) and len(node.value.elts) == 1
    item = site.source.segment(node.value.elts[0]) if one else value  # type: ignore[attr-defined]
    yield site.splice(start, end, f"{base}.setdefault({key}, []).append({item})", 1.4 if one else 0.8)
    yield site.splice(start, end, f"{base}.setdefault({key}, set()).add({item})", 1.0 if one else 0.5)
    yield site.splice(start, end, f"{base}[{key}] = {base}.get({key}, 0) + {value}", 1.0)
    yield site.splice(start, end, f"{base}.setdefault({key}, {value})", 0.8)
    yield site.splice(start, end, f"{base}[{key}].append({item})", 0.7)
    yield site.splice(start, end, f"{base}[{key}].update({item})", 0.4)


_FRESH = {"clear": ("[]", "{}", "set()")}


@operator(
    "fresh",
    ast.Expr,
    weight=0.6,
    examples=(("x.clear()\n", "x = []\n"), ("d.update(e)\n", "d = {**d, **e}\n"), ("a.extend(b)\n", "a = a + b\n")),
)
def fresh(site: Site) -> Iterator[Rewrite]:
    """A container changed in place, by a new one."""
    call = site.node.value  # type: ignore[attr-defined]
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
        return
    name, method = site.source.segment(call.func.value), call.func.attr
    if not isinstance(call.func.value, ast.Name | ast.Attribute):
        return
    start, end = site.source.span(site.node)
    for empty in _FRESH.get(method, ()):
        yield site.splice(start, end, f"{name} = {empty}", 1.0)
    if len(call.args) == 1:
        argument = site.source.segment(call.args[0])
        texts = {"update": f"{{**{name}, **{argument}}}", "extend": f"{name} + {argument}"}
        texts |= {"append": f"{name} + [{argument}]", "add": f"{name} | {{{argument}}}"}
        if method in texts:
            yield site.splice(start, end, f"{name} = {texts[method]}", 0.8)
