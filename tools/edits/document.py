"""A file's bytes as lines of text and back: encoding, byte order mark, line endings and final newline kept."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import dataclass

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_TEXT_CODECS = re.compile(
    r"^(utf|latin|iso|cp|windows|koi|mac|gb|big5|shift|sjis|euc|ascii|us-ascii|hz|johab|l\d)", re.I
)
_LINE_END = re.compile(r"\r\n|\n")
_LINE_END_CR = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its text, and the ending that it has in the file (empty only for the last one)."""

    text: str
    end: str


@dataclass(frozen=True, slots=True)
class Document:
    """A text file. ``lines`` joined, encoded and put behind ``bom`` are the file's bytes again, every one of them."""

    lines: tuple[Line, ...]
    encoding: str = "utf-8"
    bom: bytes = b""

    @property
    def newline(self) -> str:
        """The ending that most lines have; ``\\n`` for a file without any."""
        counts = Counter(line.end for line in self.lines if line.end)
        return max(counts, key=lambda end: (counts[end], end == "\n")) if counts else "\n"

    @property
    def texts(self) -> list[str]:
        """The lines without their endings."""
        return [line.text for line in self.lines]

    def with_lines(self, lines: list[Line]) -> Document:
        """The same file holding ``lines``: inner endings filled in, the last one as the file had it."""
        ends_open = bool(self.lines) and not self.lines[-1].end
        filled = [line if line.end else Line(line.text, self.newline) for line in lines]
        if filled and ends_open:
            filled[-1] = Line(filled[-1].text, "")
        return Document(tuple(filled), self.encoding, self.bom)

    def encode(self) -> bytes:
        """The file's bytes. Raises ``UnicodeEncodeError`` for text that its encoding does not have."""
        return self.bom + "".join(line.text + line.end for line in self.lines).encode(self.encoding)


def is_binary(data: bytes) -> bool:
    """Whether ``data`` is no text that could be edited line by line."""
    return b"\0" in data and not any(data.startswith(bom) for bom, _ in _BOMS[1:])


def read_document(data: bytes) -> Document:
    """``data`` decoded so that it encodes back to the same bytes (latin-1 takes what nothing else does)."""
    bom, rest, candidates = _candidates(data)
    for encoding in candidates:
        try:
            text = rest.decode(encoding)
            if text.encode(encoding) == rest:
                return Document(tuple(split_lines(text)), encoding, bom)
        except (UnicodeError, LookupError):
            continue
    return Document(tuple(split_lines(data.decode("latin-1"))), "latin-1", b"")


def read_text(data: bytes) -> str:
    """``data`` as the text that a prompt shows, line endings as ``\\n``: what a model's SEARCH text is matched with."""
    return "".join(f"{line.text}\n" if line.end else line.text for line in read_document(data).lines)


def split_lines(text: str) -> list[Line]:
    """``text`` cut at ``\\n`` and ``\\r\\n`` (at ``\\r`` only where it has no other ending)."""
    pattern = _LINE_END if "\n" in text or "\r" not in text else _LINE_END_CR
    lines = []
    start = 0
    for match in pattern.finditer(text):
        lines.append(Line(text[start : match.start()], match[0]))
        start = match.end()
    return [*lines, Line(text[start:], "")] if start < len(text) else lines


def _candidates(data: bytes) -> tuple[bytes, bytes, list[str]]:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return bom, data[len(bom) :], [encoding]
    head = data.split(b"\n", 2)[:2]
    match = _COOKIE.match(head[0]) if head else None
    if match is None and len(head) > 1 and (not head[0].strip() or head[0].lstrip().startswith(b"#")):
        match = _COOKIE.match(head[1])
    declared = [match[1].decode("ascii")] if match and _TEXT_CODECS.match(match[1].decode("ascii", "replace")) else []
    return b"", data, [*declared, "utf-8"]
