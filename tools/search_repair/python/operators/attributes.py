"""Attributes and methods by others of their family or of the same object."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .names import methods_of
from .registry import Rewrite, Site, operator

_METHODS = (
    ("append", "extend", "insert", "add", "appendleft"),
    ("extend", "update", "extendleft", "append"),
    ("add", "update", "discard", "append"),
    ("pop", "popleft", "remove", "get"),
    ("remove", "discard", "pop"),
    ("lower", "upper", "casefold", "title", "capitalize", "swapcase"),
    ("strip", "lstrip", "rstrip"),
    ("lstrip", "removeprefix"),
    ("rstrip", "removesuffix"),
    ("startswith", "endswith"),
    ("find", "rfind", "index", "rindex"),
    ("split", "rsplit", "splitlines", "partition"),
    ("partition", "rpartition"),
    ("union", "intersection", "difference", "symmetric_difference"),
    ("issubset", "issuperset", "isdisjoint"),
    ("items", "values", "keys"),
    ("get", "pop", "setdefault"),
    ("isdigit", "isalpha", "isalnum", "isnumeric", "isdecimal", "isspace"),
    ("isupper", "islower"),
    ("match", "search", "fullmatch", "findall"),
    ("group", "groups"),
    ("read", "readline", "readlines"),
    ("sort", "reverse"),
    ("now", "utcnow", "today"),
    ("weekday", "isoweekday"),
    ("date", "time", "datetime"),
    ("days", "seconds", "total_seconds"),
    ("day", "month", "year"),
    ("hour", "minute", "second"),
    ("encode", "decode"),
    ("load", "loads"),
    ("dump", "dumps"),
    ("put", "put_nowait"),
    ("acquire", "release"),
    ("ceil", "floor"),
    ("name", "stem", "suffix"),
    ("copy", "deepcopy"),
    ("gather", "wait"),
    ("ljust", "rjust", "center", "zfill"),
    ("most_common", "elements"),
    ("ROUND_HALF_UP", "ROUND_HALF_EVEN", "ROUND_DOWN", "ROUND_UP", "ROUND_FLOOR", "ROUND_CEILING"),
)


@operator(
    "attribute",
    ast.Attribute,
    weight=0.7,
    examples=(
        ("x.append(y)\n", "x.extend(y)\n"),
        ("def f(n):\n    return n.left + n.right\n", "def f(n):\n    return n.right + n.right\n"),
    ),
)
def attribute(site: Site) -> Iterator[Rewrite]:
    """An attribute or method by one of its family, by another used on the same object, by others of the file."""
    node = site.node
    assert isinstance(node, ast.Attribute)
    end = site.source.span(node)[1]
    start = end - len(node.attr)
    family = [other for members in _METHODS if node.attr in members for other in members if other != node.attr]
    for other in dict.fromkeys(family):
        yield site.splice(start, end, other, 0.9)
    base = site.source.segment(node.value)
    near = [n for n in site.scope.attributes.get(base, ()) if n != node.attr and n not in family]
    is_method = isinstance(site.parent, ast.Call) and site.parent.func is node
    for other in near[:12]:
        yield site.splice(start, end, other, 0.85 if (other in methods_of(site)) == is_method else 0.3)
    for index, other in enumerate(n for n in site.scope.all_attributes[:40] if n not in near and n != node.attr):
        yield site.splice(start, end, other, 0.45 * 0.97**index)


@operator(
    "attribute or not",
    ast.Attribute,
    ast.Name,
    weight=0.4,
    examples=(
        ("class A:\n    def f(self, x):\n        return self.x\n", "class A:\n    def f(self, x):\n        return x\n"),
        (
            "class A:\n    def f(self, x):\n        return self.x.y\n",
            "class A:\n    def f(self, x):\n        return self.x\n",
        ),
    ),
)
def attribute_or_not(site: Site) -> Iterator[Rewrite]:
    """``self.x`` as ``x``, ``a.b`` as ``a``, ``a`` as ``a.b``."""
    node = site.node
    if isinstance(node, ast.Attribute):
        if node.attr in site.scope.variables:
            yield site.replace(node.attr, 1.4)
        if not (isinstance(site.parent, ast.Call) and site.parent.func is node) and isinstance(node.ctx, ast.Load):
            yield site.replace(site.source.segment(node.value), 0.6)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not isinstance(site.parent, ast.Attribute):
        for other in site.scope.attributes.get(node.id, ())[:6]:
            if node.id not in ("self", "cls"):
                yield site.replace(f"{node.id}.{other}", 0.8)
