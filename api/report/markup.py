"""HTML that is escaped by construction: text becomes markup through ``tag`` alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TypeAlias

from ..screen.terminal import without_escapes

_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""What would be invisible, or would show other characters in an order of its own."""
_VOID = frozenset({"rect"})


class Html(str):
    """Markup, not text."""


Child: TypeAlias = "str | int | Iterable[Html] | None"


def text(value: object) -> Html:
    """``value`` as text: escaped, terminal codes out, invisible characters shown by their code points."""
    return value if isinstance(value, Html) else _shown(without_escapes(str(value)))


def code(value: str) -> Html:
    """As ``text``, but nothing is left out: the characters of a file, each of them."""
    return _shown(value)


def _shown(value: str) -> Html:
    parts = []
    at = 0
    for match in _ODD.finditer(value):
        parts += [escape(value[at : match.start()]), f'<span class="odd">U+{ord(match[0]):04X}</span>']
        at = match.end()
    return Html("".join([*parts, escape(value[at:])]))


def tag(name: str, *children: Child, **attributes: str | int | bool | None) -> Html:
    """An element. ``cls`` is ``class``, ``aria_label`` is ``aria-label``; ``None`` and ``False`` leave one out."""
    given = "".join(_attribute(key, value) for key, value in attributes.items() if value not in (None, False))
    if name in _VOID:
        return Html(f"<{name}{given}/>")
    return Html(f"<{name}{given}>{joined(*children)}</{name}>")


def joined(*children: Child) -> Html:
    """``children`` one after the other; text among them is escaped, ``None`` is nothing."""
    return Html("".join(_child(child) for child in children))


def _child(child: Child) -> str:
    if child is None:
        return ""
    return text(child) if isinstance(child, (str, int)) else "".join(text(part) for part in child)


def _attribute(key: str, value: object) -> str:
    name = {"cls": "class"}.get(key, key.replace("_", "-"))
    return f" {name}" if value is True else f' {name}="{escape(_ODD.sub("", str(value)))}"'


def prose(words: str) -> Html:
    """``words`` as text in which what stands between backticks is code."""
    parts = re.split(r"`([^`\n]{1,200})`", words)
    return joined(*(tag("code", part) if at % 2 else text(part) for at, part in enumerate(parts)))


def badge(kind: str, sign: str, words: str) -> Html:
    """A state: a sign, a word, a colour."""
    return tag("span", tag("span", sign, aria_hidden="true"), words, cls=f"badge {kind}")


def panel(title: str, *children: Child, aside: Child = None, padded: bool = False) -> Html:
    """A titled section."""
    head = tag("header", tag("h2", title), tag("span", aside, cls="push dim small") if aside else None)
    return tag("section", head, tag("div", *children, cls="body") if padded else joined(*children), cls="panel")
