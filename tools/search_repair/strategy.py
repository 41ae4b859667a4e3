"""The order of a search: single edits on the project as it is; beside them, edits on top of what repaired a part."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from .baseline import Baseline, suspicion
from .job import SearchProgress
from .losses import lost_lines
from .model import Answer, Candidate, Change, Evidence, Generator, Runner, Trial, apply

_MOST_PROBES = 4
_MOST_TRACED = 200
_AFTER_FIRST_CANDIDATES = 300
_MOST_BRANCHES = 4
_LONGER = 8.0
_DOUBTFUL = 0.3
"""The risk from which on a candidate counts as one that may pass by doing less."""
_CUTTING = 0.3
_DOUBTFUL_PATIENCE = 4
"""How much longer rivals are looked at while everything found is doubtful."""


@dataclass
class Branch:
    """A state of the files to search on: the start, or a partial repair; ``candidates`` are left to try there."""

    texts: dict[str, str]
    trail: tuple[Candidate, ...]
    candidates: Iterator[Candidate]
    fixed: frozenset[str] = frozenset()
    tried: int = 0
    exhausted: bool = False


@dataclass(frozen=True)
class Found:
    """A state of the files that is better than the start: ``complete`` when every failing test passes."""

    texts: Mapping[str, str]
    trail: tuple[Candidate, ...]
    fixed: frozenset[str]
    complete: bool
    lost: int = 0
    """Lines that ran before and do not run any more, in no test: work that the change cuts off."""

    @property
    def doubtful(self) -> bool:
        """Whether it may well pass by doing less."""
        return self.lost > 0 or any(c.risk >= _DOUBTFUL for c in self.trail)

    @property
    def merit(self) -> float:
        """How much we like it: likely operators on suspicious lines, few of them, nothing lost."""
        value = _CUTTING if self.lost else 1.0
        for candidate in self.trail:
            value *= candidate.score * (1 - candidate.risk)
        return value


@dataclass
class Try:
    """A candidate under way."""

    number: int
    branch: Branch
    candidate: Candidate
    texts: dict[str, str]
    changes: tuple[Change, ...]


@dataclass
class Exploration:
    """One search over one baseline; ``run`` returns what it found, best first."""

    runner: Runner
    generator: Generator
    baseline: Baseline
    sources: Mapping[str, str]
    deadline: float
    workers: int
    patience: float
    report: Callable[[SearchProgress], None]
    tried: int = 0
    executions: int = 0
    complete: list[Found] = field(default_factory=list)
    partial: list[Found] = field(default_factory=list)
    _slow: list[tuple[Branch, Candidate]] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)
    _first: tuple[float, int] | None = None
    _branches: list[Branch] = field(default_factory=list)
    _lengthened: bool = False

    def run(self) -> None:
        """Search until something complete is found and its rivals were looked at, or nothing is left, or time is up."""
        candidates = self.generator.candidates(self.sources, self.baseline.evidence)
        self._branches = [Branch(dict(self.sources), (), candidates)]
        flying: deque[Try] = deque()
        while not self._over():
            while len(flying) < self.workers + 1:
                attempt = self._next()
                if attempt is None:
                    break
                flying.append(attempt)
            if not flying:
                if not self._retry_slow():
                    return
                continue
            self._judge(flying.popleft())

    def _over(self) -> bool:
        now = time.monotonic()
        if now >= self.deadline:
            return True
        if self._first is None:
            return False
        since, tried = self._first
        longer = _DOUBTFUL_PATIENCE if all(f.doubtful for f in self.complete) else 1
        return now - since > longer * self.patience or self.tried - tried > longer * _AFTER_FIRST_CANDIDATES

    def _next(self) -> Try | None:
        """The next candidate: half of them on the start, the other half on partial repairs in turn."""
        for branch in sorted((b for b in self._branches if not b.exhausted), key=self._turn):
            candidate = next(branch.candidates, None)
            if candidate is None:
                branch.exhausted = True
                continue
            branch.tried += 1
            return self._launch(branch, candidate, self.baseline.limit)
        return None

    def _turn(self, branch: Branch) -> float:
        return branch.tried if branch.trail else branch.tried / max(1, len(self._branches) - 1)

    def _launch(self, branch: Branch, candidate: Candidate, limit: float) -> Try:
        texts = {**branch.texts, candidate.path: apply(branch.texts[candidate.path], candidate.splices)}
        changes = self._changes(branch, candidate, texts)
        self.tried += 1
        if self.tried % 20 == 1:
            self._tell()
        return Try(self.runner.submit(self._first_trial(changes, limit)), branch, candidate, texts, changes)

    def _tell(self) -> None:
        self.report(SearchProgress(self.tried, 0, len(self.complete), time.monotonic() - self._started))

    def _changes(self, branch: Branch, candidate: Candidate, texts: Mapping[str, str]) -> tuple[Change, ...]:
        if not branch.trail:
            return self.generator.changes(
                candidate.path, texts[candidate.path], self.sources[candidate.path], candidate
            )
        touched = dict.fromkeys([*(c.path for c in branch.trail), candidate.path])
        return tuple(c for path in touched for c in self.generator.changes(path, texts[path], self.sources[path]))

    def _first_trial(self, changes: tuple[Change, ...], limit: float) -> Trial:
        if self.baseline.sequence:
            return self._whole_sequence(changes, limit)
        probes = self.probes()
        rest = tuple(name for name in self.baseline.failing if name not in probes)
        total = 4 * limit + 2 * sum(self.baseline.seconds(name) for name in self.baseline.failing) + 2
        names = (*probes, *rest)
        usual = limit == self.baseline.limit
        limits = tuple(self.baseline.limit_of(name) for name in names) if usual else ()
        cold = self.baseline.cold
        return Trial(names, changes, len(probes), True, limit, total, limits=limits, cold=cold)

    def _whole_sequence(self, changes: tuple[Change, ...], limit: float) -> Trial:
        names = self.baseline.sequence
        total = 4 * limit + 2 * sum(self.baseline.seconds(name) for name in names) + 2
        return Trial(names, changes, len(names), True, limit, total)

    def probes(self) -> tuple[str, ...]:
        """Failing tests that always run, the quickest of each test function: what a partial repair is seen by."""
        groups: dict[str, str] = {}
        for name in sorted(self.baseline.failing, key=self._cost):
            groups.setdefault(_function_of(name), name)
        return tuple(list(groups.values())[:_MOST_PROBES])

    def _cost(self, name: str) -> tuple[bool, float]:
        return self.baseline.hangs(name), round(self.baseline.seconds(name), 2)

    def _judge(self, attempt: Try) -> None:
        answer = self.runner.wait(attempt.number)
        self.executions += len(answer.runs)
        if _is_slow(answer):
            self._slow.append((attempt.branch, attempt.candidate))
        passed = {run.id for run in answer.runs if run.outcome == "passed"} & set(self.baseline.failing)
        if passed >= set(self.baseline.failing):
            self._meet_suite(attempt, frozenset(passed))
        elif passed and passed > attempt.branch.fixed:
            self._consider_partial(attempt)

    def _meet_suite(self, attempt: Try, fixed: frozenset[str]) -> None:
        if self._keeps_suite(attempt):
            trail = (*attempt.branch.trail, attempt.candidate)
            self.complete.append(Found(attempt.texts, trail, fixed, True, self._lost(attempt)))
            self._first = self._first or (time.monotonic(), self.tried)
            self._tell()

    def _lost(self, attempt: Try) -> int:
        """How many lines of the changed files ran before and run in no test now, by their text."""
        names = tuple(n for n in (*self.baseline.failing, *self.baseline.passing) if not self.baseline.hangs(n))
        total = 4 * sum(self.baseline.seconds(name) for name in names) + 2
        trial = Trial(names[:_MOST_TRACED], attempt.changes, 0, False, 4 * self.baseline.limit, total, cover=True)
        runs = self.runner.wait(self.runner.submit(replace(trial, cold=self.baseline.cold))).runs
        self.executions += len(runs)
        if len(runs) < len(trial.tests):
            return 0
        before = [self.baseline.runs[name].lines for name in trial.tests if name in self.baseline.runs]
        paths = dict.fromkeys(change.path for change in attempt.changes)
        return lost_lines(self.sources, attempt.texts, paths, before, [run.lines for run in runs])

    def _keeps_suite(self, attempt: Try) -> bool:
        names = self.baseline.passing
        if not names:
            return True
        total = 2 * sum(self.baseline.seconds(name) for name in names) + 4 * self.baseline.limit + 2
        trial = Trial(names, attempt.changes, 0, True, self.baseline.limit, total, cold=self.baseline.cold)
        answer = self.runner.wait(self.runner.submit(trial))
        self.executions += len(answer.runs)
        return {run.id for run in answer.runs if run.outcome == "passed"} >= set(names)

    def _consider_partial(self, attempt: Try) -> None:
        """A repair of some tests, with nothing lost, is a place to search from, and something to return at the end."""
        if any(
            len(p.fixed) and p.trail[-1].line == attempt.candidate.line and p.trail[:-1] == attempt.branch.trail
            for p in self.partial
        ):
            return
        trial = replace(self._first_trial(attempt.changes, self.baseline.limit), probes=0, stop=False, cover=True)
        answer = self.runner.wait(self.runner.submit(trial))
        self.executions += len(answer.runs)
        passed = {run.id for run in answer.runs if run.outcome == "passed"}
        fixed = frozenset(passed & set(self.baseline.failing))
        if not fixed > attempt.branch.fixed or not self._keeps_suite(attempt):
            return
        found = Found(attempt.texts, (*attempt.branch.trail, attempt.candidate), fixed, False)
        self.partial.append(found)
        if self._whole_functions(fixed):
            self._branch(found, answer)

    def _whole_functions(self, fixed: frozenset[str]) -> bool:
        left = {_function_of(name) for name in self.baseline.failing if name not in fixed}
        return any(_function_of(name) not in left for name in fixed)

    def _branch(self, found: Found, answer: Answer) -> None:
        evidence = self._evidence(found, answer)
        candidates = self.generator.candidates({c: found.texts[c] for c in found.texts}, evidence)
        self._branches.append(Branch(dict(found.texts), found.trail, candidates, found.fixed))
        best = sorted(self._branches[1:], key=lambda b: (-len(b.fixed), len(b.trail), b.tried))[:_MOST_BRANCHES]
        self._branches = [self._branches[0], *best]

    def _evidence(self, found: Found, answer: Answer) -> Evidence:
        failing = [run for run in answer.runs if run.outcome != "passed"]
        passing = [run for run in (*answer.runs, *self.baseline.runs.values()) if run.outcome == "passed"]
        errors = tuple(run.error for run in failing if run.error)
        bad, good = [run.lines for run in failing], [run.lines for run in passing]
        return Evidence(errors, suspicion(bad, good, errors, self.sources.__contains__))

    def _retry_slow(self) -> bool:
        """Candidates that ran out of time, once more with longer limits, when all others were tried."""
        if self._lengthened or not self._slow or self.complete:
            return False
        self._lengthened = True
        slow, self._slow = self._slow, []
        for branch, candidate in slow:
            if self._over():
                break
            self._judge(self._launch(branch, candidate, min(_LONGER, 8 * self.baseline.limit)))
        return bool(self.partial)


def _is_slow(answer: Answer) -> bool:
    return answer.end == "timeout" or any(run.error and run.error.type == "Hang" for run in answer.runs)


def _function_of(name: str) -> str:
    return re.sub(r"\[.*\]$", "", name)
