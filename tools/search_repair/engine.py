"""One search from start to end: measure, explore, confirm in a fresh import, tell."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from ...core.domain import Edit
from ..sandbox.protocol import View
from .baseline import Baseline, measure
from .batches.benches import BENCHES
from .explaining import explain
from .job import Cancelled, SearchJob, SearchProgress, SearchResult
from .model import Runner, RunnerGone, Trial
from .python.generator import PythonGenerator
from .python.place import Place
from .python.runner import WarmPytest
from .python.source import decode
from .strategy import Exploration, Found

_RESERVED = 3.0
_GRACE = 10.0
"""Seconds that the confirmation of something found may take beyond the search's own time."""
_MOST_CONFIRMED = 5


def search(job: SearchJob, view: View, on_progress: Callable[[SearchProgress], None] | None = None) -> SearchResult:
    """Find edits that make failing tests pass and break none that passed. Blocking; ``job.cancel`` ends it early."""
    started = time.monotonic()
    if job.framework in BENCHES:
        from .batches.engine import search_batches

        return search_batches(job, view, on_progress)
    if (job.language, job.framework) != ("python", "pytest"):
        return SearchResult(explanation=f"The offline search does not know {job.framework} for {job.language} yet.")
    attempt = _Search(job, view, started, on_progress or (lambda _: None))
    try:
        attempt.run()
    except Cancelled:
        pass
    except RunnerGone as error:
        attempt.trouble = str(error)
    return attempt.result()


def search_in_turn(
    jobs: Iterable[SearchJob], view: View, on_progress: Callable[[SearchProgress], None] | None = None
) -> SearchResult:
    """``search`` for one job after the other, up to the first that finds something; its result counts them all."""
    found = SearchResult(explanation="no failing test is known")
    for job in jobs:
        before, found = found, search(job, view, on_progress)
        found = replace(
            found,
            candidates=before.candidates + found.candidates,
            seconds=before.seconds + found.seconds,
            test_executions=before.test_executions + found.test_executions,
        )
        if found.edits or job.cancel.is_set():
            break
    return found


class _Search:
    def __init__(self, job: SearchJob, view: View, started: float, report: Callable[[SearchProgress], None]) -> None:
        self._job = job
        self._view = view
        self._started = started
        self._deadline = started + job.seconds
        self._report = report
        self._files: dict[str, tuple[bytes, str, str]] = {}
        self._exploration: Exploration | None = None
        self._executions = 0
        self._best: Found | None = None
        self.trouble = ""

    def run(self) -> None:
        job = self._job
        place = Place(job.folder, job.options)
        with WarmPytest(self._view, job.python, self._deadline, job.cancel, place) as runner:
            opened = runner.open({})
            baseline = measure(runner, opened, job.failing, job.passed_ids, job.seconds, self._may_edit)
            self._executions += baseline.executions
            sources = self._sources(baseline)
            if not baseline.failing or not sources:
                self.trouble = "no failing test leads to code that may be changed"
                return
            self._exploration = Exploration(
                runner,
                PythonGenerator(),
                baseline,
                sources,
                self._deadline - _RESERVED,
                self._job.workers,
                self._job.patience,
                self._report,
            )
            try:
                self._exploration.run()
            finally:
                self._choose(runner, baseline)

    def _may_edit(self, path: str) -> bool:
        return path.endswith(".py") and self._job.may_edit(path)

    def _sources(self, baseline: Baseline) -> dict[str, str]:
        """The texts of the suspicious files that may be changed, most suspicious first."""
        ranked = sorted(baseline.evidence.suspicion.items(), key=lambda item: (-max(item[1].values()), item[0]))
        for path, _ in ranked:
            data = self._job.read(path)
            text = decode(data) if data is not None else None
            if data is not None and text is not None:
                self._files[path] = (data, *text)
        return {path: text for path, (_, text, _) in self._files.items()}

    def _choose(self, runner: WarmPytest, baseline: Baseline) -> None:
        """The best complete repair that a fresh import confirms; else the best part of one."""
        found = self._exploration
        if found is None or self._job.cancel.is_set():
            return
        runner.allow(_GRACE)
        complete = sorted(found.complete, key=lambda f: (len(f.trail), -f.merit))
        partial = sorted(found.partial, key=lambda f: (-len(f.fixed), len(f.trail), -f.merit))
        try:
            ranked = [*complete, *partial[:_MOST_CONFIRMED]]
            self._best = next((f for f in ranked if self._confirmed(runner, baseline, f)), None)
        except Cancelled:
            # too slow to confirm: what the warm run saw is still worth handing back, as no more than a part
            self._best = replace(complete[0], complete=False) if complete and not self._job.cancel.is_set() else None

    def _confirmed(self, runner: Runner, baseline: Baseline, found: Found) -> bool:
        generator, found_texts = PythonGenerator(), found.texts
        paths = dict.fromkeys(c.path for c in found.trail)
        texts = {path: self._files[path][1] for path in paths}
        changes = tuple(c for p in paths for c in generator.changes(p, found_texts[p], texts[p]))
        names = (*(n for n in baseline.failing if n in found.fixed), *baseline.passing)
        seconds = sum(baseline.seconds(name) for name in names)
        trial = Trial(names, changes, 0, True, baseline.limit * 2, 3 * seconds + 10, cold=True, whole=True)
        answer = runner.wait(runner.submit(trial))
        self._executions += len(answer.runs)
        return {run.id for run in answer.runs if run.outcome == "passed"} >= set(names)

    def result(self) -> SearchResult:
        found, best = self._exploration, self._best
        return SearchResult(
            edits=self._edits(best) if best else (),
            plausible=bool(best and best.complete),
            explanation=self._explained(best) if best else self.trouble or "no small edit makes a failing test pass",
            candidates=found.tried if found else 0,
            plausible_found=len(found.complete) if found else 0,
            seconds=time.monotonic() - self._started,
            test_executions=self._executions + (found.executions if found else 0),
        )

    def _edits(self, found: Found) -> tuple[Edit, ...]:
        edits = []
        for path in sorted({c.path for c in found.trail}):
            data, _, encoding = self._files[path]
            edits.append(Edit(path, data, found.texts[path].encode(encoding)))
        return tuple(edits)

    def _explained(self, found: Found) -> str:
        return explain({path: text for path, (_, text, _) in self._files.items()}, found.trail)
