"""Regular expressions: anchors, greed, repetition, classes, escapes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .registry import Rewrite, Site, operator

_LOOKS = re.compile(r"\\[dwsbDWSB.]|\[[^\]]+\]|[.)\]][*+?]|^\^|\$$")
_REPLACED = (
    (r"(?<!\\)\+(?!\?)", ("*", "", "+?", "{1,}")),
    (r"(?<!\\)\*(?!\?)", ("+", "*?", "")),
    (r"[*+]\?", ("*", "+")),
    (r"(?<=[\])\w])\?", ("", "*", "+")),
    (r"\\d(?![+*{?])", ("\\d+", "\\w", "\\d*")),
    (r"\\w(?![+*{?])", ("\\w+", "\\S", "[\\w-]")),
    (r"\\d", ("\\w", "[\\d.]")),
    (r"\\w", ("[\\w.-]", "\\S", "[^\\W\\d_]")),
    (r"\\s(?![+*{?])", ("\\s*", "\\s+")),
    (r"(?<!\\)\.(?![*+])", ("\\.",)),
    (r"a-z(?!A-Z)", ("a-zA-Z", "A-Za-z0-9", "a-z0-9")),
    (r"A-Z", ("a-z",)),
    (r"a-zA-Z(?!0-9)|A-Za-z(?!0-9)", ("A-Za-z0-9", "A-Za-z0-9_")),
    (r"0-9", ("0-9a-z", "0-9.", "1-9")),
    (r"\[\^", ("[",)),
    (r"\[(?!\^)", ("[^",)),
    (r"\((?!\?)", ("(?:",)),
    (r"\(\?:", ("(",)),
    (r"\{(\d+),?\}", ("+", "*")),
    (r"\\b", ("",)),
)


@operator(
    "pattern",
    ast.Constant,
    weight=0.5,
    examples=(
        ("import re\nx = re.sub(r'[A-Z]', '_', y)\n", "import re\nx = re.sub(r'(?<!^)[A-Z]', '_', y)\n"),
        ("import re\nx = re.match(r'\\d+', y)\n", "import re\nx = re.match(r'\\d+$', y)\n"),
        ("import re\nx = re.findall(r'<.+>', y)\n", "import re\nx = re.findall(r'<.+?>', y)\n"),
        ("import re\nx = re.findall(r'[a-z]+', y)\n", "import re\nx = re.findall(r'[a-zA-Z]+', y)\n"),
        ("import re\nx = re.split(r'.', y)\n", "import re\nx = re.split(r'\\.', y)\n"),
    ),
)
def pattern(site: Site) -> Iterator[Rewrite]:
    """A regular expression with one of its marks changed, anchored, freed, or told to ignore case."""
    node = site.node
    if not isinstance(node, ast.Constant) or type(node.value) is not str or len(node.value) > 100:
        return
    text, raw = site.text, site.text[:1] in "rR"
    if (not raw and not (_is_of_re(site) and "\\" not in text)) or text.endswith(('"""', "'''")):
        return
    if not _LOOKS.search(node.value) and not _is_of_re(site):
        return
    opening = text.index(text[-1]) + 1
    body = text[opening:-1]
    for changed, factor in _changed(body):
        if changed != body and (raw or "\\" not in changed) and _compiles(changed):
            yield site.replace(text[:opening] + changed + text[-1], factor)


def _is_of_re(site: Site) -> bool:
    call = site.parent
    return isinstance(call, ast.Call) and getattr(getattr(call.func, "value", None), "id", "") in ("re", "regex")


def _changed(body: str) -> Iterator[tuple[str, float]]:
    for expression, replacements in _REPLACED:
        for match in re.finditer(expression, body):
            for text in replacements:
                yield body[: match.start()] + text + body[match.end() :], 0.8
    yield (body[1:], 0.7) if body.startswith("^") else ("^" + body, 0.8)
    yield (body[:-1], 0.7) if body.endswith("$") else (body + "$", 0.9)
    yield rf"\b{body}\b", 0.8
    yield rf"\b(?:{body})\b", 0.4
    yield rf"^{body.strip('^$')}$", 0.6
    yield f"(?<!^){body}", 0.5
    yield f"({body})", 0.4
    yield f"(?i){body}", 0.5
    for mark in ("-?", "[+-]?", r"\s*"):
        yield mark + body, 0.4
    yield body + r"\s*", 0.3
    for match in re.finditer(r"\](?=[+*])", body):
        for character in ("-", "_", ".", "'", " ", "/", ":"):
            yield (
                body[: match.start()] + (f"\\{character}" if character == "-" else character) + body[match.start() :],
                0.4,
            )


def _compiles(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return False
    return True
