"""A unified diff as tables: numbers of both sides, a sign, the line with its colours, what changed within it marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .differences import Span, changed_spans
from .highlight import Token, coloured_lines
from .markup import Html, code, joined, tag

ROWS_SHOWN = 5000
_HUNK = re.compile(r"^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_SIGNS = {"+": "add", "-": "del", " ": "same", "\\": "note"}


@dataclass(frozen=True)
class Row:
    """One line: ``kind`` is ``add``, ``del``, ``same``, ``hunk`` or ``note``; numbers are of the old and new file."""

    kind: str
    text: str
    old: int | None = None
    new: int | None = None
    tokens: tuple[Token, ...] = ()
    marks: tuple[Span, ...] = ()


@dataclass
class FileDiff:
    """One file's part of a diff. ``state`` is ``new``, ``deleted``, ``binary`` or empty."""

    path: str
    state: str = ""
    rows: list[Row] = field(default_factory=list)

    def count(self, kind: str) -> int:
        """How many lines are of ``kind``."""
        return sum(row.kind == kind for row in self.rows)


def diff_html(diff: str) -> Html:
    """Every file of ``diff``; beyond ``ROWS_SHOWN`` lines it says how many more there are."""
    shown, left = [], ROWS_SHOWN
    files = read_files(diff)
    for file in files:
        shown.append(_file(file, file.rows[: max(0, left)]))
        left -= len(file.rows)
    return joined(shown)


def read_files(diff: str) -> list[FileDiff]:
    """The files of a git-style diff, as ``tools.edits.diff`` writes it, coloured and marked."""
    files: list[FileDiff] = []
    old = new = 0
    inside = False
    for line in diff.split("\n"):
        if line.startswith("diff --git "):
            files.append(FileDiff(line.rpartition(" b/")[2].rstrip('"') or line[11:]))
            inside = False
        elif not files:
            continue
        elif match := _HUNK.match(line):
            old, new, inside = int(match[1]), int(match[2]), True
            files[-1].rows.append(Row("hunk", line))
        elif inside and line[:1] in _SIGNS and line:
            kind = _SIGNS[line[0]]
            files[-1].rows.append(_numbered(kind, line[1:], old, new))
            old += kind in ("del", "same")
            new += kind in ("add", "same")
        elif not inside:
            _read_header(files[-1], line)
    for file in files:
        file.rows = _marked(_coloured(file.path, file.rows))
    return files


def _numbered(kind: str, text: str, old: int, new: int) -> Row:
    return Row(kind, text, old if kind in ("del", "same") else None, new if kind in ("add", "same") else None)


def _read_header(file: FileDiff, line: str) -> None:
    for start, state in (("new file", "new"), ("deleted file", "deleted"), ("Binary files", "binary")):
        if line.startswith(start):
            file.state = state


def _coloured(path: str, rows: list[Row]) -> list[Row]:
    """Each side is read as one text, hunk by hunk, so that a string of many lines is one."""
    done = list(rows)
    for first, last in _hunks(rows):
        for kinds in (("same", "del"), ("same", "add")):
            at = [index for index in range(first, last) if rows[index].kind in kinds]
            for index, tokens in zip(at, coloured_lines(path, [rows[i].text for i in at]), strict=True):
                done[index] = replace(done[index], tokens=tuple(tokens))
    return done


def _hunks(rows: list[Row]) -> Iterator[tuple[int, int]]:
    starts = [index for index, row in enumerate(rows) if row.kind == "hunk"]
    yield from zip([start + 1 for start in starts], [*starts[1:], len(rows)], strict=True)


def _marked(rows: list[Row]) -> list[Row]:
    """Lines that replace as many others, in order, show what changed within them."""
    at = 0
    while at < len(rows):
        removed = _run(rows, at, "del")
        added = _run(rows, at + removed, "add")
        if removed and removed == added:
            for index in range(at, at + removed):
                before, after = changed_spans(rows[index].text, rows[index + removed].text)
                rows[index] = replace(rows[index], marks=before)
                rows[index + removed] = replace(rows[index + removed], marks=after)
        at += max(1, removed + added)
    return rows


def _run(rows: list[Row], at: int, kind: str) -> int:
    end = at
    while end < len(rows) and rows[end].kind == kind:
        end += 1
    return end - at


def _file(file: FileDiff, rows: list[Row]) -> Html:
    added, removed = file.count("add"), file.count("del")
    counts = joined(
        tag("span", f"+{added}", cls="good", aria_label=f"{added} lines added"), " ",
        tag("span", f"−{removed}", cls="poor", aria_label=f"{removed} lines removed"),  # noqa: RUF001
    )  # fmt: skip
    state = tag("span", file.state, cls="badge") if file.state else None
    name = tag("div", tag("span", code(file.path)), state, tag("span", counts, cls="counts numbers"), cls="name")
    more = len(file.rows) - len(rows)
    note = tag("p", f"… and {more} more lines", cls="body dim") if more else None
    table = tag("table", tag("caption", f"Changes in {file.path}", cls="hidden-text"), tag("tbody", map(_row, rows)))
    region = tag("div", table, cls="diff", tabindex=0, role="region", aria_label=f"Diff of {file.path}")
    return tag("div", name, region if rows else None, note, cls="file")


def _row(row: Row) -> Html:
    if row.kind in ("hunk", "note"):
        return tag("tr", tag("td", code(row.text), colspan=4), cls="hunk")
    sign = {"add": "+", "del": "−", "same": ""}[row.kind]  # noqa: RUF001
    number = [tag("td", "" if line is None else str(line), cls="no") for line in (row.old, row.new)]
    return tag("tr", number, tag("td", sign, cls="sign"), tag("td", _line(row), cls="code"), cls=row.kind)


def _line(row: Row) -> Html:
    parts: list[Html] = []
    at = 0
    for kind, piece in row.tokens or (("", row.text),):
        shown = joined(_pieces(piece, at, row.marks))
        parts.append(tag("span", shown, cls=f"t-{kind}") if kind and piece else shown)
        at += len(piece)
    return joined(parts)


def _pieces(piece: str, at: int, marks: tuple[Span, ...]) -> Iterator[Html]:
    """``piece``, which begins at column ``at``, with those parts of ``marks`` that lie in it marked."""
    done = 0
    for start, end in marks:
        first, last = max(start - at, 0), min(end - at, len(piece))
        if first < last:
            yield code(piece[done:first])
            yield tag("mark", code(piece[first:last]))
            done = last
    yield code(piece[done:])
