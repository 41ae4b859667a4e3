"""Arguments exchanged, left out, added; expressions wrapped in calls and taken out of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .registry import Rewrite, Site, operator

_WRAPPERS = (
    ("list({})", 0.5), ("sorted({})", 0.6), ("set({})", 0.4), ("len({})", 0.6), ("int({})", 0.5), ("str({})", 0.6),
    ("abs({})", 0.5), ("float({})", 0.35), ("tuple({})", 0.35), ("round({})", 0.3), ("round({}, 2)", 0.4), ("bool({})", 0.25),
    ("{}[::-1]", 0.4), ("reversed({})", 0.3), ("{}.strip()", 0.4), ("{}.lower()", 0.4), ("{}.copy()", 0.4), ("{}[0]", 0.35),
    ("{}[-1]", 0.3), ("{}[1:]", 0.4), ("{}[:-1]", 0.35), ("{}()", 0.3), ("{}.items()", 0.4), ("{}.values()", 0.3),
    ("enumerate({})", 0.3), ("sum({})", 0.25), ("max({})", 0.2), ("min({})", 0.2), ("await {}", 0.2), ("{} or []", 0.3),
    ("{} or ''", 0.2), ("{} or {{}}", 0.2), ("{} ** 2", 0.35), ("{} * 2", 0.15), ("{} // 2", 0.15), ("-{}", 0.4), ("max(0, {})", 0.6),
    ("max({}, 0)", 0.1), ("min(1, {})", 0.1), ("[{}]", 0.5), ("({},)", 0.2), ("iter({})", 0.1), ("{}.upper()", 0.2), ("{} % 2", 0.1),
    ("{}.split()", 0.2), ("dict({})", 0.2), ("{} or 0", 0.2), ("repr({})", 0.15), ("{}.date()", 0.1), ("list({}.items())", 0.05),
    ("not {}", 0.2), ("{} / 100", 0.1), ("{} * 100", 0.1), ("{}.total_seconds()", 0.1), ("{} is not None", 0.3), ("{} is None", 0.2),
    ("{} + 1", 0.15), ("{} - 1", 0.15), ("*{}", 0.25),
)  # fmt: skip


_NUMERIC = frozenset(p for p, _ in _WRAPPERS if p.startswith(("int", "abs", "float", "round", "-", "max(", "min(")) or " *" in p or "/" in p)


@operator(
    "swap arguments", ast.Call, ast.Tuple, ast.List, ast.Subscript, weight=0.8,
    examples=(
        ("f(a, b)\n", "f(b, a)\n"), ("x, y = a, b\n", "x, y = b, a\n"), ("x = m[i, j]\n", "x = m[j, i]\n"),
        ("x = m[i][j]\n", "x = m[j][i]\n"), ("x = f(a=b, c=d)\n", "x = f(a=d, c=b)\n"),
    ),
)  # fmt: skip
def swap_arguments(site: Site) -> Iterator[Rewrite]:
    """Two arguments, elements or indices change places."""
    node = site.node
    if isinstance(node, ast.Subscript):
        if isinstance(node.value, ast.Subscript):
            yield site.swap(node.value.slice, node.slice)
        return
    parts = node.args if isinstance(node, ast.Call) else getattr(node, "elts", [])
    if isinstance(node, ast.Call):
        for one, two in zip(node.keywords, node.keywords[1:], strict=False):
            yield site.swap(one.value, two.value, 0.7)
    for i, one in enumerate(parts[:6]):
        for j, two in enumerate(parts[i + 1 : 6], i + 1):
            if site.source.segment(one) != site.source.segment(two):
                yield site.swap(one, two, 1.0 if j == i + 1 else 0.6)


@operator(
    "drop argument", ast.Call, ast.List, ast.Tuple, weight=0.35,
    examples=(("f(a, b)\n", "f(b)\n"), ("f(a, k=b)\n", "f(a)\n")),
)  # fmt: skip
def drop_argument(site: Site) -> Iterator[Rewrite]:
    """One argument or element left out."""
    node = site.node
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    parts: list[ast.AST] = [*node.args, *node.keywords] if isinstance(node, ast.Call) else [*getattr(node, "elts", ())]
    for index, part in enumerate(parts):
        start, end = site.source.span(part)
        if index + 1 < len(parts):
            end = site.source.span(parts[index + 1])[0]
        elif index:
            start = site.source.span(parts[index - 1])[1]
        yield site.splice(start, end, "", 1.0, 0.2)


@operator(
    "add argument", ast.Call, weight=0.45,
    examples=(
        ("def f(a, b):\n    return g(a)\n", "def f(a, b):\n    return g(a, b)\n"),
        ("x = sorted(y)\n", "x = sorted(y, reverse=True)\n"),
        ("def h(x, k=1): ...\ndef f(k):\n    return h(2)\n", "def h(x, k=1): ...\ndef f(k):\n    return h(2, k=k)\n"),
        ("x = d.get(k)\n", "x = d.get(k, 0)\n"),
    ),
)  # fmt: skip
def add_argument(site: Site) -> Iterator[Rewrite]:
    """A variable in scope as one more argument; a keyword that the function is known to take."""
    node = site.node
    assert isinstance(node, ast.Call)
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    given = [site.source.segment(a) for a in node.args]
    for text, factor in _known_extras(name):
        yield _appended(site, node, text, factor)
    definition = _definition(site, name)
    for parameter in [p.arg for p in [*definition.args.args, *definition.args.kwonlyargs]] if definition else []:
        if (
            parameter in site.scope.variables
            and all(k.arg != parameter for k in node.keywords)
            and parameter not in given
        ):
            yield _appended(site, node, f"{parameter}={parameter}", 1.4)
        if "self" in site.scope.parameters and parameter in site.scope.attributes.get("self", ()):
            yield _appended(site, node, f"{parameter}=self.{parameter}", 1.0)
    for index, variable in enumerate(v for v in site.scope.variables[:12] if v not in given):
        yield _appended(site, node, variable, 0.5 * 0.97**index)
        if given:
            start = site.source.span(node.args[0])[0]
            yield site.splice(start, start, f"{variable}, ", 0.4 * 0.97**index)


def _known_extras(name: str) -> tuple[tuple[str, float], ...]:
    if name in ("sorted", "sort"):
        return (
            ("reverse=True", 1.2),
            ("key=len", 0.6),
            ("key=str.lower", 0.5),
            ("key=lambda x: x[1]", 0.5),
            ("key=lambda x: x[0]", 0.4),
            ("key=lambda x: (-x[1], x[0])", 0.2),
        )
    if name in ("min", "max"):
        return (("default=None", 0.8), ("default=0", 0.8), ("key=len", 0.4), ("key=lambda x: x[1]", 0.3), ("0", 0.4))
    return {
        "get": (("0", 0.9), ("[]", 0.7), ("''", 0.6), ("{}", 0.5), ("False", 0.3)),
        "pop": (("None", 0.8), ("0", 0.8), ("-1", 0.2)),
        "next": (("None", 1.0),),
        "getattr": (("None", 1.0),),
        "sum": (("0", 0.2), ("[]", 0.5)),
        "open": (("encoding='utf-8'", 0.5), ("newline=''", 0.3)),
        "round": (("2", 0.9), ("1", 0.4)),
        "split": (("','", 0.5), ("' '", 0.4), ("1", 0.2)),
        "enumerate": (("1", 0.9), ("start=1", 0.6)),
        "dataclass": (("frozen=True", 0.8), ("order=True", 0.8), ("eq=False", 0.2)),
        "gather": (("return_exceptions=True", 0.8),),
        "dumps": (("sort_keys=True", 0.7), ("ensure_ascii=False", 0.6), ("default=str", 0.6), ("indent=2", 0.5)),
        "mkdir": (("exist_ok=True", 0.7), ("parents=True, exist_ok=True", 0.7)),
        "makedirs": (("exist_ok=True", 0.9),),
        "zip": (("strict=True", 0.3),),
        "strip": (("','", 0.1), ("'\"'", 0.1)),
        "compile": (("re.IGNORECASE", 0.4), ("re.MULTILINE", 0.4)),
        "sub": (("flags=re.IGNORECASE", 0.4),),
    }.get(name, ())  # fmt: skip


def _definition(site: Site, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for node in ast.walk(site.source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            return node
        if isinstance(node, ast.ClassDef) and node.name == name:
            return next((s for s in node.body if isinstance(s, ast.FunctionDef) and s.name == "__init__"), None)
    return None


def _appended(site: Site, node: ast.Call, text: str, factor: float) -> Rewrite:
    parts: list[ast.AST] = [*node.args, *node.keywords]
    if not parts:
        end = site.source.span(node)[1] - 1
        return site.splice(end, end, text, factor)
    last = max(site.source.span(p)[1] for p in parts)
    only = parts[0]
    if len(parts) == 1 and isinstance(only, ast.GeneratorExp):
        start, end = site.source.span(node.func)[1], site.source.span(node)[1]
        inner = site.source.text[start + 1 : end - 1].strip()
        wrapped = inner if inner.startswith("(") and inner.endswith(")") else f"({inner})"
        return site.splice(start, end, f"({wrapped}, {text})", factor)
    positional = "=" not in text
    if positional and node.keywords:
        first_keyword = min(site.source.span(k)[0] for k in node.keywords)
        return site.splice(first_keyword, first_keyword, f"{text}, ", factor)
    return site.splice(last, last, f", {text}", factor)


@operator(
    "wrap", ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.BinOp, ast.ListComp, ast.GeneratorExp, weight=0.4,
    examples=(
        ("return_ = f(x)\n", "return_ = list(f(x))\n"), ("x = a + b\n", "x = max(0, a + b)\n"), ("x = y\n", "x = y[::-1]\n"),
        ("x = y - z\n", "x = abs(y - z)\n"),
    ),
)  # fmt: skip
def wrap(site: Site) -> Iterator[Rewrite]:
    """An expression inside a call, or with a method, an index or a sign on it."""
    node, parent = site.node, site.parent
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or len(site.text) > 60:
        return
    if isinstance(parent, ast.arg) or (isinstance(parent, ast.Call) and node is parent.func):
        return
    numeric = _is_numeric_place(site)
    for pattern, factor in _WRAPPERS:
        text = _filled(node, site.text, pattern)
        if text and _sensible(node, parent, pattern):
            fitting = (1.4 if pattern in _NUMERIC else 0.3) if numeric else 1.0
            yield site.replace(text, factor * fitting * (0.7 if isinstance(parent, ast.Attribute) else 1.0))
    if isinstance(parent, ast.Attribute):
        return
    for name in site.scope.callables[:12]:
        if not site.scope.is_builtin(name) and name != getattr(getattr(node, "func", None), "id", None):
            yield site.replace(f"{name}({site.text})", 0.25)


def _is_numeric_place(site: Site) -> bool:
    parent = site.parent
    arithmetic = ast.Sub | ast.Mult | ast.Div | ast.FloorDiv | ast.Mod | ast.Pow
    return site.text in site.scope.numbers or (isinstance(parent, ast.BinOp) and isinstance(parent.op, arithmetic))


def _sensible(node: ast.AST, parent: ast.AST | None, pattern: str) -> bool:
    if pattern.startswith("*{"):
        return isinstance(parent, ast.Call | ast.List | ast.Tuple)
    if pattern.startswith("await"):
        return isinstance(node, ast.Call)
    if isinstance(parent, ast.Attribute):
        return pattern.startswith(("{}.", "{}["))
    return not isinstance(parent, ast.Expr)


def _filled(node: ast.AST, text: str, pattern: str) -> str | None:
    bare = pattern.startswith("{}") and not isinstance(
        node, ast.Name | ast.Call | ast.Attribute | ast.Subscript | ast.ListComp
    )
    if bare or pattern.startswith(("-{", "*{", "not {")):
        text = text if isinstance(node, ast.Name | ast.Call | ast.Attribute | ast.Subscript) else f"({text})"
    if isinstance(node, ast.ListComp | ast.GeneratorExp) and pattern.startswith(("int", "float", "abs", "-", "round")):
        return None
    return pattern.format(text)


@operator(
    "unwrap", ast.Call, ast.Subscript, ast.Await, ast.List, weight=0.5,
    examples=(("x = f(a)\n", "x = a\n"), ("x = a.b()\n", "x = a\n"), ("x = a[0]\n", "x = a\n"), ("x = a.b()\n", "x = a.b\n")),
)  # fmt: skip
def unwrap(site: Site) -> Iterator[Rewrite]:
    """A call by its argument or by the object it is called on; an element by what it is taken from."""
    node = site.node
    if isinstance(site.parent, ast.Expr) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    if isinstance(node, ast.Call):
        if len(node.args) <= 3:
            for argument in node.args:
                if not isinstance(argument, ast.Starred | ast.GeneratorExp):
                    yield site.replace(site.source.segment(argument), 0.9 if len(node.args) == 1 else 0.5, 0.15)
        if isinstance(node.func, ast.Attribute):
            yield site.replace(site.source.segment(node.func.value), 0.7, 0.15)
        if not node.args and not node.keywords:
            yield site.replace(site.source.segment(node.func), 0.5)
    elif isinstance(node, ast.List):
        if len(node.elts) == 1:
            yield site.replace(site.source.segment(node.elts[0]), 0.6)
    elif isinstance(node, ast.Subscript | ast.Await):
        yield site.replace(site.source.segment(node.value), 0.7, 0.1)


@operator(
    "get or index", ast.Subscript, ast.Call, weight=0.5,
    examples=(("x = d[k]\n", "x = d.get(k)\n"), ("x = d.get(k, 1)\n", "x = d[k]\n"), ("x = d[k]\n", "x = d.get(k, 0)\n")),
)  # fmt: skip
def get_or_index(site: Site) -> Iterator[Rewrite]:
    """``d[k]`` as ``d.get(k, …)`` and back."""
    node = site.node
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and not isinstance(node.slice, ast.Slice):
        base, key = site.source.segment(node.value), site.source.segment(node.slice)
        missed = any(e.type == "KeyError" for e in site.errors)
        for default, factor in (
            ("", 1.0),
            (", 0", 0.9),
            (", []", 0.6),
            (", ''", 0.5),
            (f", {key}", 0.4),
            (", {}", 0.4),
            (", 1", 0.2),
            (", False", 0.2),
        ):
            yield site.replace(f"{base}.get({key}{default})", factor * (1.6 if missed else 0.7))
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("get", "pop")
        and node.args
    ):
        base, key = site.source.segment(node.func.value), site.source.segment(node.args[0])
        yield site.replace(f"{base}[{key}]", 0.8)


@operator(
    "compose", ast.Name, ast.Subscript, ast.Attribute, ast.Call, ast.ListComp, ast.List, weight=0.25,
    examples=(
        ("def f(a):\n    b = []\n    return [x for x in a]\n", "def f(a):\n    b = []\n    return b + [x for x in a]\n"),
        ("def f(a, b):\n    return a\n", "def f(a, b):\n    return a - b\n"),
        ("def f(a, b):\n    return a\n", "def f(a, b):\n    return a + b\n"),
    ),
)  # fmt: skip
def compose(site: Site) -> Iterator[Rewrite]:
    """An expression combined with a variable at hand: added, taken away, the larger of both."""
    node, parent = site.node, site.parent
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or isinstance(parent, ast.Attribute | ast.Expr):
        return
    if isinstance(parent, ast.Call) and node is parent.func:
        return
    if isinstance(node, ast.ListComp | ast.List):
        for other in site.scope.variables[:10] if not isinstance(node, ast.List) or node.elts else ():
            yield site.replace(f"{other} + {site.text}", 1.6)
            yield site.replace(f"{site.text} + {other}", 1.6)
        return
    for index, other in enumerate(v for v in site.scope.variables[:10] if v != site.text):
        near = 0.97**index
        for pattern, factor in (("{0} + {1}", 1.0), ("{0} - {1}", 1.0), ("{1} + {0}", 0.8), ("{0} * {1}", 0.6), ("{1} - {0}", 0.5),
                                ("max({0}, {1})", 0.5), ("min({0}, {1})", 0.5), ("{0} // {1}", 0.3), ("{0} % {1}", 0.3), ("{0}[{1}]", 0.4),
                                ("{0} or {1}", 0.4), ("{0} / {1}", 0.3), ("{1}[{0}]", 0.3), ("{0} | {1}", 0.15)):  # fmt: skip
            yield site.replace(pattern.format(site.text, other), factor * near)


@operator(
    "slice it", ast.Name, ast.Attribute, weight=0.4,
    examples=(
        ("def f(a, k):\n    for x in a:\n        g(x)\n", "def f(a, k):\n    for x in a[k:]:\n        g(x)\n"),
        ("def f(a, k):\n    return a\n", "def f(a, k):\n    return a[:k]\n"),
    ),
)  # fmt: skip
def slice_it(site: Site) -> Iterator[Rewrite]:
    """A part of a sequence: from or up to a position that a variable gives."""
    node, parent = site.node, site.parent
    called = isinstance(parent, ast.Call) and node is parent.func
    if (
        not isinstance(getattr(node, "ctx", None), ast.Load)
        or called
        or isinstance(parent, ast.Attribute | ast.Subscript | ast.BinOp)
    ):
        return
    factor = (
        1.3
        if isinstance(parent, ast.For | ast.comprehension)
        else 0.8
        if isinstance(parent, ast.Call | ast.Return)
        else 0.5
    )
    factor *= 0.2 if site.text in site.scope.numbers else 1.0
    for index, other in enumerate(v for v in site.scope.variables[:8] if v != site.text):
        for pattern in ("{0}[{1}:]", "{0}[:{1}]", "{0}[{1} + 1:]", "{0}[:{1} + 1]"):
            yield site.replace(
                pattern.format(site.text, other), factor * 0.95**index * (0.6 if "+" in pattern else 1.0)
            )
