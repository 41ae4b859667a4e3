"""The words of a commit: what failed, and who found the repair."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..core.domain import TestReport
from ..core.state import Record

SUBJECT_WIDTH = 72
TESTS_LISTED = 20
TEXT_SHOWN = 200


def commit_message(found: TestReport, attempts: Sequence[Record], run_id: str) -> str:
    """One line that sums up, the tests that failed in ``found``, and where the repair came from.

    ``attempts`` are those of the state, the one that turned everything green last.
    """
    failures = found.failures[:TESTS_LISTED]
    tests = [f"- {_one_line(failure.test_id)}{_said(failure.message)}" for failure in failures]
    if found.failing > len(tests):
        tests.append(f"- and {found.failing - len(tests)} more")
    parts = [_subject(found), "Failing before:\n" + "\n".join(tests), "\n".join(_origin(attempts, run_id))]
    return "\n\n".join(parts) + "\n"


def _subject(found: TestReport) -> str:
    if found.failing == 1 and found.failures:
        test = _one_line(found.failures[0].test_id)
        name = re.split(r"::|/", test)[-1] if len(test) + 4 > SUBJECT_WIDTH else test
        return f"Fix {name}"[:SUBJECT_WIDTH]
    return f"Fix {found.failing} failing tests"


def _origin(attempts: Sequence[Record], run_id: str) -> Iterator[str]:
    for attempt in attempts:
        if attempt["success"]:
            offline = attempt["strategy"] == "offline"
            who = "the offline search" if offline else f"{attempt['provider']} ({attempt['model']})"
            yield f"Found by {who}{_said(attempt['explanation'])}"
    yield f"All tests pass with it. AION-R run {run_id}."


def _said(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return f": {_one_line(first)}" if first else ""


def _one_line(text: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:TEXT_SHOWN]
