"""What differs between two texts: the spans of either that the other has not."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

Span = tuple[int, int]
"""Start and end, in characters."""

COMPARED = 4000
"""Characters: of longer texts only the common start and end are looked for."""
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_LEAST_ALIKE = 0.3


def changed_spans(before: str, after: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The spans in ``before`` that went and those in ``after`` that came. None where the two have little in common."""
    if before == after:
        return (), ()
    if len(before) + len(after) > COMPARED:
        return _between(before, after)
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    same = sum(len("".join(old[block.a : block.a + block.size]).strip()) for block in matcher.get_matching_blocks())
    if same < _LEAST_ALIKE * max(len(before.strip()), len(after.strip())):
        return (), ()
    changes = [codes for codes in matcher.get_opcodes() if codes[0] != "equal"]
    return _spans(old, [(a, b) for _, a, b, _, _ in changes]), _spans(new, [(a, b) for _, _, _, a, b in changes])


def _spans(words: list[str], ranges: list[tuple[int, int]]) -> tuple[Span, ...]:
    ends = [0]
    for word in words:
        ends.append(ends[-1] + len(word))
    return tuple((ends[first], ends[last]) for first, last in ranges if first < last)


def _between(before: str, after: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    shorter = min(len(before), len(after))
    start = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    left = shorter - start
    end = next((i for i in range(left) if before[-1 - i] != after[-1 - i]), left)
    return ((start, len(before) - end),), ((start, len(after) - end),)
