"""Ids of tests in Node's frameworks, ``path/to/file.test.js > describe > name``, and the patterns that select them.

An id names a test by its file and the titles on the way to it. Control characters are written as ``\\uXXXX``: an id
is one printable line, and one of many thousand characters ends in ``…`` and a hash. The second test of the same titles
in one file ends in `` #2``. An id that ends in `` >`` is a whole ``describe``: what failed there is a hook of it.
A file alone is everything in it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from .node_files import is_file

SEPARATOR = " > "
LONGEST_ID = 9_000
"""Characters; the reporters leave titles of up to a thousand whole."""
LONGEST_PATTERN = 60_000
"""Characters; an operating system takes 128 KB for one argument. Beyond it whole files are run."""
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_PIECES = re.compile(
    r"(?P<escaped>\\u[0-9a-f]{4})|(?P<cut>…[0-9a-f]{8})|(?P<between> > )|(?P<plain>[A-Za-z0-9_])|(?P<other>.)", re.S
)
_TORN = re.compile(r"(?: >? ?|\\u?[0-9a-f]{0,3}|…[0-9a-f]{0,8})$")
"""What is left at the end where a separator, an escape or a mark of an earlier cut is cut in two."""
_ORDINAL = re.compile(r" #[2-9]\d*$| #1\d+$")


def test_id(file: str, names: Iterable[object], *, suite: bool = False) -> str:
    """The id of a test, or of a ``describe`` if ``suite``. ``file`` is relative to the project."""
    titles = [shown(name) for name in names if isinstance(name, str)]
    if not titles:
        return short(file)
    around = short(SEPARATOR.join([file, *titles[:-1]]))
    return short(around + SEPARATOR + titles[-1]) + (" >" if suite else "")


def short(id: str, limit: int = LONGEST_ID) -> str:
    """An id, or a file's name, that is not endless: its beginning and its hash, as the reporters cut titles."""
    if len(id) <= limit:
        return id
    digest = hashlib.sha1(id.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    return f"{_TORN.sub('', id[:limit])}…{digest[:8]}"


def shown(title: str) -> str:
    """A title as an id has it: on one line, nothing hidden."""
    return title if title.isprintable() else _HIDDEN.sub(lambda m: f"\\u{ord(m[0]):04x}", title)


def split_id(root: Path, id: str) -> tuple[str, str]:
    """The file of an id and the rest. A file name that holds the separator is known by being there."""
    at = id.find(SEPARATOR)
    while at >= 0:
        if is_file(root / id[:at]):
            return id[:at], id[at + len(SEPARATOR) :]
        at = id.find(SEPARATOR, at + 1)
    file, _, rest = id.partition(SEPARATOR)
    return file, rest


def titles_of(rest: str) -> list[str]:
    """The titles in the rest of an id, from the outer ``describe`` on."""
    plain = _ORDINAL.sub("", rest.removesuffix(" >"))
    return plain.split(SEPARATOR) if plain else []


def pattern(titles: Sequence[str]) -> str | None:
    """An ASCII regular expression for the full names (titles joined by blanks) of these ids' rests.

    ``None`` where every test of the files is wanted, or where the expression would be too long.
    """
    if not all(titles):
        return None
    text = f"^(?:{'|'.join(dict.fromkeys(_alternative(title) for title in titles))})$"
    return text if len(text) <= LONGEST_PATTERN else None


def _alternative(title: str) -> str:
    below = r"(?: [\s\S]*)?" if title.endswith(" >") else ""
    stem = title.removesuffix(" >") if below else title
    ordinal = _ORDINAL.search(stem)
    if ordinal:
        stem = stem[: ordinal.start()]
    ending = f"(?:{_regex(ordinal[0])})?" if ordinal else ""
    return _regex(stem) + ending + below


def _regex(text: str) -> str:
    return "".join(_piece(match) for match in _PIECES.finditer(text))


def _piece(match: re.Match[str]) -> str:
    said = match[0]
    if match["plain"]:
        return said
    if match["between"]:
        return " (?:> )?"
    if match["cut"]:
        return r"[\s\S]*"
    literal = "".join(_unit(unit) for unit in _utf16(said))
    return rf"(?:{literal}|{said})" if match["escaped"] else literal  # a title may hold the six characters themselves


def _unit(code: int) -> str:
    return " " if code == 32 else rf"\u{code:04x}"


def _utf16(text: str) -> Iterable[int]:
    data = text.encode("utf-16-be", "surrogatepass")
    return (int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
