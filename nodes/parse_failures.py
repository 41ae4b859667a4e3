"""Turn what the frameworks left into a report, keep it, and hold it against the project as found."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ..core.brief import brief, counts, first_ids
from ..core.codec import load
from ..core.domain import TestReport
from ..core.state import Record, RepairState, Update
from ..tools.flakiness import FlakyWatch, only_flaky
from ..tools.running import RawRun
from ..tools.runs import RunStore
from ..tools.selection import still_failing
from ..tools.suite import TestSuite
from ..tools.validation import compare


async def parse_failures(state: RepairState, *, suite: TestSuite, store: RunStore, flakes: FlakyWatch) -> Update:
    """Adds ``report``; the first time ``initial`` with the reason if nothing can be run, later the ``comparison``.

    Where only chosen tests were run and one of them passes now, the whole suite is run before anything is said.
    """
    raw = load(RawRun, state["raw_run"])
    if not await asyncio.to_thread(_there, raw):
        raw = await suite.execute(await asyncio.to_thread(store.patch, state.get("patch", "")))
    report = await asyncio.to_thread(suite.parse, raw)
    if not state.get("initial"):
        return await _as_found(report, raw.seconds, suite, store, flakes)
    if not raw.chosen:
        return await _held_against(report, state, suite, store, flakes)
    report_id = await asyncio.to_thread(store.save_report, report)
    best = await asyncio.to_thread(store.report, state["best"]["id"])
    still = still_failing(best, report)
    if still:
        return {"report": _brief(still, report_id, suite) | {"partial": True}, "comparison": _nothing_known()}
    whole = await suite.execute(await asyncio.to_thread(store.patch, state["patch"]))
    seconds = state["seconds"]
    seconds = seconds | {"tests": seconds["tests"] + whole.seconds}
    more: Update = {"seconds": seconds, "test_runs": state["test_runs"] + 1}
    report = await asyncio.to_thread(suite.parse, whole)
    return more | await _held_against(report, state | more, suite, store, flakes)


async def _as_found(
    report: TestReport, seconds: float, suite: TestSuite, store: RunStore, flakes: FlakyWatch
) -> Update:
    report_id = await asyncio.to_thread(store.save_report, report)
    reason = await asyncio.to_thread(suite.why_not_run, report)
    if not reason:
        flakes.begin(report)
    more = {"seconds": round(seconds, 3)} | ({"not_run": reason} if reason else {})
    return {"report": _brief(report, report_id, suite), "initial": counts(report, report_id) | more}


async def _held_against(
    report: TestReport, state: RepairState, suite: TestSuite, store: RunStore, flakes: FlakyWatch
) -> Update:
    found: TestReport = await asyncio.to_thread(store.report, state["initial"]["id"])
    patch = await asyncio.to_thread(store.patch, state["patch"])
    report, flaky = await flakes.settle(found, report, patch, state.get("flaky", []))
    report_id = await asyncio.to_thread(store.save_report, report)
    comparison = compare(found, report, flaky)
    seconds = state["seconds"]
    return {
        "seconds": seconds | {"tests": seconds["tests"] + flakes.waited()},
        "report": _brief(report, report_id, suite),
        "flaky": first_ids(tuple(sorted(flaky))),
        "comparison": {
            "harmless": comparison.harmless,
            "regressed": first_ids(comparison.regressed),
            "vanished": first_ids(comparison.vanished),
            "only_flaky": only_flaky(found, flaky),
        },
    }


def _there(raw: RawRun) -> bool:
    """Raw results are dropped once they are parsed: a run that went back to an older checkpoint has none."""
    return all(Path(part.folder).is_dir() for part in raw.parts)


def _brief(report: TestReport, report_id: str, suite: TestSuite) -> Record:
    return brief(report, report_id) | {"failing_in": suite.frameworks.failing_in(report)}


def _nothing_known() -> Record:
    """Tests that were not run accuse nobody."""
    return {"harmless": True, "regressed": [], "vanished": [], "only_flaky": False}
