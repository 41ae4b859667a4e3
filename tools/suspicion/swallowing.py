"""Errors that a change keeps from being seen: handlers that catch everything, checks that are gone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from .literals import LITERAL
from .source import Change

_PLAIN = rf"(?:return(?:[ \t]+(?:{LITERAL}|\w+))?|pass|\.\.\.|continue|break)"
_HANDLERS: Mapping[str, str] = {
    "python": r"\bexcept(?:[ \t]*\(?[ \t]*(?:BaseException|Exception|AssertionError)\b[^:\n]*)?[ \t]*:\s*"
    rf"{_PLAIN}[ \t]*$|\bsuppress\(\s*(?:Base)?Exception\b",
    "javascript": rf"\bcatch\s*(?:\([^)]*\))?\s*\{{\s*(?:return\s*(?:{LITERAL}|\w+)?\s*;?\s*)?\}}|"
    rf"\.catch\(\s*(?:\(\s*\w*\s*\)|\w+)\s*=>\s*(?:\{{\s*\}}|{LITERAL})\s*\)",
    "go": r"\brecover\(\)",
    "rust": r"\bcatch_unwind\b",
    "java": r"\bcatch\s*\(\s*(?:final\s+)?(?:Exception|Throwable|RuntimeException|Error)\s+\w+\s*\)\s*\{\s*"
    r"(?:return[^;}]*;\s*)?\}",
}
_CHECKS: Mapping[str, str] = {
    "python": r"^[ \t]*(?:assert|raise)\b",
    "javascript": r"\bthrow\b|\bassert(?:\.\w+)?\(",
    "go": r"\bpanic\(",
    "rust": r"\b(?:panic|assert|assert_eq|assert_ne|debug_assert\w*|unreachable|bail|ensure)!",
    "java": r"\bthrow\b|^[ \t]*assert\b",
}


def swallowing(change: Change) -> Iterator[str]:
    """Why the change seems to hide an error instead of mending it."""
    pattern = re.compile(_HANDLERS[change.language], re.MULTILINE)
    if not pattern.search(change.fresh):
        return
    found = list(pattern.finditer(change.after))
    if len(found) > len(pattern.findall(change.before)):
        added = set(change.added)
        first = next((one for one in found if change.line_of(one.start()) - 1 in added), found[-1])
        yield f"{change.path}:{change.line_of(first.start())} catches every error and goes on as if there were none"


def lost_checks(changes: Sequence[Change]) -> Iterator[str]:
    """Why the changes together seem to take checks away; one that moved to another file is not lost."""
    counts = [(_count(change, change.before), _count(change, change.after)) for change in changes]
    if sum(after for _, after in counts) >= sum(before for before, _ in counts):
        return
    for change, (before, after) in zip(changes, counts, strict=True):
        if after < before:
            yield f"{change.path} loses {before - after} of the {before} errors that it raises itself"


def _count(change: Change, code: str) -> int:
    return len(re.findall(_CHECKS[change.language], code, re.MULTILINE))
