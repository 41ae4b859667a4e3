"""What stands behind one failing test: what it said, where the fault may be, and the code there. No model is asked."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..core.domain import Patch, SourceFile, Suspect, TestFailure, TestReport
from ..core.errors import Forbidden, TestsNotRun, UsageError
from ..core.settings import Settings
from ..tools.edits.guard import Guard
from ..tools.localize import context, suspects, test_context
from ..tools.suite import TestSuite
from ..tools.workspace import Workspace
from .looking import Count, opened_suite, uncounted

SUSPECTS_SHOWN = 5
_SOURCE_CHARS, _TEST_CHARS = 4_000, 1_600
_CLOSE = 4
"""Names that are offered in place of one that is not there."""


@dataclass(frozen=True)
class Explanation:
    """One test, and its failure; ``None`` where it passes now. Suspects come best first, with their sources and the
    test's own. ``alone`` says whether it fails without the others too; ``None`` where that was not tried.
    """

    test_id: str
    failure: TestFailure | None
    alone: bool | None
    suspects: tuple[Suspect, ...] = ()
    sources: tuple[SourceFile, ...] = ()
    tests: tuple[SourceFile, ...] = ()


async def explain(
    project: Path, settings: Settings, wanted: str, known: Sequence[str] = (), count: Count = uncounted
) -> Explanation:
    """Run the test that ``wanted`` names, by its id or an unmistakable part of it, and explain its failure.

    A test among the ``known`` ids is run alone; where that tells nothing all tests are run. Raises ``UsageError`` for
    a test that is not there, ``TestsNotRun`` where the tests cannot be run.
    """
    with opened_suite(project, settings, count) as (suite, _):
        test = matching(wanted, known)
        if test:
            alone = _failure(suite.parse(await suite.execute(Patch(), [test])), test)
            if alone:
                return _explained(suite, settings, Explanation(test, alone, True))
        report = suite.parse(await suite.execute(Patch()))
        found = test if test in ids_of(report) else _named(wanted, report)
        explained = Explanation(found, _failure(report, found), False if test == found else None)
        return _explained(suite, settings, explained)


def ids_of(report: TestReport) -> tuple[str, ...]:
    """Every test that ``report`` knows, those that failed first."""
    return (*(failure.test_id for failure in report.failures), *report.passed_ids, *report.skipped_ids)


def matching(wanted: str, ids: Sequence[str]) -> str:
    """The one of ``ids`` that ``wanted`` names: itself, else the only one that ends with it or holds it; else empty."""
    if wanted in ids:
        return wanted
    for fits in (str.endswith, str.__contains__):
        found = [test for test in ids if wanted and fits(test, wanted)]
        if found:
            return found[0] if len(found) == 1 else ""
    return ""


def _named(wanted: str, report: TestReport) -> str:
    ids = ids_of(report)
    broken = [one.test_id for one in report.failures if one.test_id and wanted.startswith(one.test_id)]
    test = matching(wanted, ids) or next(iter(broken), "")  # its file could not even be loaded
    if test:
        return test
    if not ids:
        raise TestsNotRun(report.message or f"the tests did not run ({report.outcome})")
    close = [one for one in ids if wanted in one] or difflib.get_close_matches(wanted, ids, _CLOSE, cutoff=0.3)
    close = close or list(ids)
    raise UsageError(f"{wanted!r} is not the name of one test: give one such as {', '.join(close[:_CLOSE])}.")


def _failure(report: TestReport, test: str) -> TestFailure | None:
    return next((failure for failure in report.failures if failure.test_id == test), None)


def _explained(suite: TestSuite, settings: Settings, known: Explanation) -> Explanation:
    """``known`` with the places that its failure points at."""
    if known.failure is None:
        return known
    workspace, failures = Workspace(suite.project), (known.failure,)
    guard = Guard(suite.project, suite.frameworks.is_test_file, protect=settings.protect)

    def read(path: str) -> bytes | None:
        try:
            return workspace.read(path)
        except Forbidden:
            return None

    language = suite.frameworks.owner(known.test_id).language
    ranked = suspects(workspace.root, language, failures, guard.may_edit, read)[:SUSPECTS_SHOWN]
    return replace(
        known,
        suspects=ranked,
        sources=context(workspace.root, ranked, failures, read, _SOURCE_CHARS),
        tests=test_context(workspace.root, failures, read, _TEST_CHARS),
    )
