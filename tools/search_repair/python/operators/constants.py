"""Numbers off by one, constants by their neighbours, strings by their likes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .registry import Rewrite, Site, operator

_FORMAT_LETTERS = {
    "m": "MB",
    "M": "m",
    "d": "Djs",
    "D": "d",
    "y": "Y",
    "Y": "y",
    "H": "I",
    "I": "H",
    "j": "d",
    "b": "B",
    "B": "b",
    "s": "d",
    "f": "d",
}
_PRECISION = re.compile(r"\.(\d+)f")


@operator(
    "integer", ast.Constant, weight=0.8,
    examples=(("x = y[0]\n", "x = y[1]\n"), ("x = f(10)\n", "x = f(9)\n"), ("a = 0\nb = 5\nc = 5\n", "a = 5\nb = 5\nc = 5\n")),
)  # fmt: skip
def integer(site: Site) -> Iterator[Rewrite]:
    """An integer by its neighbours, by 0, 1, -1, 2, by others of the function; ten times more or less."""
    node = site.node
    if not isinstance(node, ast.Constant) or type(node.value) is not int:
        return
    value = node.value
    likely = {value + 1: 0.9, value - 1: 0.9, 0: 0.7, 1: 0.7, -1: 0.5, 2: 0.4}
    for other in site.scope.integers[:12]:
        likely.setdefault(other, 0.3)
    if abs(value) >= 10:
        for other in (value * 10, value // 10, 2 * value):
            likely.setdefault(other, 0.15)
    for other, factor in likely.items():
        if other != value:
            yield site.replace(str(other), factor)


@operator(
    "float", ast.Constant, weight=0.4,
    examples=(("x = y * 1.0\n", "x = y * 0.0\n"), ("x = 0.5\n", "x = 1 - 0.5\n"), ("x = 0.5\n", "x = 50\n")),
)  # fmt: skip
def floating(site: Site) -> Iterator[Rewrite]:
    """A fraction by simple others."""
    node = site.node
    if not isinstance(node, ast.Constant) or type(node.value) is not float:
        return
    value = node.value
    texts = [
        "0.0",
        "1.0",
        "0.5",
        "0",
        "1",
        f"1 - {site.text}",
        f"{value * 10:g}",
        f"{value / 10:g}",
        f"{value * 100:g}",
        f"{value / 100:g}",
    ]
    for text in dict.fromkeys(texts):
        if text != site.text:
            yield site.replace(text, 0.7)


@operator(
    "literal", ast.Constant, weight=0.5,
    examples=(("x = True\n", "x = False\n"), ("x = None\n", "x = []\n"), ("x = None\n", "x = 0\n")),
)  # fmt: skip
def literal(site: Site) -> Iterator[Rewrite]:
    """``True`` by ``False`` and back, ``None`` by the empty values."""
    value = getattr(site.node, "value", ...)
    if value is True or value is False:
        yield site.replace(str(not value), 1.4, 0.1)
    elif value is None and isinstance(site.node, ast.Constant):
        for text in ("0", "[]", "''", "{}", "False", "True", "set()", "()"):
            yield site.replace(text, 0.6, 0.1)
        for name in site.scope.variables[:10]:
            yield site.replace(name, 0.6)


@operator(
    "text", ast.Constant, weight=0.5,
    examples=(
        ("x = d['a']\ny = d['b']\n", "x = d['b']\ny = d['b']\n"),
        ("x = y.split(',')\n", "x = y.split(', ')\n"),
        ("x = y.strftime('%d/%M')\n", "x = y.strftime('%d/%m')\n"),
        ("x = 'Abc'\n", "x = 'abc'\n"),
    ),
)  # fmt: skip
def text(site: Site) -> Iterator[Rewrite]:
    """A string by others of the file, another case, more or less space, another format letter."""
    node = site.node
    if (
        not isinstance(node, ast.Constant)
        or type(node.value) is not str
        or isinstance(site.parent, ast.Expr | ast.JoinedStr)
    ):
        return
    value = node.value
    if len(value) > 80 or "\n" in site.text:
        return
    for other, factor in _variants(value):
        yield site.replace(_quoted(site.text, other), factor)
    for index, other in enumerate(site.scope.strings[:40]):
        if other != value and len(other) <= 40 and "\n" not in other:
            yield site.replace(_quoted(site.text, other), (0.8 if _alike(value, other) else 0.4) * 0.97**index)


def _variants(value: str) -> Iterator[tuple[str, float]]:
    for other in (value.lower(), value.upper(), value.capitalize(), value.strip(), value.rstrip("s"), value + "s"):
        yield from ((other, 0.35) for _ in (1,) if other != value and value.strip())
    if len(value) <= 3:
        for other in ("", " ", ",", ", ", "\n", ".", "/", "_", "-", value + " ", " " + value):
            yield from ((other, 0.5) for _ in (1,) if other != value)
    for match in re.finditer(r"%-?([a-zA-Z])", value):
        for letter in _FORMAT_LETTERS.get(match.group(1), ""):
            yield value[: match.start(1)] + letter + value[match.end(1) :], 0.9
    yield from ((changed, 0.6) for changed in precisions(value))
    for match in re.finditer(r"\W", value) if 3 < len(value) <= 40 else ():
        yield value[: match.start()] + value[match.end() :], 0.25
    for match in re.finditer(r"[ ,.:;/_-]", value) if 1 < len(value) <= 40 else ():
        for mark in " ,.:;/_-":
            if mark != match.group():
                yield value[: match.start()] + mark + value[match.end() :], 0.2


def precisions(value: str) -> Iterator[str]:
    """A text with each ``.Nf`` of its format specifications by another number of places."""
    for match in _PRECISION.finditer(value):
        for places in range(5):
            if places != int(match.group(1)):
                yield f"{value[: match.start(1)]}{places}{value[match.end(1) :]}"


def _alike(a: str, b: str) -> bool:
    return a.isidentifier() == b.isidentifier() and a[:1].isalpha() == b[:1].isalpha()


def _quoted(like: str, value: str) -> str:
    """A literal for ``value`` with the quotes of the literal ``like``."""
    quote = '"' if like.rstrip().endswith('"') else "'"
    body = repr(value)[1:-1] if quote == "'" and '"' not in value and "'" not in value else None
    if body is None:
        body = (
            value.encode("unicode_escape").decode("ascii") if not value.isprintable() else value.replace("\\", "\\\\")
        )
        body = body.replace(quote, "\\" + quote)
    prefix = re.match(r"[A-Za-z]*", like)
    letters = prefix.group() if prefix else ""
    if "r" in letters.lower() and "\\" in body:
        body = value
    return f"{letters}{quote}{body}{quote}"


@operator(
    "f-string", ast.JoinedStr, ast.Constant, weight=0.5,
    examples=(
        ("x = f'{a:.1f}'\n", "x = f'{a:.2f}'\n"),
        ("def f(a):\n    return '{a}'\n", "def f(a):\n    return f'{a}'\n"),
        ("x = f'{a} {b}'\n", "x = f'{b} {a}'\n"),
        ("x = f'{a}'\n", "x = f'{a!r}'\n"),
    ),
)  # fmt: skip
def f_string(site: Site) -> Iterator[Rewrite]:
    """A forgotten ``f``, another precision, fields that change places, other names in fields."""
    node, literal_text = site.node, site.text
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and re.search(r"\{\w+[^{}]*\}", node.value) and literal_text[:1] in "'\"":
            yield site.replace("f" + literal_text, 1.2)
        return
    if not isinstance(node, ast.JoinedStr) or "\n" in literal_text:
        return
    for changed in precisions(literal_text):
        yield site.replace(changed)
    fields = list(re.finditer(r"(?<!\{)\{([^{}!:]+)([!:][^{}]*)?\}(?!\})", literal_text))
    for field, following in zip(fields, fields[1:], strict=False):
        yield site.replace(
            literal_text[: field.start(1)] + following.group(1) + literal_text[field.end(1) : following.start(1)]
            + field.group(1) + literal_text[following.end(1) :],
            0.7,
        )  # fmt: skip
    for field in fields[:6]:
        yield from _field(site, literal_text, field)


def _field(site: Site, literal_text: str, field: re.Match[str]) -> Iterator[Rewrite]:
    head, tail, name = literal_text[: field.start(1)], literal_text[field.end(1) :], field.group(1)
    for other in site.scope.variables[:10]:
        if other != name:
            yield site.replace(head + other + tail, 0.4)
    for base, _, attribute in (name.rpartition("."),):
        for other in site.scope.attributes.get(base, ())[:8]:
            if base and other != attribute:
                yield site.replace(f"{head}{base}.{other}{tail}", 0.4)
    for wrapped in (
        f"{name} + 1",
        f"{name} - 1",
        f"{name}.lower()",
        f"{name}.upper()",
        f"{name}.strip()",
        f"len({name})",
    ):
        yield site.replace(head + wrapped + tail, 0.3)
    if not field.group(2):
        for spec in ("!r", ":.2f", ":02d", ":,", ":.1f", ":03d", ":04d"):
            yield site.replace(head + name + spec + tail, 0.3)
    else:
        yield site.replace(literal_text[: field.start(2)] + literal_text[field.end(2) :], 0.4)


@operator(
    "off by one", ast.Name, ast.Call, ast.Attribute, ast.BinOp, ast.Subscript, weight=0.75,
    examples=(
        ("for i in range(n):\n    f(i)\n", "for i in range(n + 1):\n    f(i)\n"),
        ("x = y[i]\n", "x = y[i - 1]\n"),
        ("while i < len(a):\n    f()\n", "while i < len(a) - 1:\n    f()\n"),
    ),
)  # fmt: skip
def off_by_one(site: Site) -> Iterator[Rewrite]:
    """One more or one less, where a position, a bound or a count is meant."""
    node = site.node
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    factor = _numeric_place(site)
    if factor and not (
        isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Add | ast.Sub | ast.FloorDiv | ast.Mult)
    ):
        yield site.replace(f"{site.text} + 1", factor)
        yield site.replace(f"{site.text} - 1", factor)


def _numeric_place(site: Site) -> float:
    """How much a place looks like one for a position, a bound or a count."""
    node, parent = site.node, site.parent
    if isinstance(parent, ast.Slice) or (isinstance(parent, ast.Subscript) and node is parent.slice):
        return 1.0
    if isinstance(parent, ast.Call) and node is not parent.func:
        is_range = isinstance(parent.func, ast.Name) and parent.func.id == "range"
        return 1.0 if is_range else 0.45
    if isinstance(parent, ast.Compare):
        return 0.6 if isinstance(parent.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE) else 0.35
    if isinstance(parent, ast.Assign | ast.AugAssign | ast.Return):
        return 0.4 if node is parent.value else 0.0
    if isinstance(parent, ast.BinOp):
        return 0.45 if isinstance(node, ast.Name | ast.Call) else 0.2
    return 0.25 if isinstance(parent, ast.Tuple) else 0.0


@operator(
    "slice", ast.Subscript, weight=0.55,
    examples=(
        ("x = a[1:]\n", "x = a\n"), ("x = a[:n]\n", "x = a[n:]\n"), ("x = a[i]\n", "x = a[-i]\n"),
        ("x = a[1:]\n", "x = a[1:-1]\n"), ("x = a[1:]\n", "x = a[::-1]\n"),
    ),
)  # fmt: skip
def slices(site: Site) -> Iterator[Rewrite]:
    """Bounds of a slice added, left out, exchanged; an index from the other end."""
    node = site.node
    assert isinstance(node, ast.Subscript)
    if not isinstance(node.ctx, ast.Load):
        return
    base = site.source.segment(node.value)
    if not isinstance(node.slice, ast.Slice):
        index = site.source.segment(node.slice)
        if not isinstance(node.slice, ast.Tuple | ast.Constant):
            yield site.replace(f"{base}[-{index}]", 0.5)
        return
    parts = [site.source.segment(p) if p else "" for p in (node.slice.lower, node.slice.upper, node.slice.step)]
    low, high, step = parts
    for a, b, c in ((high, low, step), ("", high, step), (low, "", step), (low, high, ""), ("1", high, step),
                    (low, "-1", step), (low, high, "-1"), (low, high, "2"), ("", "", "-1")):  # fmt: skip
        if [a, b, c] != parts:
            yield site.replace(f"{base}[{a}:{b}{':' + c if c else ''}]", 0.7)
    yield site.replace(base, 0.7)


@operator(
    "empty", ast.List, ast.Dict, ast.Call, ast.Tuple, weight=0.4,
    examples=(("def f(n):\n    return []\n", "def f(n):\n    return [n]\n"), ("x = []\n", "x = {}\n"), ("x = []\n", "x = [[]]\n")),
)  # fmt: skip
def empty(site: Site) -> Iterator[Rewrite]:
    """An empty container by another kind of empty, or by one that holds something at hand."""
    node, bare = site.node, site.text.replace(" ", "")
    if bare not in ("[]", "{}", "set()", "()", "list()", "dict()", "tuple()"):
        return
    assert isinstance(node, ast.expr)
    if bare in ("[]", "list()"):
        for name in site.scope.variables[:10]:
            yield site.replace(f"[{name}]", 1.0)
        yield site.replace("[[]]", 0.8)
        yield site.replace("[0]", 0.3)
    elif bare == "set()":
        for name in site.scope.variables[:8]:
            yield site.replace("{" + name + "}", 0.7)
    for other in ("[]", "{}", "set()", "None", "''", "0", "()"):
        if other != bare:
            yield site.replace(other, 0.5, 0.1)
