"""Names by other names: variables, attributes, functions, methods, keywords."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .registry import Rewrite, Site, operator

_FAMILIES = (
    ("min", "max", "sum"),
    ("any", "all"),
    ("int", "float", "str", "round", "Decimal", "bool"),
    ("list", "tuple", "set", "sorted", "frozenset", "dict"),
    ("sorted", "reversed", "list"),
    ("range", "enumerate", "len", "reversed"),
    ("floor", "ceil", "round", "trunc", "int"),
    ("isinstance", "issubclass"),
    ("getattr", "hasattr"),
    ("chr", "ord"),
    ("zip", "zip_longest"),
)
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
_KEYWORDS = (
    ("days", "hours", "minutes", "seconds", "weeks", "milliseconds"),
    ("key", "reverse", "default"),
    ("start", "step"),
    ("sep", "end"),
    ("year", "month", "day"),
)


@operator(
    "variable", ast.Name, weight=0.7,
    examples=(
        ("def f(a, b):\n    return a\n", "def f(a, b):\n    return b\n"),
        ("def f(a, b):\n    c = a\n    return b\n", "def f(a, b):\n    c = b\n    return b\n"),
    ),
)  # fmt: skip
def variable(site: Site) -> Iterator[Rewrite]:
    """A variable by another that is in scope, the nearest first."""
    node = site.node
    assert isinstance(node, ast.Name)
    if isinstance(site.parent, ast.Call) and node is site.parent.func:
        return
    if not isinstance(node.ctx, ast.Load):
        yield from _target(site, node)
        return
    others = [n for n in site.scope.variables if n != node.id]
    reads = site.scope.reads
    # code has no variables that nobody reads: a repair does not make one, and often puts one to use
    last, risk = (0.6, 0.3) if reads[node.id] == 1 and node.id in site.scope.variables else (1.0, 0.0)
    for index, other in enumerate(others[:25]):
        unread = 1.4 if not reads[other] else 1.0
        yield site.replace(other, 0.98**index * (1.15 if _alike(other, node.id) else 1.0) * last * unread, risk)
    for other in _constants_like(site, node.id):
        yield site.replace(other, 0.9)
    for attribute in site.scope.attributes.get("self", ())[:15]:
        if "self" in site.scope.parameters and attribute not in _methods(site):
            yield site.replace(f"self.{attribute}", 1.0 if attribute.lstrip("_") == node.id else 0.35)


def _constants_like(site: Site, name: str) -> list[str]:
    """Imported constants of the same family, ``ROUND_DOWN`` for ``ROUND_UP``."""
    head = name.split("_")[0]
    return [n for n in site.scope.callables if name.isupper() and n != name and n.isupper() and n.split("_")[0] == head]


def _target(site: Site, node: ast.Name) -> Iterator[Rewrite]:
    if isinstance(site.parent, ast.Assign | ast.AugAssign | ast.AnnAssign):
        for index, other in enumerate(n for n in site.scope.variables[:20] if n != node.id):
            yield site.replace(other, 0.5 * 0.98**index)
        if "self" in site.scope.parameters:
            for attribute in site.scope.attributes.get("self", ())[:15]:
                yield site.replace(f"self.{attribute}", 0.9 if attribute.lstrip("_") == node.id else 0.15)


def _alike(a: str, b: str) -> bool:
    return a[:3] == b[:3] or a[-3:] == b[-3:]


def _methods(site: Site) -> set[str]:
    owner = site.source.class_of(site.node)
    return {s.name for s in owner.body if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef)} if owner else set()


@operator(
    "function", ast.Call, weight=0.75,
    examples=(
        ("x = any(y)\n", "x = all(y)\n"),
        ("def g(): ...\ndef h(): ...\nx = g()\n", "def g(): ...\ndef h(): ...\nx = h()\n"),
    ),
)  # fmt: skip
def function(site: Site) -> Iterator[Rewrite]:
    """A called function by one of its family, or by another of the module."""
    node = site.node
    assert isinstance(node, ast.Call)
    if not isinstance(node.func, ast.Name):
        return
    name = node.func.id
    family = [other for members in _FAMILIES if name in members for other in members if other != name]
    known = set(site.scope.callables)
    for other in dict.fromkeys(family):
        if site.scope.is_builtin(other) or other in known:
            yield site.replace(other, 1.0, node=node.func)
    for other in site.scope.callables[:20]:
        if other != name and other not in family:
            yield site.replace(other, 0.25 if site.scope.is_builtin(other) else 0.45, node=node.func)


@operator(
    "attribute", ast.Attribute, weight=0.7,
    examples=(
        ("x.append(y)\n", "x.extend(y)\n"),
        ("def f(n):\n    return n.left + n.right\n", "def f(n):\n    return n.right + n.right\n"),
    ),
)  # fmt: skip
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
        yield site.splice(start, end, other, 0.85 if (other in _methods(site)) == is_method else 0.3)
    for index, other in enumerate(n for n in site.scope.all_attributes[:40] if n not in near and n != node.attr):
        yield site.splice(start, end, other, 0.45 * 0.97**index)


@operator(
    "attribute or not", ast.Attribute, ast.Name, weight=0.4,
    examples=(
        ("class A:\n    def f(self, x):\n        return self.x\n", "class A:\n    def f(self, x):\n        return x\n"),
        ("class A:\n    def f(self, x):\n        return self.x.y\n", "class A:\n    def f(self, x):\n        return self.x\n"),
    ),
)  # fmt: skip
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


@operator(
    "keyword name", ast.keyword, weight=0.6,
    examples=(
        ("x = timedelta(days=1)\n", "x = timedelta(hours=1)\n"),
        ("def g(a, b):\n    f(a=b, b=a)\n", "def g(a, b):\n    f(a=a, b=a)\n"),
    ),
)  # fmt: skip
def keyword_name(site: Site) -> Iterator[Rewrite]:
    """A keyword by a sibling, or its value by the variable of the same name."""
    node = site.node
    assert isinstance(node, ast.keyword)
    if node.arg is None:
        return
    start = site.source.span(node)[0]
    for members in _KEYWORDS:
        for other in members if node.arg in members else ():
            if other != node.arg:
                yield site.splice(start, start + len(node.arg), other)
    if node.arg in site.scope.variables and site.source.segment(node.value) != node.arg:
        yield site.replace(node.arg, 1.3, node=node.value)
    if "self" in site.scope.parameters and node.arg in site.scope.attributes.get("self", ()):
        yield site.replace(f"self.{node.arg}", 1.2, node=node.value)


@operator(
    "exception", ast.Raise, ast.ExceptHandler, weight=0.5,
    examples=(
        ("raise KeyError(x)\n", "raise ValueError(x)\n"),
        ("try:\n    f()\nexcept KeyError:\n    g()\n", "try:\n    f()\nexcept (KeyError, TypeError):\n    g()\n"),
    ),
)  # fmt: skip
def exception(site: Site) -> Iterator[Rewrite]:
    """Another exception raised or caught: those that the tests met first, then the usual ones."""
    node = site.node
    met = [e.type for e in site.errors if e.type.isidentifier() and site.scope.is_builtin(e.type)]
    usual = ["ValueError", "KeyError", "TypeError", "IndexError", "AttributeError", "ZeroDivisionError", "LookupError",
             "RuntimeError", "StopIteration", "FileNotFoundError", "OSError", "NotImplementedError", "PermissionError"]  # fmt: skip
    own = [
        s.name for s in site.source.tree.body if isinstance(s, ast.ClassDef) and s.name.endswith(("Error", "Exception"))
    ]
    own += [n for n in site.scope.callables if n.endswith(("Error", "Exception")) and n not in own]
    target = node.type if isinstance(node, ast.ExceptHandler) else getattr(node, "exc", None)
    if isinstance(target, ast.Call):
        target = target.func
    if target is None:
        return
    present = site.source.segment(target)
    for name in dict.fromkeys([*met, *own, *usual]):
        if name in present:
            continue
        yield site.replace(name, 1.5 if name in met else 1.2 if name in own else 0.6, node=target)
        if isinstance(node, ast.ExceptHandler):
            both = f"({present.strip('()')}, {name})"
            yield site.replace(both, 1.3 if name in met else 0.3, node=target)
