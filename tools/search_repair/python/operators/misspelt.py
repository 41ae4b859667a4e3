"""Names that do not exist, by those that do: what an error's own words suggest."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator

from ...model import Raised
from .registry import Rewrite, Site, operator

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_NO_NAME = re.compile(r"cannot import name '(\w+)'")
_NO_ATTRIBUTE = re.compile(r"has no attribute '(\w+)'")


def matching(site: Site, *types: str) -> Iterator[Raised]:
    return (e for e in site.errors if e.type in types)


@operator(
    "undefined name",
    ast.Name,
    weight=1.0,
    examples=(("def f(value):\n    return valeu\n", "def f(value):\n    return value\n"),),
)
def undefined_name(site: Site) -> Iterator[Rewrite]:
    """A name that nothing defines, by the names that look like it."""
    node = site.node
    assert isinstance(node, ast.Name)
    known = {*site.scope.variables, *site.scope.callables, "self", "cls"}
    if not isinstance(node.ctx, ast.Load) or node.id in known or site.scope.is_builtin(node.id):
        return
    names = [*site.scope.variables, *site.scope.callables]
    for other in difflib.get_close_matches(node.id, names, n=4, cutoff=0.5):
        yield site.replace(other, 2.0)
    if "self" in site.scope.parameters:
        yield site.replace(f"self.{node.id}", 2.5 if node.id in site.scope.attributes.get("self", ()) else 1.0)
    elif node.id in [m for names in site.scope.attributes.values() for m in names]:
        for base, attributes in site.scope.attributes.items():
            if node.id in attributes:
                yield site.replace(f"{base}.{node.id}", 1.0)


@operator(
    "rename",
    ast.Module,
    weight=1.0,
    examples=(),
)
def rename(site: Site) -> Iterator[Rewrite]:
    """A definition under the name that the tests ask for, where it has one much like it."""
    for error in matching(site, "ImportError", "AttributeError", "TypeError"):
        wanted = [*_NO_NAME.findall(error.message), *_NO_ATTRIBUTE.findall(error.message)]
        for name in wanted:
            definitions = [n for n in ast.walk(site.source.tree) if isinstance(n, _DEFINITIONS) and n.name != name]
            close = difflib.get_close_matches(name, [d.name for d in definitions], n=3, cutoff=0.6)
            for definition in definitions:
                if definition.name in close:
                    start = site.source.text.find(definition.name, site.source.span(definition)[0])
                    yield site.splice(start, start + len(definition.name), name, 1.0)


@operator(
    "missing attribute",
    ast.Attribute,
    weight=1.0,
    examples=(),
)
def missing_attribute(site: Site) -> Iterator[Rewrite]:
    """An attribute that the object does not have, by those it has that look like it."""
    node = site.node
    assert isinstance(node, ast.Attribute)
    end = site.source.span(node)[1]
    for error in matching(site, "AttributeError"):
        found = _NO_ATTRIBUTE.search(error.message)
        if not found or found.group(1) != node.attr:
            continue
        close = difflib.get_close_matches(node.attr, error.names, n=6, cutoff=0.4)
        kin = [
            n
            for n in error.names
            if node.attr.lstrip("_") == n.lstrip("_") or n.startswith(node.attr) or node.attr.startswith(n)
        ]
        for other in dict.fromkeys([*kin, *close]):
            yield site.splice(end - len(node.attr), end, other, 2.0)
        for index, other in enumerate(n for n in error.names if not n.startswith("_")):
            if index < 60:
                yield site.splice(end - len(node.attr), end, other, 0.8 * 0.98**index)


@operator(
    "keyword unknown",
    ast.keyword,
    weight=1.0,
    examples=(("def g(name): ...\nx = g(nmae=1)\n", "def g(name): ...\nx = g(name=1)\n"),),
)
def keyword_unknown(site: Site) -> Iterator[Rewrite]:
    """A keyword that the called function does not take, by one it takes."""

    node, call = site.node, site.parent
    assert isinstance(node, ast.keyword)
    if node.arg is None or not isinstance(call, ast.Call):
        return
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    definition = site.source.definitions.get(name)
    if definition is None:
        return
    names = [a.arg for a in [*definition.args.args, *definition.args.kwonlyargs]]
    start = site.source.span(node)[0]
    for other in names if node.arg not in names else ():
        yield site.splice(start, start + len(node.arg), other, 1.5)


@operator(
    "counted key",
    ast.AugAssign,
    ast.Expr,
    weight=0.7,
    examples=(
        ("d[k] += 1\n", "d[k] = d.get(k, 0) + 1\n"),
        ("d[k].append(v)\n", "d.setdefault(k, []).append(v)\n"),
    ),
)
def counted_key(site: Site) -> Iterator[Rewrite]:
    """A key that is not there the first time."""
    node = site.node
    factor = 1.8 if any(True for _ in matching(site, "KeyError")) else 0.4
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Subscript):
        base, key = site.source.segment(node.target.value), site.source.segment(node.target.slice)
        gap = site.source.text[site.source.span(node.target)[1] : site.source.span(node.value)[0]]
        operation = gap.replace("=", "").strip()
        for default in ("0", "[]", "''", "1"):
            text = f"{base}[{key}] = {base}.get({key}, {default}) {operation} {site.source.segment(node.value)}"
            yield site.splice(*site.source.span(node), text, factor * (1.0 if default == "0" else 0.5))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        inner = node.value.func.value
        if isinstance(inner, ast.Subscript):
            base, key = site.source.segment(inner.value), site.source.segment(inner.slice)
            for default in ("[]", "set()", "{}"):
                yield site.replace(f"{base}.setdefault({key}, {default})", factor, node=inner)
