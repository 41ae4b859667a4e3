"""The order of a search in batches: build many, run each against the failing tests, survivors against the others."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain

from ..job import SearchProgress
from ..model import Answer, Candidate, apply
from ..strategy import Found
from ..variants import Bench, Switcher, Variant
from .baseline import NOT_MEASURED, Baseline, Suite, measure_suite
from .branches import Branch, Branches

_MOST_PROBES = 4
_DOUBTFUL_PATIENCE = 4
"""How much longer rivals are looked at while everything found is doubtful."""
_LONGER, _TIMES_LONGER = 8.0, 6.0
_MOST_SLOW = 20
Report = Callable[[SearchProgress], None]


@dataclass(frozen=True)
class Batch:
    """``variants`` that are built, of a branch; ``sound`` says whether it can be built at all."""

    branch: Branch
    variants: tuple[Variant, ...]
    sound: bool


@dataclass
class Exploration:
    """One search. What it finds is in ``complete`` and ``partial``."""

    bench: Bench
    switcher: Switcher
    branches: Branches
    passed: Sequence[str]
    deadline: float
    workers: int
    patience: float
    report: Report
    baseline: Baseline = NOT_MEASURED
    together: bool = True
    """Many candidates in one build. Else singly: what does not compile, and what only the adapter can run."""
    tried: int = 0
    known: int = 0
    executions: int = 0
    complete: list[Found] = field(default_factory=list)
    partial: list[Found] = field(default_factory=list)
    _slow: list[tuple[Branch, Candidate]] = field(default_factory=list)
    _suite: Suite | None = None
    _started: float = field(default_factory=time.monotonic)
    _first: float | None = None
    _opened: Batch | None = None

    def open(self) -> bool:
        """Build the first batch, before the ``baseline`` is known: whether the sources can be built at all."""
        branch = self.branches.following([])
        self._opened = self._built(branch, branch.batch()) if branch is not None else None
        return self._opened is not None and self._opened.sound

    def run(self) -> None:
        """Until something complete is found and its rivals were looked at, or nothing is left, or time is up."""
        with ThreadPoolExecutor(self.workers, "variants") as pool:
            if self._opened is not None and self.together:
                self._try(self._opened, pool, self.baseline.limit)
            while self.together and not self._settled() and (branch := self.branches.following(self.partial)):
                self._try(self._built(branch, branch.batch()), pool, self.baseline.limit)
            for branch in self.branches.every():
                self._alone(branch, branch.alone if self.together else chain(branch.alone, branch.candidates))
            if self.together and not self.complete:
                self._again(pool)

    def _settled(self) -> bool:
        """Whether no further batch is due: its candidates are less likely than those that were seen."""
        return self._over() or any(not found.doubtful for found in self.complete)

    def _over(self) -> bool:
        now = time.monotonic()
        if now >= self.deadline:
            return True
        if self._first is None:
            return False
        longer = _DOUBTFUL_PATIENCE if all(found.doubtful for found in self.complete) else 1
        return now - self._first > longer * self.patience

    def _built(self, branch: Branch, candidates: Sequence[Candidate]) -> Batch:
        variants = [Variant(number, candidate) for number, candidate in enumerate(candidates, 1)]
        self.known += len(variants)
        ready = self.bench.build(branch.texts, variants)
        missing = [variant for variant in variants if variant.number not in ready]
        branch.alone += self._left_out(branch, missing) if ready else candidates
        return Batch(branch, tuple(variant for variant in variants if variant.number in ready), 0 in ready)

    def _try(self, batch: Batch, pool: Executor, limit: float) -> None:
        waiting, flying = deque(batch.variants), deque[tuple[Variant, Future[Answer]]]()
        try:
            while (waiting or flying) and not self._over():
                while waiting and len(flying) <= self.workers:
                    variant = waiting.popleft()
                    flying.append((variant, pool.submit(self._first_run, variant.number, batch.branch, limit)))
                variant, future = flying.popleft()
                self._judge(batch.branch, variant, future.result())
        finally:
            for _, future in flying:
                future.cancel()

    def _again(self, pool: Executor) -> None:
        """Candidates that ran out of time, once more with a longer limit, when all others were tried."""
        slow, self._slow = self._slow[:_MOST_SLOW], []
        for branch in self.branches.every():
            candidates = [candidate for where, candidate in slow if where is branch]
            if candidates and not self._over():
                self._try(self._built(branch, candidates), pool, min(_LONGER, _TIMES_LONGER * self.baseline.limit))

    def _left_out(self, branch: Branch, variants: Sequence[Variant]) -> list[Candidate]:
        """Those that could not be switched. The others do not compile."""
        found = []
        for path in dict.fromkeys(variant.candidate.path for variant in variants):
            own = [variant for variant in variants if variant.candidate.path == path]
            numbers = self.switcher.switched(path, branch.texts[path], own).left_out
            found += [variant.candidate for variant in own if variant.number in numbers]
        return found

    def _alone(self, branch: Branch, candidates: Iterable[Candidate]) -> None:
        """Candidates in builds of their own."""
        for candidate in candidates:
            if self._over() or self.complete:
                return
            texts = _applied(branch, candidate)
            if 0 in self.bench.build(texts, ()):
                self._suite = self._suite or Suite((), 0.0, 0)
                self._judge(branch, Variant(0, candidate), self._first_run(0, branch, self.baseline.limit))

    def _first_run(self, number: int, branch: Branch, limit: float) -> Answer:
        """A few of the failing tests first; the others where one of these passes."""
        failing = [name for name in self.baseline.failing if name not in branch.fixed]
        probes = self._probes(failing)
        answer = self.bench.run(number, probes, limit)
        rest = [name for name in self.baseline.failing if name not in probes]
        if not rest or not _passed(answer).intersection(probes):
            return answer
        more = self.bench.run(number, rest, limit)
        end = answer.end if answer.end != "ended" else more.end
        return Answer(end, (*answer.runs, *more.runs))

    def _probes(self, failing: Sequence[str]) -> list[str]:
        """The quickest of each test function: what a partial repair is seen by."""
        groups: dict[str, str] = {}
        for name in failing:
            groups.setdefault(re.sub(r"[/\[].*$", "", name.rpartition(".")[2]), name)
        return list(groups.values())[:_MOST_PROBES]

    def _judge(self, branch: Branch, variant: Variant, answer: Answer) -> None:
        self._count(answer)
        passed = _passed(answer).intersection(self.baseline.failing)
        if answer.end == "timeout" and not passed > branch.fixed:
            self._slow.append((branch, variant.candidate))
        if not passed > branch.fixed:
            return
        found = Found(
            _applied(branch, variant.candidate), (*branch.trail, variant.candidate), frozenset(passed),
            len(passed) == len(self.baseline.failing),
        )  # fmt: skip
        if not found.complete and self._has_like(found):
            return
        if self._keeps_suite(variant.number):
            self._note(found)

    def _note(self, found: Found) -> None:
        if not found.complete:
            self.partial.append(found)
            return
        self._first = self._first or time.monotonic()
        self.complete.append(found)

    def _has_like(self, found: Found) -> bool:
        """Whether as much was repaired in the same line before."""
        last = found.trail[-1]
        return any(
            known.fixed >= found.fixed and known.trail[:-1] == found.trail[:-1]
            and (known.trail[-1].path, known.trail[-1].line) == (last.path, last.line)
            for known in self.partial
        )  # fmt: skip

    def _keeps_suite(self, number: int) -> bool:
        if self._suite is None:
            self._suite = measure_suite(
                self.bench, self.passed, self.baseline.failing, self.deadline - time.monotonic()
            )
            self.executions += self._suite.executions
        if not self._suite.passing:
            return True
        answer = self.bench.run(number, self._suite.passing, self._suite.limit)
        self.executions += len(answer.runs)
        return _passed(answer) >= set(self._suite.passing)

    def _count(self, answer: Answer) -> None:
        self.tried += 1
        self.executions += len(answer.runs)
        if self.tried % 20 == 1:
            self.report(SearchProgress(self.tried, self.known, len(self.complete), time.monotonic() - self._started))


def _applied(branch: Branch, candidate: Candidate) -> dict[str, str]:
    return {**branch.texts, candidate.path: apply(branch.texts[candidate.path], candidate.splices)}


def _passed(answer: Answer) -> set[str]:
    return {run.id for run in answer.runs if run.outcome == "passed"}
