"""Where in a file a search text stands: a cascade from exact to fuzzy that never guesses between two places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

FUZZY_RATIO = 0.9
"""The least likeness, by lines, of a fuzzy match."""
FUZZY_MARGIN = 0.05
"""How much likelier than the second best place it must be."""


@dataclass(frozen=True, slots=True)
class Match:
    """Lines ``start`` to ``end`` (0-based, end exclusive); ``mapping`` gives each search line its line in the file."""

    start: int
    end: int
    mapping: tuple[int | None, ...]
    level: str


def find_matches(lines: Sequence[str], search: Sequence[str]) -> list[Match]:
    """All places of the first level of the cascade that has any; several mean that the text is ambiguous."""
    if not any(line.strip() for line in search):
        return _windows(lines, search, "exact", str) if search else []
    return (
        _windows(lines, search, "exact", str)
        or _windows(lines, search, "trailing blanks", str.rstrip)
        or _shifted(lines, search)
        or _without_blank_lines(lines, search, "blank lines", str.rstrip)
        or _without_blank_lines(lines, search, "indentation and blank lines", str.strip)
        or _fuzzy(lines, search)
    )


def _windows(lines: Sequence[str], search: Sequence[str], level: str, key: Callable[[str], str]) -> list[Match]:
    wanted = [key(line) for line in search]
    keys = [key(line) for line in lines]
    first, size = wanted[0], len(wanted)
    places = [at for at in range(len(keys) - size + 1) if keys[at] == first and keys[at : at + size] == wanted]
    return [Match(at, at + size, tuple(range(at, at + size)), level) for at in places]


def _shifted(lines: Sequence[str], search: Sequence[str]) -> list[Match]:
    """Places that differ only by one shift of the whole text (first choice) or by indentation of any kind."""
    loose = _windows(lines, search, "indentation", str.strip)
    uniform = [m for m in loose if len(_shifts(lines, search, m)) == 1]
    return uniform or loose


def _shifts(lines: Sequence[str], search: Sequence[str], match: Match) -> set[tuple[str, str]]:
    """The (removed, added) pairs of leading blanks that turn the search lines into the file's."""
    found = set()
    for line, at in zip(search, match.mapping, strict=True):
        if line.strip() and at is not None:
            found.add(shift_between(line, lines[at]))
    return found


def shift_between(line: str, target: str) -> tuple[str, str]:
    """What to take from the front of ``line``, and what to put there instead, to indent it like ``target``."""
    ours, theirs = indent_of(line), indent_of(target)
    common = 0
    while common < min(len(ours), len(theirs)) and ours[-1 - common] == theirs[-1 - common]:
        common += 1
    return ours[: len(ours) - common], theirs[: len(theirs) - common]


def indent_of(line: str) -> str:
    """The blanks that ``line`` starts with."""
    return line[: len(line) - len(line.lstrip())]


def _without_blank_lines(
    lines: Sequence[str], search: Sequence[str], level: str, key: Callable[[str], str]
) -> list[Match]:
    solid = [at for at, line in enumerate(lines) if line.strip()]
    wanted_at = [at for at, line in enumerate(search) if line.strip()]
    found = _windows([lines[at] for at in solid], [search[at] for at in wanted_at], level, key)
    matches = []
    for match in found:
        places = {wanted: solid[match.start + number] for number, wanted in enumerate(wanted_at)}
        mapping = _map_blanks(lines, search, places)
        matches.append(Match(solid[match.start], solid[match.end - 1] + 1, mapping, level))
    return matches


def _map_blanks(lines: Sequence[str], search: Sequence[str], places: dict[int, int]) -> tuple[int | None, ...]:
    """Give blank search lines the blank file lines of the same gap, as far as there are any."""
    mapping: list[int | None] = []
    free: int | None = None
    for at in range(len(search)):
        if at in places:
            mapping.append(places[at])
            free = places[at] + 1
        elif free is not None and free < len(lines) and not lines[free].strip() and at < max(places):
            mapping.append(free)
            free += 1
        else:
            mapping.append(None)
    return tuple(mapping)


def _fuzzy(lines: Sequence[str], search: Sequence[str]) -> list[Match]:
    ranked = sorted(nearest_windows(lines, search), key=lambda found: -found[0])
    if not ranked or ranked[0][0] < FUZZY_RATIO:
        return []
    best = ranked[0]
    rivals = [
        other for other in ranked if other[0] > best[0] - FUZZY_MARGIN and (other[1] >= best[2] or other[2] <= best[1])
    ]
    matches = []
    for _, start, end in [best, *rivals]:
        mapping = _align(lines, search, start, end)
        matches.append(Match(start, end, mapping, "fuzzy"))
    return matches


def nearest_windows(lines: Sequence[str], search: Sequence[str]) -> Iterator[tuple[float, int, int]]:
    """Windows of the file that may resemble ``search``, as (ratio in [0, 1], start, end)."""
    wanted = [line.strip() for line in search if line.strip()]
    solid = [(at, line.strip()) for at, line in enumerate(lines) if line.strip()]
    if not wanted or not solid:
        return
    size = len(wanted)
    keys = [text for _, text in solid]
    for start in _likely_starts(keys, wanted):
        for length in {size, size - 1, size + 1, size + 2}:
            window = keys[start : start + length]
            if length >= 1 and len(window) == length:
                ratio = _likeness(window, wanted)
                yield ratio, solid[start][0], solid[start + length - 1][0] + 1


def _likely_starts(keys: list[str], wanted: list[str], most: int = 12) -> list[int]:
    """The starts whose windows share most with ``wanted``: equal lines first, then likeness of words."""
    words = [set(re.findall(r"\w+", key)) for key in keys]
    target = {word for line in wanted for word in re.findall(r"\w+", line)}
    lines_wanted = set(wanted)
    gain = [(3.0 * (key in lines_wanted)) + len(w & target) / (len(w) or 1) for key, w in zip(keys, words, strict=True)]
    size = len(wanted)
    total = sum(gain[:size])
    scores = []
    for start in range(len(keys)):
        scores.append((total, -start))
        total += (gain[start + size] if start + size < len(keys) else 0.0) - gain[start]
    best = sorted(scores, reverse=True)[:most]
    return sorted({max(0, -start + delta) for _, start in best for delta in (-1, 0, 1)})


def _likeness(window: list[str], wanted: list[str]) -> float:
    matcher = SequenceMatcher(None, window, wanted, autojunk=False)
    total = 0.0
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            total += a2 - a1
        elif tag == "replace":
            pairs = zip(window[a1:a2], wanted[b1:b2], strict=False)
            total += sum(SequenceMatcher(None, a, b, autojunk=False).ratio() for a, b in pairs)
    return 2 * total / (len(window) + len(wanted))


def _align(lines: Sequence[str], search: Sequence[str], start: int, end: int) -> tuple[int | None, ...]:
    """For each search line the file line that it stands for, by equal lines and by position between them."""
    solid = [at for at in range(start, end) if lines[at].strip()]
    wanted = [at for at, line in enumerate(search) if line.strip()]
    matcher = SequenceMatcher(
        None, [lines[a].strip() for a in solid], [search[a].strip() for a in wanted], autojunk=False
    )
    places: dict[int, int] = {}
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag in ("equal", "replace"):
            places.update(zip(wanted[b1:b2], solid[a1:a2], strict=False))
    return _map_blanks(lines, search, places)
