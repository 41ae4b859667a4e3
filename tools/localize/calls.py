"""Evidence from the call graph: what the failing test's own code uses, and what that uses in turn.

The statement that failed and the statements that made its values weigh most; what runs after it weighs next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import count

from .failing import FailingTest
from .outline import CALL, UNKNOWN, Definition, Kind, Outline, Reference
from .resolve import Resolver, Target

Place = tuple[str, Definition]
Evidence = dict[Place, float]

MAX_PLACES = 100
"""Definitions visited for one failing test."""
FAINT, FAINT_BUT_SHARED = 0.2, 0.04
"""Weaker evidence is not followed: it costs as much as strong evidence and seldom leads a ranking. Where several tests
fail it may: what all of them reach, however deep, comes before what one of them calls."""
MAX_EXPANDED = 150
"""Definitions whose calls are resolved, over all failing tests."""

_FAILED, _FLOW, _SAME_OBJECT, _BEFORE, _AFTER, _AROUND = 1.0, 0.95, 0.7, 0.3, 0.05, 0.45
_DEEPER, _THROUGH_WRAPPER, _THROUGH_TESTS = 0.5, 0.75, 0.9
_RECEIVER, _UNCALLED, _GUESSED, _WHOLE_CLASS = 0.5, 0.85, 0.5, 0.35


@dataclass(frozen=True, slots=True)
class _Step:
    target: Target
    weight: float


class CallEvidence:
    """Weights in (0, 1] for the definitions that failing code reaches. ``may_edit`` tells code from test code;
    ``shared`` says that several tests fail."""

    def __init__(self, resolver: Resolver, may_edit: Callable[[str], bool], shared: bool = False) -> None:
        self._resolver = resolver
        self._may_edit = may_edit
        self._faint = FAINT_BUT_SHARED if shared else FAINT
        self._callees: dict[Target, tuple[tuple[Target, float], ...]] = {}

    def of_test(self, test: FailingTest) -> Evidence:
        """What the test reaches, its fixtures and set-up code included."""
        outline = self._resolver.project.outline(test.path)
        if test.definition is None:
            return self._reached(self._imported(test.path, outline))
        weighed = weigh(outline, test.definition, test.line)
        weighed.extend((reference, _AROUND) for reference in _hooked(outline, test.definition))
        return self._reached(self._first(test.path, weighed))

    def of_frame(self, path: str, definition: Definition, line: int | None) -> Evidence:
        """What a stack frame had called when it failed."""
        outline = self._resolver.project.outline(path)
        reached = self._reached(self._first(path, weigh(outline, definition, line)))
        reached.pop((path, definition), None)
        return reached

    def _imported(self, path: str, outline: Outline) -> Iterator[_Step]:
        for item in outline.imports:
            name = item.local if item.name != "*" else ""
            for target in self._resolver.targets(path, tuple(name.split(".")), 0) if name else ():
                yield _Step(target, 0.5)

    def _first(self, path: str, weighed: Iterable[tuple[Reference, float]]) -> Iterator[_Step]:
        for reference, weight in weighed:
            for target, factor in self._meanings(path, reference):
                yield _Step(target, weight * factor)

    def _reached(self, steps: Iterable[_Step]) -> Evidence:
        found: Evidence = {}
        seen: set[Target] = set()
        order = count()
        waiting = [(-step.weight, next(order), step) for step in steps]
        heapify(waiting)
        while waiting and len(seen) < MAX_PLACES:
            _, _, step = heappop(waiting)
            definition = step.target.definition
            if definition is None or step.target in seen:
                continue
            seen.add(step.target)
            code = self._record(step, definition, found)
            for following in self._next(step, definition, code):
                heappush(waiting, (-following.weight, next(order), following))
        return found

    def _record(self, step: _Step, definition: Definition, found: Evidence) -> bool:
        """Notes code that may be edited; ``False`` for test code, which is only passed through."""
        target = step.target
        if definition.kind in (Kind.TEST, Kind.HOOK, Kind.FIXTURE):
            return False
        if not self._may_edit(target.path):
            return False
        weight = step.weight * (_WHOLE_CLASS if definition.kind is Kind.CLASS else 1.0)
        place = (target.path, definition)
        found[place] = max(found.get(place, 0.0), weight)
        return True

    def _next(self, step: _Step, definition: Definition, code: bool) -> Iterator[_Step]:
        short = definition.end_line - definition.body_line <= 1
        decay = (_THROUGH_WRAPPER if short else _DEEPER) if code else _THROUGH_TESTS
        weight = step.weight * decay
        if definition.kind is not Kind.CLASS and weight >= self._faint:
            for target, factor in self._called_by(step.target, definition):
                if weight * factor >= self._faint:
                    yield _Step(target, weight * factor)

    def _called_by(self, target: Target, definition: Definition) -> tuple[tuple[Target, float], ...]:
        if target not in self._callees and len(self._callees) < MAX_EXPANDED:
            outline = self._resolver.project.outline(target.path)
            strongest: dict[Target, float] = {}
            for reference in outline.within(definition.line, definition.end_line):
                for callee, factor in self._meanings(target.path, reference):
                    strongest[callee] = max(strongest.get(callee, 0.0), factor)
            strongest.pop(target, None)
            self._callees[target] = tuple(strongest.items())
        return self._callees.get(target, ())

    def _meanings(self, path: str, reference: Reference) -> Iterator[tuple[Target, float]]:
        chain, named = reference.chain, False
        ends = [i + 1 for i, name in enumerate(chain) if name not in (CALL, UNKNOWN)]
        for end in reversed(ends):
            called = chain[end : end + 1] == (CALL,)
            if end == 1 and not called and self._is_variable(path, chain[0]):
                continue  # what made its value is a reference of its own
            for target in self._resolver.targets(path, chain[:end], reference.line):
                yield self._called(target, called, _RECEIVER if named else 1.0)
                named = True
            if not named and end == ends[-1] and called and end > 1:
                for target in self._resolver.loose(path, chain[end - 1]):
                    yield target, _GUESSED

    def _is_variable(self, path: str, name: str) -> bool:
        language = self._resolver.project.front_end(path)
        return name in self._resolver.project.outline(path).bound or bool(language and name in language.receivers)

    def _called(self, target: Target, called: bool, factor: float) -> tuple[Target, float]:
        if target.is_class and called and not target.instance:
            return self._resolver.constructor(target), factor
        return target, factor if called or target.instance else factor * _UNCALLED


def weigh(outline: Outline, definition: Definition, line: int | None) -> list[tuple[Reference, float]]:
    """The references of ``definition`` with the weight that their statements have for a failure on ``line``."""
    references = outline.within(definition.line, definition.end_line)
    if line is None or not definition.holds(line):
        return [(reference, _SAME_OBJECT) for reference in references]
    failed = max((r.statement for r in references if r.statement <= line), default=line)
    flow, names = _flow(outline, definition, references, failed)
    weighed: list[tuple[Reference, float]] = []
    for reference in references:
        if reference.statement in flow:
            weight = _FAILED if reference.statement == failed else _FLOW
        elif reference.statement > failed:
            weight = _AFTER
        else:
            weight = _SAME_OBJECT if _names(reference) & names else _BEFORE
        weighed.append((reference, weight))
    return weighed


def _flow(
    outline: Outline, definition: Definition, references: Iterable[Reference], failed: int
) -> tuple[set[int], set[str]]:
    """The statements that made the values of the statement ``failed``, and the variables that carry them."""
    by_statement: dict[int, set[str]] = {}
    for reference in references:
        by_statement.setdefault(reference.statement, set()).update(_names(reference))
    statements, names = {failed}, set(by_statement.get(failed, ()))
    local = [b for b in outline.bindings if definition.line <= b.line <= failed]
    for _ in range(4):
        new = {b.line for b in local if b.target in names} - statements
        if not new:
            break
        statements |= new
        names |= {name for line in new for name in by_statement.get(line, ())}
    return statements, names


def _names(reference: Reference) -> set[str]:
    head = reference.chain[0].lstrip("@")
    return {head} if len(reference.chain) == 1 else {head, f"{head}.{reference.chain[1]}"}


def _hooked(outline: Outline, test: Definition) -> Iterator[Reference]:
    scope = test.qualname.rpartition(".")[0]
    for hook in outline.definitions:
        owner = hook.qualname.rpartition(".")[0]
        if hook.kind is Kind.HOOK and (not owner or scope == owner or scope.startswith(f"{owner}.")):
            yield from outline.within(hook.line, hook.end_line)
