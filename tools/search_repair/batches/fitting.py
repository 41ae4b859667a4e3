"""Which variants of a batch can be built together: those that compilers complain of are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..variants import Switched, Switcher, Variant

_MOST_BUILDS = 12
"""Builds of one batch; after that a part of what is left is enough."""
_PATIENT, _FEW = 3, 2
"""From that build on, so few complaints at a time are thought to hide others."""

Place = tuple[str, int]
"""A file and a line that a compiler complains of."""


@dataclass(frozen=True)
class Complaints:
    """What a build said: nothing where it went well; ``places`` may be empty where it did not."""

    places: tuple[Place, ...] = ()


Build = Callable[[Mapping[str, str]], Complaints | None]
"""Builds texts (path to text); ``None`` where that went well."""


class Fitting:
    """One batch on its way into a build that succeeds. ``fit`` leaves the result of the last build in place."""

    def __init__(self, sources: Mapping[str, str], switcher: Switcher, build: Build) -> None:
        self._sources, self._switcher, self._build = sources, switcher, build
        self._builds = 0
        self._last: list[int] | None = None
        self._base: bool | None = None
        self._ready: dict[tuple[int, ...], list[Switched]] = {}

    def fit(self, variants: Sequence[Variant]) -> frozenset[int]:
        """The numbers that are in the build, with 0; empty where the sources as they are cannot be built."""
        left_out = self._left_out(variants)
        kept = self._joined([], [variant for variant in variants if variant.number not in left_out])
        numbers = [variant.number for variant in kept]
        if self._last != numbers and self._attempt(kept) is not None:
            return frozenset()
        return frozenset({0, *numbers})

    def _joined(self, good: list[Variant], more: list[Variant]) -> list[Variant]:
        """``good``, which builds, with as many of ``more`` as build beside it."""
        while more:
            blamed = self._attempt([*good, *more])
            if blamed is None:
                return [*good, *more]
            found = [variant for variant in more if variant.number in blamed]
            if not found:
                break
            few = self._builds > _PATIENT and len(found) <= _FEW
            more = [v for v in more if v not in found and not (few and any(self._alike(v, one) for one in found))]
            if self._builds == _MOST_BUILDS:
                more = more[: len(more) // 3]  # the likeliest of them: better these than none
            elif self._builds > _MOST_BUILDS + _MOST_BUILDS // 2:
                return good
        if not more or self._builds >= _MOST_BUILDS or not (good or self._sound()) or len(more) == 1:
            return good
        half = len(more) // 2
        return self._joined(self._joined(good, more[:half]), more[half:])

    def _alike(self, one: Variant, other: Variant) -> bool:
        """Whether both go on from the same expression: a compiler that stops at the first of such errors tells of one
        at a time."""
        a, b = one.candidate, other.candidate
        if a.path != b.path or len(a.splices) != 1 or len(b.splices) != 1:
            return False
        (first,), (second,) = a.splices, b.splices
        old = self._sources[a.path][first.start : first.end]
        same = (first.start, first.end) == (second.start, second.end)
        return bool(old) and same and first.text.startswith(old) and second.text.startswith(old)

    def _sound(self) -> bool:
        """Whether it is a variant's fault at all."""
        if self._base is None:
            self._base = self._attempt([]) is None
        return self._base

    def _attempt(self, variants: list[Variant]) -> set[int] | None:
        """Build just these: ``None`` when that goes well, else the numbers that are to blame, as far as is known."""
        self._builds += 1
        numbers = tuple(variant.number for variant in variants)
        switched = self._ready.pop(numbers, None) or self._switched(variants)
        said = self._build({path: self._sources[path] for path in self._sources} | {s.path: s.text for s in switched})
        self._last = list(numbers) if said is None else None
        return None if said is None else set(_blamed(switched, said.places))

    def _switched(self, variants: Iterable[Variant]) -> list[Switched]:
        by_path: dict[str, list[Variant]] = {}
        for variant in variants:
            by_path.setdefault(variant.candidate.path, []).append(variant)
        return [self._switcher.switched(path, self._sources[path], many) for path, many in by_path.items()]

    def _left_out(self, variants: Sequence[Variant]) -> frozenset[int]:
        switched = self._switched(variants)
        self._ready[tuple(variant.number for variant in variants)] = switched
        return frozenset(number for one in switched for number in one.left_out)


def _blamed(switched: Sequence[Switched], places: Sequence[Place]) -> Iterable[int]:
    complained: dict[str, set[int]] = {}
    for path, line in places:
        complained.setdefault(path, set()).add(line)
    for one in switched:
        wrong = complained.get(one.path, set())
        yield from (number for number, lines in one.lines.items() if any(line in lines for line in wrong))
