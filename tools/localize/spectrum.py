"""What the tests ran, and how that weighs on the places that their failures point at.

Where failing and passing tests are told apart by line, Ochiai's coefficient says how suspicious a function is: that of
its most suspicious line. Where only the lines of the failing tests together are known, they say no more than which
functions took part. A function that no failing test ran cannot be to blame for what it does; it stays in the ranking,
behind: it may lack in a call that is missing, or have run while modules were loaded.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .outline import Definition, Kind

Counts = Mapping[int, tuple[int, int]]
"""By line: failing and passing tests that ran it."""

_LOADED, _ELSEWHERE, _UNSEEN = 0.3, 0.5, 0.1
"""How much is left of a place that ran while modules were loaded; whose file nobody measured; that never ran."""
_TRUSTED = 0.7
"""The part of a place's weight that its coefficient decides."""
_MOST_LINES = 200_000


@dataclass(frozen=True)
class Spectrum:
    """``files`` are the lines that tests ran; ``loaded`` those that ran at all, by file."""

    failed: int
    passed: int
    files: Mapping[str, Counts]
    loaded: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def factor(self, path: str, definition: Definition) -> float:
        """By what the weight of a place is multiplied, in (0, 1]."""
        if path not in self.loaded:
            return _ELSEWHERE
        if not definition.qualname or definition.kind is Kind.CLASS:
            return 1.0
        score = self.score(path, definition)
        if score:
            return 1 - _TRUSTED + _TRUSTED * score
        return _LOADED if self.loaded[path].intersection(_body(definition)) else _UNSEEN

    def score(self, path: str, definition: Definition) -> float:
        """Ochiai's coefficient of the most suspicious line of its body, 0 where no failing test ran it."""
        counts = self.files.get(path, {})
        return max((self._ochiai(*counts[line]) for line in _body(definition) if line in counts), default=0.0)

    def suspicious(self) -> list[str]:
        """The files that failing tests ran, those with the most suspicious line first."""
        best = {
            path: max((self._ochiai(*pair) for pair in counts.values()), default=0.0)
            for path, counts in self.files.items()
        }
        return sorted((path for path, score in best.items() if score), key=lambda path: (-best[path], path))

    def _ochiai(self, failed: int, passed: int) -> float:
        return failed / math.sqrt(self.failed * (failed + passed)) if failed and self.failed else 0.0


def read_spectrum(
    whole: Mapping[str, Any] | None, alone: Mapping[str, Any] | None, changed: Collection[str] = ()
) -> Spectrum | None:
    """From the ``coverage`` of all tests, else of the failing ones run ``alone``; ``None`` where neither tells what
    failing tests ran. ``changed`` are files that are no longer as they were when those were run alone.
    """
    of_all = _by_test(whole, ()) if whole else None
    if of_all or not alone:
        return of_all
    if "spectrum" in alone:
        return _by_test(alone, changed)
    loaded = _loaded(alone, changed)
    return Spectrum(1, 0, {path: dict.fromkeys(lines, (1, 0)) for path, lines in loaded.items()}, loaded)


def _by_test(coverage: Mapping[str, Any], changed: Collection[str]) -> Spectrum | None:
    told = coverage.get("spectrum")
    if not told or not told["failed"]:
        return None
    files = {path: _counts(rows) for path, rows in told["files"].items() if path not in changed}
    return Spectrum(told["failed"], told["passed"], files, _loaded(coverage, changed))


def _loaded(coverage: Mapping[str, Any], changed: Collection[str]) -> dict[str, frozenset[int]]:
    files = coverage["files"].items()
    return {path: frozenset(_lines(one["ran"])) for path, one in files if path not in changed}


def _counts(rows: list[list[int]]) -> dict[int, tuple[int, int]]:
    return {line: (failed, passed) for first, last, failed, passed in rows for line in _lines([[first, last]])}


def _lines(ranges: list[list[int]]) -> Iterator[int]:
    for first, last in ranges:
        yield from range(first, min(last, first + _MOST_LINES) + 1)


def _body(definition: Definition) -> range:
    """Without the line of a header: that one ran when the function was made."""
    first = max(definition.body_line, definition.line)
    return range(first, definition.end_line + 1)
