"""A whole new text put in place of a file, in the file's own encoding and line endings."""

from __future__ import annotations

from ...core.errors import NoMatch
from .blocks import WholeFile
from .document import Document, read_document, split_lines
from .elision import find_elision
from .excerpt import complete_excerpt
from .matching import Match
from .replacing import NoChange
from .splice import splice


def rewrite(path: str, block: WholeFile, data: bytes | None) -> bytes:
    """The file's new bytes; new files are UTF-8 with ``\\n``. Raises ``NoMatch`` where code was left out."""
    lines = [line.text for line in split_lines(block.content)]
    if data is None or not data:
        heading = [block.heading] if block.heading.startswith("#!") else []
        return "".join(f"{line}\n" for line in [*heading, *lines]).encode("utf-8", "surrogatepass")
    document = read_document(data)
    present = {text.strip() for text in document.texts}
    if left_out := find_elision(lines, present):
        raise NoMatch(
            f"the new file leaves code out ({left_out!r}), which would delete it from {path}: "
            "write the whole file, or use SEARCH/REPLACE for the part that changes"
        )
    if block.heading and document.lines and document.texts[0].strip() == block.heading.strip():
        lines = [document.texts[0], *lines]
    if path.endswith((".py", ".pyi")):
        lines = complete_excerpt(document.texts, lines)
    if lines == document.texts:
        raise NoChange("the new file is the same as the old one: nothing would change")
    try:
        return _with_texts(document, lines).encode()
    except UnicodeEncodeError as error:
        bad = error.object[error.start : error.end]
        raise NoMatch(f"the file is {document.encoding}, which has no {bad!r}: use an escape or plain ASCII") from None


def _with_texts(document: Document, texts: list[str]) -> Document:
    """``document`` holding ``texts``; unchanged lines keep their own endings (they may be mixed)."""
    if not document.lines:
        return document
    whole = Match(0, len(document.lines), tuple(range(len(document.lines))), "whole file")
    return splice(document, whole, document.texts, texts)
