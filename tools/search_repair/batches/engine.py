"""One search from start to end: measure, explore, confirm with the framework's own run, tell."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from itertools import islice

from ....core.domain import Edit
from ...sandbox.protocol import View
from ..explaining import explain
from ..job import Cancelled, SearchJob, SearchProgress, SearchResult
from ..model import Candidate, Evidence, RunnerGone
from ..strategy import Found
from ..trees import TreeGenerator, TreeSwitcher
from ..variants import Bench
from .baseline import Baseline, measure
from .benches import open_bench
from .branches import Branch, Branches
from .evidence import evidence_of
from .exploring import Exploration
from .framework import FrameworkBench

_RESERVED = 3.0
_GRACE = 10.0
"""Seconds that the confirmation of something found may take beyond the search's own time."""
_MOST_CONFIRMED = 5
_UNKNOWN_LIMIT = 10.0
"""Wall seconds for failing tests that never ran."""
_SINGLE = 60.0
"""Wall seconds for a whole run of the framework that tries one candidate."""
_NOTHING = "no small edit makes a failing test pass"
_NO_WAY_IN = "no failing test leads to code that may be changed"


def search_batches(
    job: SearchJob, view: View, on_progress: Callable[[SearchProgress], None] | None = None
) -> SearchResult:
    """See ``search_repair.search``."""
    attempt = _Search(job, view, on_progress or (lambda _: None))
    try:
        attempt.run()
    except Cancelled:
        pass
    except (RunnerGone, OSError) as error:
        attempt.trouble = str(error)
    return attempt.result()


class _Search:
    def __init__(self, job: SearchJob, view: View, report: Callable[[SearchProgress], None]) -> None:
        self._job, self._view, self._report = job, view, report
        self._started = time.monotonic()
        self._deadline = self._started + job.seconds
        self._sources: dict[str, str] = {}
        self._exploration: Exploration | None = None
        self._executions = 0
        self._best: Found | None = None
        self._names = tuple(failure.test_id for failure in job.failing)
        self._switcher = TreeSwitcher(job.language)
        self.trouble = ""

    def run(self) -> None:
        evidence = evidence_of(self._job, self._view.root, self._job.failing, {})
        self._sources = {path: text for path in evidence.suspicion if (text := self._text(path)) is not None}
        if not self._sources:
            self.trouble = _NO_WAY_IN
            return
        with contextlib.closing(open_bench(self._view, self._job, self._switcher)) as bench:
            if self._opened(bench, evidence):
                self._explore()
                return
        with contextlib.closing(FrameworkBench(self._view, self._job)) as slow:
            self._exploration = self._new(slow, evidence)
            self._exploration.baseline, self._exploration.together = Baseline(self._names, _SINGLE, 0), False
            self._explore()

    def _opened(self, bench: Bench, evidence: Evidence) -> bool:
        """Whether the failures are seen on the bench, or cannot be because nothing compiles."""
        self._exploration = self._new(bench, evidence)
        if not self._exploration.open():
            self._exploration.baseline, self._exploration.together = Baseline(self._names, _UNKNOWN_LIMIT, 0), False
            return True
        baseline = measure(bench, self._names, self._job.seconds)
        self._executions += baseline.executions
        self._exploration.baseline = baseline
        return bool(baseline.failing)

    def _text(self, path: str) -> str | None:
        data = self._job.read(path) if self._job.may_edit(path) else None
        try:
            return data.decode("utf-8") if data is not None else None
        except UnicodeDecodeError:
            return None

    def _new(self, bench: Bench, evidence: Evidence) -> Exploration:
        candidates = TreeGenerator(self._job.language).candidates(self._sources, evidence)
        return Exploration(
            bench=bench,
            switcher=self._switcher,
            branches=Branches(Branch(self._sources, (), candidates), self._on_top),
            passed=self._job.passed_ids,
            deadline=self._deadline - _RESERVED,
            workers=self._job.workers,
            patience=self._job.patience,
            report=self._report,
        )

    def _explore(self) -> None:
        assert self._exploration is not None
        try:
            self._exploration.run()
        finally:
            if not self._job.cancel.is_set():
                self._choose(self._exploration)

    def _on_top(self, found: Found) -> Iterator[Candidate]:
        """Candidates on a partial repair, for the failures that are left."""
        left = [failure for failure in self._job.failing if failure.test_id not in found.fixed]
        evidence = evidence_of(self._job, self._view.root, left, found.texts)
        return TreeGenerator(self._job.language).candidates(found.texts, evidence)

    def _choose(self, exploration: Exploration) -> None:
        """The best complete repair that a run of everything confirms; else the best part of one."""
        complete = sorted(exploration.complete, key=lambda found: (len(found.trail), -found.merit))
        partial = sorted(exploration.partial, key=lambda f: (-len(f.fixed), len(f.trail), -f.merit))
        ranked = [found for found in (*complete, *partial) if self._allowed(found)]
        with contextlib.closing(FrameworkBench(self._view, self._job)) as whole:
            for found in islice(ranked, _MOST_CONFIRMED):
                left = self._deadline - time.monotonic()
                if left <= -_GRACE:
                    break
                if self._confirmed(whole, found, left + _GRACE):
                    self._best = found
                    return

    def _allowed(self, found: Found) -> bool:
        return not any(self._job.objection(edit) for edit in self._edits(found))

    def _confirmed(self, whole: FrameworkBench, found: Found, seconds: float) -> bool:
        whole.build({path: found.texts.get(path, text) for path, text in self._sources.items()})
        confirmed, executions = whole.confirms(found.fixed, self._job.passed_ids, seconds)
        self._executions += executions
        return confirmed

    def result(self) -> SearchResult:
        found, best = self._exploration, self._best
        return SearchResult(
            edits=self._edits(best) if best else (),
            plausible=bool(best and best.complete),
            explanation=explain(self._sources, best.trail) if best else self.trouble or _NOTHING,
            candidates=found.tried if found else 0,
            plausible_found=len(found.complete) if found else 0,
            seconds=time.monotonic() - self._started,
            test_executions=self._executions + (found.executions if found else 0),
        )

    def _edits(self, found: Found) -> tuple[Edit, ...]:
        changed = sorted({candidate.path for candidate in found.trail})
        return tuple(Edit(p, self._sources[p].encode(), found.texts[p].encode()) for p in changed)
