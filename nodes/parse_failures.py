"""Turn what the framework left into a report, keep it, and hold it against the project as found."""

from __future__ import annotations

import asyncio

from ..core.brief import brief, counts, first_ids
from ..core.codec import load
from ..core.domain import TestReport
from ..core.state import Record, RepairState, Update
from ..tools.runs import RunStore
from ..tools.suite import RawRun, TestSuite
from ..tools.validation import Comparison, compare


async def parse_failures(state: RepairState, *, suite: TestSuite, store: RunStore) -> Update:
    """Adds ``report`` and ``comparison``; the first time ``initial`` as well, with the reason if nothing can be run."""
    report = await asyncio.to_thread(suite.parse, load(RawRun, state["raw_run"]))
    report_id = await asyncio.to_thread(store.save_report, report)
    if "initial" not in state:
        reason = suite.why_not_run(report)
        return {
            "report": brief(report, report_id),
            "initial": counts(report, report_id) | ({"not_run": reason} if reason else {}),
            "comparison": _shown(Comparison()),
        }
    found: TestReport = await asyncio.to_thread(store.report, state["initial"]["id"])
    return {"report": brief(report, report_id), "comparison": _shown(compare(found, report))}


def _shown(comparison: Comparison) -> Record:
    return {
        "harmless": comparison.harmless,
        "regressed": first_ids(comparison.regressed),
        "vanished": first_ids(comparison.vanished),
    }
