"""Fences made unmistakable: paths that stand in one of their own, or below one that opens the whole answer, as small
models begin; and files whose bare fence could as well be one inside the text file above them.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...tools.edits.naming import looks_like_path, path_of_line


def with_paths_outside(text: str) -> str:
    """``text`` with each fence taken away that holds nothing but a path.

    Where such a fence is followed by the file without another one, only its first line goes: the second one opens the
    file, whose end is closed by a third.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    kept: list[str] = []
    inside = False
    at = 0
    while at < len(lines):
        below = None if inside or not _is_fence(lines[at]) else _fenced_path(lines, at)
        if below is None:
            opens = _is_fence(lines[at]) and not inside
            kept.append(f"{lines[at].rstrip()}text" if opens and _is_bare(lines[at]) and _named(kept) else lines[at])
            inside ^= _is_fence(lines[at])
            at += 1
        else:
            path_at, end = below
            kept.append(lines[path_at])
            at = end + 1 if _opens_next(lines, end) else end
    return "\n".join(kept)


def _fenced_path(lines: Sequence[str], at: int) -> tuple[int, int] | None:
    """Where the path and the fence below it stand, if the fence at ``at`` holds but a path."""
    first = _next(lines, at + 1)
    second = _next(lines, first + 1)
    if second >= len(lines) or not _is_fence(lines[second]):
        return None
    return (first, second) if _is_path(lines[first]) else None


def _named(kept: Sequence[str]) -> bool:
    """Whether the last line of prose is a path."""
    return _is_path(next((line for line in reversed(kept) if line.strip()), ""))


def _is_path(line: str) -> bool:
    path = path_of_line(line)
    return bool(path and "." in path and looks_like_path(path))


def _opens_next(lines: Sequence[str], end: int) -> bool:
    """Whether the fence at ``end`` is closed, and another one opens the file."""
    following = _next(lines, end + 1)
    return _is_bare(lines[end]) and following < len(lines) and _is_fence(lines[following])


def _next(lines: Sequence[str], at: int) -> int:
    """The next line that is not blank."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _is_bare(fence: str) -> bool:
    return fence.strip().strip("`~") == ""


def _is_fence(line: str) -> bool:
    return line.strip().startswith(("```", "~~~"))
