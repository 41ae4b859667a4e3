"""Turn what the framework left into a report, keep it, and hold it against the project as found."""

from __future__ import annotations

import asyncio

from ..core.brief import brief, counts, first_ids
from ..core.codec import load
from ..core.domain import TestReport
from ..core.state import RepairState, Update
from ..tools.flakiness import FlakyWatch, only_flaky
from ..tools.runs import RunStore
from ..tools.suite import RawRun, TestSuite
from ..tools.validation import compare


async def parse_failures(state: RepairState, *, suite: TestSuite, store: RunStore, flakes: FlakyWatch) -> Update:
    """Adds ``report``; the first time ``initial`` with the reason if nothing can be run, later the ``comparison``."""
    report = await asyncio.to_thread(suite.parse, load(RawRun, state["raw_run"]))
    if "initial" not in state:
        return await _as_found(report, suite, store, flakes)
    found: TestReport = await asyncio.to_thread(store.report, state["initial"]["id"])
    patch = await asyncio.to_thread(store.patch, state["patch"])
    report, flaky = await flakes.settle(found, report, patch, state.get("flaky", []))
    report_id = await asyncio.to_thread(store.save_report, report)
    comparison = compare(found, report, flaky)
    seconds = state["seconds"]
    return {
        "seconds": seconds | {"tests": seconds["tests"] + flakes.seconds},
        "report": brief(report, report_id),
        "flaky": first_ids(tuple(sorted(flaky))),
        "comparison": {
            "harmless": comparison.harmless,
            "regressed": first_ids(comparison.regressed),
            "vanished": first_ids(comparison.vanished),
            "only_flaky": only_flaky(found, flaky),
        },
    }


async def _as_found(report: TestReport, suite: TestSuite, store: RunStore, flakes: FlakyWatch) -> Update:
    report_id = await asyncio.to_thread(store.save_report, report)
    reason = await asyncio.to_thread(suite.why_not_run, report)
    if not reason:
        flakes.begin(report)
    return {
        "report": brief(report, report_id),
        "initial": counts(report, report_id) | ({"not_run": reason} if reason else {}),
    }
