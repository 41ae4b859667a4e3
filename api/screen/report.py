"""The file that ``fix --report`` writes: the JSON document, or a short Markdown page for a pull request."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

from ...core.documents import RepairResult
from ...core.domain import TestReport
from ...core.errors import UsageError
from ..commands.boundary import hidden
from .summary import summary_text
from .terminal import clean

FAILURES_LISTED = 20
_COUNTS = {"passed": "passed_tests", "failed": "failed_tests", "errors": "error_tests", "skipped": "skipped_tests"}


def check_report_path(path: str) -> None:
    """Raises ``UsageError`` for a kind of file that is not written, or a folder that is not there."""
    if Path(path).suffix.lower() not in (".json", ".md"):
        raise UsageError(f"--report {path}: the name must end in .json or .md.")
    check_writable("--report", path)


def check_writable(option: str, path: str) -> None:
    """Raises ``UsageError`` where ``path`` could not be written at the end of a long run."""
    target = Path(path)
    if target.is_dir():
        raise UsageError(f"{option} {path}: this is a folder, name a file.")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"{option} {path}: the folder {target.parent} does not exist.")
    if not os.access(target if target.exists() else target.absolute().parent, os.W_OK):
        raise UsageError(f"{option} {path}: no permission to write there.")


def write_report(path: str, result: RepairResult, hide: Callable[[str], str]) -> None:
    """Write the document or the page to ``path``, by its ending, with every key taken out by ``hide``."""
    as_json = path.lower().endswith(".json")
    text = json.dumps(hidden(result.to_dict(), hide), indent=2) + "\n" if as_json else hide(markdown(result))
    Path(path).write_text(text, encoding="utf-8", errors="backslashreplace")


def markdown(result: RepairResult) -> str:
    """The page: summary, numbers before and after, failures that are left, the diff."""
    before, after = result.initial_test_results, result.final_test_results
    rows = [("", "before", "after")]
    rows += [(name, str(getattr(before, key)), str(getattr(after, key))) for name, key in _COUNTS.items()]
    table = [f"| {' | '.join(row)} |" for row in rows]
    table.insert(1, "|---|---|---|")
    parts = [f"# AION-R: {str(result.outcome).replace('_', ' ')}", _escape(summary_text(result)), "\n".join(table)]
    if after.failures:
        parts.append("## Still failing\n\n" + _failures(after))
    if result.patch:
        parts.append("## Patch\n\n" + _fenced(result.patch, "diff"))
    return "\n\n".join(parts) + "\n"


def _failures(report: TestReport) -> str:
    listed = report.failures[:FAILURES_LISTED]
    lines = [
        f"- `{clean(one.test_id).replace('`', '')}`: {_escape(' '.join(one.message.split())[:200])}" for one in listed
    ]
    more = len(report.failures) - len(listed)
    return "\n".join([*lines, f"- and {more} more"] if more else lines)


def _fenced(text: str, language: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _escape(text: str) -> str:
    return re.sub(r"([\\*_<>\[\]|])", r"\\\1", clean(text))
