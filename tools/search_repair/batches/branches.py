"""States of the files to search on: the start, and what repaired a part of the failures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from ..model import Candidate
from ..strategy import Found

SIZES = (40, 120, 200)
"""Candidates in the first, second, … batch of a branch: the likeliest are to be seen soon, a build costs the same."""
_MOST_BRANCHES = 4


@dataclass
class Branch:
    """``texts`` are searched on, ``candidates`` are left to try there. ``alone`` cannot be switched."""

    texts: dict[str, str]
    trail: tuple[Candidate, ...]
    candidates: Iterator[Candidate]
    fixed: frozenset[str] = frozenset()
    alone: list[Candidate] = field(default_factory=list)
    batches: int = 0
    exhausted: bool = False

    def batch(self) -> list[Candidate]:
        """The next ones; none when there are no more."""
        wanted = SIZES[min(self.batches, len(SIZES) - 1)]
        self.batches += 1
        found = list(islice(self.candidates, wanted))
        self.exhausted = len(found) < wanted
        return found


class Branches:
    """The start takes turns with the best partial repairs. ``grow`` makes the candidates on one of these."""

    def __init__(self, start: Branch, grow: Callable[[Found], Iterator[Candidate]]) -> None:
        self._start = start
        self._grow = grow
        self._partial: dict[int, Branch] = {}

    def following(self, partial: list[Found]) -> Branch | None:
        """The branch whose turn it is; ``None`` when nothing is left on any."""
        best = sorted(partial, key=lambda found: (-len(found.fixed), len(found.trail), -found.merit))[:_MOST_BRANCHES]
        open_ones = [branch for branch in (self._start, *map(self._branch, best)) if not branch.exhausted]
        return min(open_ones, key=lambda branch: branch.batches, default=None)

    def every(self) -> list[Branch]:
        """All that were searched on, the start first."""
        return [self._start, *self._partial.values()]

    def _branch(self, found: Found) -> Branch:
        if id(found) not in self._partial:
            self._partial[id(found)] = Branch(dict(found.texts), found.trail, self._grow(found), found.fixed)
        return self._partial[id(found)]
