"""Arguments exchanged, left out, added."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .registry import Rewrite, Site, operator


@operator(
    "swap arguments",
    ast.Call,
    ast.Tuple,
    ast.List,
    ast.Subscript,
    weight=0.8,
    examples=(
        ("f(a, b)\n", "f(b, a)\n"),
        ("x, y = a, b\n", "x, y = b, a\n"),
        ("x = m[i, j]\n", "x = m[j, i]\n"),
        ("x = m[i][j]\n", "x = m[j][i]\n"),
        ("x = f(a=b, c=d)\n", "x = f(a=d, c=b)\n"),
    ),
)
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
    "drop argument",
    ast.Call,
    ast.List,
    ast.Tuple,
    weight=0.35,
    examples=(("f(a, b)\n", "f(b)\n"), ("f(a, k=b)\n", "f(a)\n")),
)
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
    "add argument",
    ast.Call,
    weight=0.45,
    examples=(
        ("def f(a, b):\n    return g(a)\n", "def f(a, b):\n    return g(a, b)\n"),
        ("x = sorted(y)\n", "x = sorted(y, reverse=True)\n"),
        ("def h(x, k=1): ...\ndef f(k):\n    return h(2)\n", "def h(x, k=1): ...\ndef f(k):\n    return h(2, k=k)\n"),
        ("x = d.get(k)\n", "x = d.get(k, 0)\n"),
    ),
)
def add_argument(site: Site) -> Iterator[Rewrite]:
    """A variable in scope as one more argument; a keyword that the function is known to take."""
    node = site.node
    assert isinstance(node, ast.Call)
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    given = [site.source.segment(a) for a in node.args]
    for text, factor in _known_extras(name):
        yield appended(site, node, text, factor)
    definition = site.source.definitions.get(name)
    for parameter in [p.arg for p in [*definition.args.args, *definition.args.kwonlyargs]] if definition else []:
        if (
            parameter in site.scope.variables
            and all(k.arg != parameter for k in node.keywords)
            and parameter not in given
        ):
            yield appended(site, node, f"{parameter}={parameter}", 1.4)
        if "self" in site.scope.parameters and parameter in site.scope.attributes.get("self", ()):
            yield appended(site, node, f"{parameter}=self.{parameter}", 1.0)
    for index, variable in enumerate(v for v in site.scope.variables[:12] if v not in given):
        yield appended(site, node, variable, 0.5 * 0.97**index)
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
    }.get(name, ())


def appended(site: Site, node: ast.Call, text: str, factor: float) -> Rewrite:
    """One more argument at the end, or before the keywords where it has none."""
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
