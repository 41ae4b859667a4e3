"""Strings: by others of the file, another case, another format."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

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
    "text",
    ast.Constant,
    weight=0.5,
    examples=(
        ("x = d['a']\ny = d['b']\n", "x = d['b']\ny = d['b']\n"),
        ("x = y.split(',')\n", "x = y.split(', ')\n"),
        ("x = y.strftime('%d/%M')\n", "x = y.strftime('%d/%m')\n"),
        ("x = 'Abc'\n", "x = 'abc'\n"),
    ),
)
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
    "f-string",
    ast.JoinedStr,
    ast.Constant,
    weight=0.5,
    examples=(
        ("x = f'{a:.1f}'\n", "x = f'{a:.2f}'\n"),
        ("def f(a):\n    return '{a}'\n", "def f(a):\n    return f'{a}'\n"),
        ("x = f'{a} {b}'\n", "x = f'{b} {a}'\n"),
        ("x = f'{a}'\n", "x = f'{a!r}'\n"),
    ),
)
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
    for field, following in pairwise(fields):
        yield site.replace(
            literal_text[: field.start(1)]
            + following.group(1)
            + literal_text[field.end(1) : following.start(1)]
            + field.group(1)
            + literal_text[following.end(1) :],
            0.7,
        )
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
