"""Fault localization: which places the failures point at, best first, without running anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from ...core.domain import Suspect, TestFailure
from . import messages
from .calls import CallEvidence, Evidence, Place
from .failing import FailingTest, Group, distinct
from .outline import Definition, Kind
from .project import Project, Read
from .resolve import Resolver
from .spectrum import Spectrum

MAX_SUSPECTS = 50
MAX_FRAMES = 40

_OUTWARDS = 0.6
"""How much less each frame outwards weighs than the one that it called."""
_STATIC_ALONE, _STATIC_BESIDE_STACK, _UNDER_FRAME = 0.8, 0.35, 0.4
_NAMED, _NAMED_ALREADY, _LACKING = 0.5, 0.15, 0.7
_AGREEMENT = 0.1
_RAN = 0.3
"""What is said of a function by nothing but the tests that ran it."""
_MOST_RAN = 30
"""Files that are read for that."""
_REACH = 0.5
"""Below 1: a place that explains all failures weakly comes before one that explains half of them well."""


def suspects(
    root: Path,
    language: str,
    failures: Sequence[TestFailure],
    may_edit: Callable[[str], bool],
    read: Read,
    spectrum: Spectrum | None = None,
) -> tuple[Suspect, ...]:
    """The places that the failures point at, the most suspicious first; scores in (0, 1].

    Stack frames, the call graph below the failing tests, and names in messages are the evidence. It reads only files
    that the evidence leads to, so its time does not depend on the project's size. Hostile input yields fewer suspects,
    never an exception. ``language`` is for files whose name does not tell it. ``spectrum`` is what the tests ran,
    where that is known.
    """
    project = Project(root, read, language)
    groups = distinct(project, failures)
    return _Localizer(project, may_edit, len(groups) > 1, spectrum).ranked(groups)


class _Localizer:
    def __init__(
        self, project: Project, may_edit: Callable[[str], bool], shared: bool, spectrum: Spectrum | None
    ) -> None:
        self._spectrum = spectrum
        self._project = project
        self._may_edit = may_edit
        self._resolver = Resolver(project)
        self._calls = CallEvidence(self._resolver, may_edit, shared)

    def ranked(self, groups: Sequence[Group]) -> tuple[Suspect, ...]:
        total: Evidence = {}
        strongest: Evidence = {}
        for failure, test, count in groups:
            share = 1.0 + min(1.0, 0.1 * (count - 1))
            for place, weight in self._of(failure, test).items():
                total[place] = total.get(place, 0.0) + share * weight**_REACH
                strongest[place] = max(strongest.get(place, 0.0), weight)
        if not total:
            return ()
        best = max(total, key=lambda place: total[place])
        unit = strongest[best] / total[best]
        total = self._weighed(total, total[best], self._spectrum) if self._spectrum else total
        ordered = sorted(total, key=lambda place: (-total[place], place[0], place[1].line))
        return tuple(_suspect(place, total[place] * unit) for place in ordered[:MAX_SUSPECTS])

    def _weighed(self, total: Evidence, most: float, spectrum: Spectrum) -> Evidence:
        """The evidence in the light of what ran, with the functions that failing tests ran beside it."""
        weighed = {place: weight * spectrum.factor(*place) for place, weight in total.items()}
        ran = [path for path in spectrum.suspicious() if self._may_edit(path)]
        for path in ran[:_MOST_RAN]:
            for definition in self._project.outline(path).definitions:
                place = (path, definition)
                if place not in weighed and definition.kind is Kind.FUNCTION:
                    score = spectrum.score(*place)
                    weighed.update({place: most * _RAN * score} if score else {})
        return weighed

    def _of(self, failure: TestFailure, test: FailingTest | None) -> Evidence:
        """What one failure says, each place's weight in (0, 1]."""
        stack, below = self._stack(failure, test)
        sources = [stack, below, self._named_places(failure, test)]
        raised = bool(stack)
        if test is not None:
            scale = _STATIC_BESIDE_STACK if raised else _STATIC_ALONE
            title = _words(failure.test_id)
            static = self._calls.of_test(test)
            sources.append({p: w * scale * _likeness(p, title) for p, w in static.items()})
            sources.append(self._modules(failure, test.path))
        combined = _combined(sources)
        self._add_names(failure, combined)
        return combined

    def _stack(self, failure: TestFailure, test: FailingTest | None) -> tuple[Evidence, Evidence]:
        found: Evidence = {}
        below: Evidence = {}
        weight = 1.0
        for frame in reversed(failure.stack[-MAX_FRAMES:]):
            path = self._project.relative(frame.file)
            if path is None or frame.line is None or not self._may_edit(path):
                continue
            place = self._place(path, frame.line)
            if place is None or place[1].kind in (Kind.TEST, Kind.HOOK, Kind.FIXTURE):
                continue
            if not found:
                reached = self._calls.of_frame(path, place[1], frame.line)
                below = {p: w * _UNDER_FRAME for p, w in reached.items()}
            if place not in found:
                found[place] = weight
                weight *= _OUTWARDS
        return found, below

    def _place(self, path: str, line: int) -> Place | None:
        """The innermost definition around the line, or the line by itself at a module's top level."""
        if not self._project.has(path):
            return None
        around = self._project.outline(path).around(line)
        if around:
            return path, around[0]
        return path, Definition("", "", Kind.FUNCTION, line, line, line)

    def _named_places(self, failure: TestFailure, test: FailingTest | None) -> Evidence:
        found: Evidence = {}
        for path, line, weight in messages.places(self._project, failure, test.path if test else None):
            if not self._may_edit(path):
                continue
            place = self._place(path, line)
            if place and place[1].kind not in (Kind.TEST, Kind.HOOK, Kind.FIXTURE):
                found[place] = max(found.get(place, 0.0), weight)
        return found

    def _modules(self, failure: TestFailure, path: str) -> Evidence:
        found: Evidence = {}
        for target, weight in messages.modules(self._resolver, failure, path):
            definition = target.definition or self._whole(target.path)
            if self._may_edit(target.path):
                found[target.path, definition] = max(found.get((target.path, definition), 0.0), weight)
        return found

    def _whole(self, path: str) -> Definition:
        lines = (self._project.text(path) or "").count("\n") + 1
        return Definition("", "", Kind.FUNCTION, 1, lines, 1)

    def _add_names(self, failure: TestFailure, found: Evidence) -> None:
        """A definition that the message names gains; one in a file already under suspicion becomes a suspect."""
        wanted = messages.names(failure)
        lacking = messages.lacks_member(failure)
        for path in list(dict.fromkeys(place[0] for place in found))[:20]:
            by_name = self._project.outline(path).by_name
            for definition in (d for name in wanted for d in by_name.get(name, ())[:3]):
                place = (path, definition)
                gain = _NAMED_ALREADY if place in found else _NAMED
                gain = _LACKING if lacking and definition.kind is Kind.CLASS else gain
                if definition.kind in (Kind.FUNCTION, Kind.CLASS):
                    found[place] = min(1.0, found.get(place, 0.0) + gain)


def _combined(sources: Sequence[Evidence]) -> Evidence:
    """The strongest evidence counts, agreeing evidence adds a little."""
    weights: dict[Place, list[float]] = {}
    for source in sources:
        for place, weight in source.items():
            weights.setdefault(place, []).append(weight)
    return {p: min(1.0, max(w) + _AGREEMENT * (sum(w) - max(w))) for p, w in weights.items()}


def _words(text: str) -> str:
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text.rpartition("/")[2])
    return " " + " ".join(re.findall(r"[a-z0-9]+", spaced.lower())) + " "


def _likeness(place: Place, title: str) -> float:
    """1 when the test's name tells the definition's name, down to 0.8."""
    own = _words(place[1].name).strip()
    if own and f" {own} " in title:
        return 1.0
    owner = _words(place[1].qualname.rpartition(".")[0]).strip()
    return 0.85 if owner and f" {owner} " in title else 0.8


def _suspect(place: Place, score: float) -> Suspect:
    path, definition = place
    return Suspect(path, definition.line, definition.end_line, definition.qualname or None, round(min(1.0, score), 4))
