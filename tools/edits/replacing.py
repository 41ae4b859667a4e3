"""One SEARCH/REPLACE pair applied to one file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ...core.errors import NoMatch
from .blocks import Replace
from .document import Document, Line, split_lines
from .elision import find_elision
from .matching import Match, find_matches, nearest_windows
from .splice import splice

_NUMBERED = re.compile(r"^\s*\d+\s*(?:[|:│]|\t)\s?")
_SHOWN = 24
"""Most lines of the file that a message repeats."""


class NoChange(NoMatch):
    """The edit would leave the file as it is."""


class AlreadyApplied(NoMatch):
    """The file holds the replacement already, and not the search text."""


def replace_in(block: Replace, document: Document | None) -> Document:
    """``document`` (``None``: no such file) with the block applied. Raises ``NoMatch`` with words for the model."""
    if document is None or (not document.lines and not block.search.strip()):
        if block.search.strip():
            raise NoMatch("the file does not exist; leave SEARCH empty (or send the whole file) to create it")
        base = document or Document(())
        return replace(base, lines=tuple(split_lines(block.replace)))
    if block.search == block.replace:
        raise NoChange("SEARCH and REPLACE are the same text: nothing would change")
    changed = _replace_once(_best_split(block, document), document)
    if changed.lines == document.lines:
        raise NoChange("the file holds exactly this text already: nothing would change")
    return changed


def _best_split(block: Replace, document: Document) -> Replace:
    """Of several ways to part a block, the one with the longest search text that stands in the file."""
    ways = [(block.search, block.replace), *block.splits] if block.splits else []
    for search, new in sorted(ways, key=lambda way: -len(way[0])):
        found = find_matches(document.texts, _lines(search))
        if found and found[0].level != "fuzzy":
            return replace(block, search=search, replace=new)
    return block


def _replace_once(block: Replace, document: Document) -> Document:
    search, new = _lines(block.search), _lines(block.replace)
    if not any(line.strip() for line in search):
        return _insert(block, new, document)
    if left_out := find_elision(new, {line.strip() for line in search}):
        raise NoMatch(f"REPLACE leaves code out ({left_out!r}): write every line of the replacement")
    matches = find_matches(document.texts, search)
    if not matches and all(_NUMBERED.match(line) for line in search if line.strip()):
        search, new = _unnumbered(search), _unnumbered(new)
        matches = find_matches(document.texts, search)
    if block.inline and (not matches or matches[0].level != "exact"):
        inner = _replace_inside(block, document)
        if inner is not None:
            return inner
    if not matches:
        raise _explain(document, search, new)
    return splice(document, _choose(matches, block, document), search, new)


def _lines(text: str) -> list[str]:
    return [line.text for line in split_lines(text)]


def _unnumbered(lines: Sequence[str]) -> list[str]:
    return [_NUMBERED.sub("", line, count=1) for line in lines]


def _insert(block: Replace, new: list[str], document: Document) -> Document:
    """A hunk without context: it goes after the line that it names, or after its anchor, or nowhere."""
    count = len(document.lines)
    anchors = [at for at, text in enumerate(document.texts, 1) if block.anchor and text.strip() == block.anchor]
    if len(anchors) == 1:
        place = anchors[0]
    elif block.line is not None and block.line <= count:
        place = block.line
    else:
        raise NoMatch("SEARCH is empty but the file exists: repeat the lines beside which the new ones go")
    added = [Line(text, "") for text in new]
    return document.with_lines([*document.lines[:place], *added, *document.lines[place:]])


def _replace_inside(block: Replace, document: Document) -> Document | None:
    """The search text as a part of lines, where it stands exactly once."""
    text = "".join(f"{line.text}\n" for line in document.lines)
    for search in dict.fromkeys((block.search, block.search.strip("\n"))):
        if search.strip() and text.count(search) == 1:
            new = block.replace if search == block.search else block.replace.strip("\n")
            at = text.index(search)
            first = text.count("\n", 0, at)
            last = first + search.rstrip("\n").count("\n")
            start = text.rfind("\n", 0, at) + 1
            stop = text.find("\n", max(at, at + len(search.rstrip("\n"))))
            body = text[start:at] + new + text[at + len(search) : stop + 1]
            lines = [Line(line.text, "") for line in split_lines(body.removesuffix("\n") + "\n" if body else "")]
            return document.with_lines([*document.lines[:first], *lines, *document.lines[last + 1 :]])
    return None


def _choose(matches: list[Match], block: Replace, document: Document) -> Match:
    if len(matches) == 1:
        return matches[0]
    if block.anchor:
        heads = [at for at, text in enumerate(document.texts) if block.anchor in text]
        after = [match for match in matches if len(heads) == 1 and match.start >= heads[0]]
        if after:
            return after[0]
    exact = [match for match in matches if block.line is not None and match.start == block.line - 1]
    if len(exact) == 1:
        return exact[0]
    lines = ", ".join(str(match.start + 1) for match in matches[:8])
    raise NoMatch(
        f"SEARCH matches {len(matches)} places, at lines {lines}: add lines before or after so that it matches one only"
    )


def _explain(document: Document, search: list[str], new: list[str]) -> NoMatch:
    solid = [line for line in new if line.strip()]
    there = find_matches(document.texts, new) if len("".join(solid)) > 3 else []
    if there and there[0].level != "fuzzy":
        lines = ", ".join(str(match.start + 1) for match in there[:3])
        return AlreadyApplied(
            f"already applied: the file holds the REPLACE text at line {lines}, and not the SEARCH text"
        )
    best = max(nearest_windows(document.texts, search), default=None)
    if best is None or best[0] < 0.3:
        return NoMatch(f"SEARCH is not in the file, and nothing like it (the file has {len(document.lines)} lines)")
    first, last = max(0, best[1] - 2), min(len(document.lines), best[2] + 2, best[1] - 2 + _SHOWN)
    shown = "\n".join(f"{at + 1:5} | {document.texts[at]}" for at in range(first, last))
    return NoMatch(
        "SEARCH is not in the file. Did you mean these lines (the numbers are not part of the file)?\n" + shown
    )
