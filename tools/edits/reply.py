"""From a model's answer, prose and all, to the blocks it asks for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from ...core.errors import NoEdit
from .blocks import Block, Unusable, WholeFile
from .fences import Fence, Piece, split_fences
from .markers import START, has_markers, read_marked
from .naming import path_of_comment, path_of_line, split_info
from .structured import broken_structure, read_structured
from .unified import looks_like_diff, read_diff

FORMAT = """Answer with the path of the file on a line of its own, then a fenced block with SEARCH/REPLACE markers:

path/to/file.py
```
<<<<<<< SEARCH
lines exactly as they stand in the file
=======
the lines that take their place
>>>>>>> REPLACE
```

or with the whole new file in the fenced block instead of the markers."""

_THINKING = re.compile(r"\A\s*<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_NOT_FILES = {"bash", "sh", "shell", "console", "text", "txt", "output", "log", "plaintext", "zsh", "terminal", "pycon"}


@dataclass(frozen=True, slots=True)
class _Context:
    """What a block without a path of its own may go by."""

    default_path: str | None
    known: Collection[str]


def parse_reply(text: str, default_path: str | None = None, known: Collection[str] = ()) -> tuple[Block, ...]:
    """The blocks of an answer, in order, each one once.

    ``default_path`` is used where no path is given (pass it when exactly one source was shown); ``known`` are all paths
    shown, which helps to recognise them in prose. Raises ``NoEdit`` with words for the model when nothing is usable;
    single unusable pieces come back as ``Unusable`` beside good ones.
    """
    text = _THINKING.sub("", text.lstrip("\ufeff").replace("\r\n", "\n"))
    context = _Context(default_path, {*known, *([default_path] if default_path else [])})
    blocks = read_structured(text, default_path) if text.lstrip()[:1] in ("{", "[") else []
    blocks = blocks or list(_blocks_of(split_fences(text.split("\n")), context))
    blocks = blocks or read_structured(text, default_path)
    unique = tuple(dict.fromkeys(blocks))
    if not unique:
        reason = broken_structure(text) or "there is no edit in the answer"
        raise NoEdit(f"{reason[0].upper()}{reason[1:]}. {FORMAT}")
    if all(isinstance(block, Unusable) for block in unique):
        reasons = "; ".join(f"{b.path or 'no path'}: {b.reason}" for b in unique if isinstance(b, Unusable))
        raise NoEdit(f"Nothing in the answer can be used ({reasons}). {FORMAT}")
    return unique


def _blocks_of(pieces: list[Piece], context: _Context) -> Iterator[Block]:
    prose: list[str] = []
    last: str | None = None
    unnamed = [p for p in pieces if isinstance(p, Fence) and _may_be_file(p)]
    for piece in pieces:
        if isinstance(piece, str):
            prose.append(piece)
            continue
        found = list(_loose(prose, last, context))
        named = None if found else _announced(prose, context.known)
        found += _fenced(piece, named, last, context, alone=len(unnamed) == 1)
        last = next((b.path for b in reversed(found) if b.path), named or last)
        yield from found
        prose = []
    yield from _loose(prose, last, context)


def _may_be_file(fence: Fence) -> bool:
    return split_info(fence.info)[0] not in _NOT_FILES


def _announced(prose: list[str], known: Collection[str]) -> str | None:
    """The path named by the last line before a fence, blank lines aside (one line of prose may stand between)."""
    lines = [line for line in prose if line.strip()][-2:]
    for line in reversed(lines):
        path = path_of_line(line, known)
        if path:
            return path
    return None


def _fenced(fence: Fence, named: str | None, last: str | None, context: _Context, alone: bool) -> list[Block]:
    language, in_info = split_info(fence.info)
    path = in_info or named
    if has_markers(fence.lines):
        lines, commented = _without_heading(fence.lines, context.known)
        return _marked(lines, path or commented[1] or last or context.default_path, fence.closed)
    if language in ("diff", "patch", "udiff") or looks_like_diff(fence.lines):
        return read_diff(fence.lines, path or context.default_path)
    if language in ("json", "") and (blocks := read_structured("\n".join(fence.lines), path)):
        return blocks
    lines, (heading, commented_path) = _without_heading(fence.lines, context.known)
    if path is None or commented_path in (path, None):
        path = path or commented_path
        return _whole(fence, lines, heading, path, context, alone)
    return _whole(fence, fence.lines, "", path, context, alone)


def _whole(
    fence: Fence, lines: tuple[str, ...], heading: str, path: str | None, context: _Context, alone: bool
) -> list[Block]:
    if path is None and alone and _may_be_file(fence):
        path = context.default_path
    if path is None or not any(line.strip() for line in lines):
        return []
    if not fence.closed:
        return [Unusable(path, "the block with the new file is not closed: the answer seems to be cut off")]
    return [WholeFile(path, "".join(f"{line}\n" for line in lines), heading)]


def _without_heading(lines: tuple[str, ...], known: Collection[str]) -> tuple[tuple[str, ...], tuple[str, str | None]]:
    """The lines less a first line that names the path, and that line and path."""
    first = next((at for at, line in enumerate(lines) if line.strip()), None)
    path = path_of_comment(lines[first], known) if first is not None else None
    if path is None or first is None:
        return lines, ("", None)
    return lines[first + 1 :], (lines[first], path)


def _marked(lines: tuple[str, ...] | list[str], path: str | None, fenced: bool) -> list[Block]:
    blocks: list[Block] = []
    at = 0
    while at < len(lines):
        if START.match(lines[at]):
            marked, at = read_marked(lines, at, fenced)
            named = marked.path or path
            blocks.append(marked.block(named) if named else Unusable("", "a SEARCH block names no file"))
        else:
            path = path_of_line(lines[at]) or path
            at += 1
    return blocks


def _loose(prose: list[str], last: str | None, context: _Context) -> Iterator[Block]:
    """Markers and diffs that stand in no fence."""
    if has_markers(prose):
        start = next(at for at, line in enumerate(prose) if START.match(line))
        path = _announced(prose[:start], context.known) or last or context.default_path
        yield from (_trimmed(block) for block in _marked(prose[start:], path, fenced=False))
    elif looks_like_diff(prose):
        start = next(at for at, line in enumerate(prose) if re.match(r"^(--- |diff --git |\*\*\* |@@ )", line))
        named = _announced(prose[:start], context.known)
        yield from read_diff(_diff_part(prose[start:]), named or context.default_path)


def _diff_part(lines: list[str]) -> list[str]:
    """Without a fence the diff ends at a blank line that prose follows."""
    for at, line in enumerate(lines):
        following = next((later for later in lines[at + 1 :] if later.strip()), "")
        if (
            not line.strip()
            and following[:1] not in ("+", "-", " ", "@", "*", "\\")
            and not following.startswith("diff ")
        ):
            return lines[:at]
    return lines


def _trimmed(block: Block) -> Block:
    return replace(block, path=block.path.strip())
