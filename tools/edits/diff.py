"""Patches as git-style unified diffs, and patches put together."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator

from ...core.domain import Edit, Patch
from .document import read_document
from .modes import IsExecutable, is_made_executable, unknown

_NO_NEWLINE = b"\\ No newline at end of file\n"


def unified_diff(patch: Patch) -> str:
    """``patch`` as text for people and JSON, each file decoded by its own encoding. ``diff_bytes`` is what applies."""
    parts = []
    for edit in _sorted(patch):
        raw = b"".join(_file_diff(edit, patch, unknown))
        try:
            parts.append(raw.decode("utf-8"))
        except UnicodeDecodeError:
            encoding = read_document(edit.before or edit.after or b"").encoding
            parts.append(raw.decode(encoding, "replace"))
    return "".join(parts)


def diff_bytes(patch: Patch, is_executable: IsExecutable = unknown) -> bytes:
    """``patch`` as bytes that ``git apply`` and ``patch -p1`` take, whatever the files' encodings and line endings.

    Binary files appear as a note only.
    """
    return b"".join(line for edit in _sorted(patch) for line in _file_diff(edit, patch, is_executable))


def compose(base: Patch, edits: Iterable[Edit]) -> Patch:
    """``edits``, made on top of ``base``, as one patch against the project as found. What ends unchanged is dropped."""
    merged = {edit.path: edit for edit in base.edits}
    for edit in edits:
        first = merged.get(edit.path)
        merged[edit.path] = Edit(edit.path, first.before if first else edit.before, edit.after)
    return Patch(tuple(edit for _, edit in sorted(merged.items()) if edit.before != edit.after))


def _sorted(patch: Patch) -> list[Edit]:
    return sorted((edit for edit in patch.edits if edit.before != edit.after), key=lambda edit: edit.path)


def _file_diff(edit: Edit, patch: Patch, is_executable: IsExecutable) -> Iterator[bytes]:
    old, new = _quoted("a/", edit.path), _quoted("b/", edit.path)
    yield b"diff --git %s %s\n" % (old, new)
    if edit.before is None:
        yield b"new file mode 100%s\n" % (b"755" if is_made_executable(edit, patch, is_executable) else b"644")
    if edit.after is None:
        yield b"deleted file mode 100%s\n" % (b"755" if is_executable(edit.path) else b"644")
    before, after = edit.before or b"", edit.after or b""
    if b"\0" in before or b"\0" in after:
        yield b"Binary files %s and %s differ\n" % (_side(old, edit.before), _side(new, edit.after))
        return
    if before == after:  # an empty file comes or goes
        yield b"index 0000000..e69de29\n" if edit.before is None else b"index e69de29..0000000\n"
        return
    yield b"--- %s\n" % _side(old, edit.before)
    yield b"+++ %s\n" % _side(new, edit.after)
    yield from _hunks(_lines(before), _lines(after))


def _side(name: bytes, data: bytes | None) -> bytes:
    return b"/dev/null" if data is None else name


def _lines(data: bytes) -> list[bytes]:
    return re.findall(rb"[^\n]*\n|[^\n]+", data)


def _hunks(before: list[bytes], after: list[bytes]) -> Iterator[bytes]:
    lines = difflib.diff_bytes(difflib.unified_diff, before, after, b"", b"")
    for number, line in enumerate(lines):
        if number < 2:  # the headers, which git writes differently
            continue
        yield line if line.endswith(b"\n") else line + b"\n" + _NO_NEWLINE


def _quoted(prefix: str, path: str) -> bytes:
    """The name as git reads it: in quotes, with C escapes, where blanks or odd characters would be misread."""
    raw = (prefix + path).encode("utf-8", "surrogateescape")
    if not re.search(rb'[\x00-\x20\x7f"\\]', raw):
        return raw
    escaped = re.sub(rb'[\x00-\x1f\x7f"\\]', lambda m: b"\\%03o" % m[0][0], raw)
    return b'"' + escaped + b'"'
