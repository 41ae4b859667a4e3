"""Work that a change cuts off: lines that ran in some test before, are still there, and run in none now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .model import Lines


def lost_lines(
    sources: Mapping[str, str],
    texts: Mapping[str, str],
    paths: Iterable[str],
    before: list[Lines],
    after: list[Lines],
) -> int:
    """How many lines of ``paths`` are lost, told by their text; a line that was itself changed is not.

    ``sources`` and ``texts`` are the files before and after the change, ``before`` and ``after`` what each test ran.
    """
    count = 0
    for path in paths:
        kept = {line.strip() for line in texts[path].splitlines()}
        count += len((_executed(sources[path], path, before) & kept) - _executed(texts[path], path, after))
    return count


def _executed(text: str, path: str, runs: list[Lines]) -> set[str]:
    lines = text.splitlines()
    return {lines[number - 1].strip() for run in runs for number in run.get(path, ()) if number <= len(lines)}
