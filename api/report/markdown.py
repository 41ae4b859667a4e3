"""The run as Markdown: for a pull request, a job's summary, a chat."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...core.documents import RepairResult
from ...core.domain import Attempt, TestFailure
from ..screen.narration import money
from ..screen.summary import summary_text
from ..screen.terminal import clean

FAILURES_LISTED = 20
COMMENT_CHARACTERS = 60_000
"""GitHub takes 65,536 in a comment."""
_COUNTS = {"passed": "passed_tests", "failed": "failed_tests", "errors": "error_tests", "skipped": "skipped_tests"}
_TOO_LONG = "_The patch is too long to be shown here._"


def markdown_summary(result: RepairResult, *, limit: int = COMMENT_CHARACTERS) -> str:
    """The page: summary, numbers before and after, what failed and what still does, attempts, the diff.

    What tests, models and files wrote stands in code or is escaped: no markup, no mention, no closed issue comes of it.
    The diff is left out where the page would get longer than ``limit`` characters.
    """
    parts = [f"# AION-R: {str(result.outcome).replace('_', ' ')}", _escape(summary_text(result)), _counts(result)]
    parts += [part for part in (_failures(result), _attempts(result)) if part]
    page = "\n\n".join(parts) + "\n"
    if not result.patch:
        return page
    patch = "## Patch\n\n" + _fenced(result.patch, "diff")
    return f"{page}\n{patch if len(page) + len(patch) + 2 <= limit else _TOO_LONG}\n"


def _counts(result: RepairResult) -> str:
    before, after = result.initial_test_results, result.final_test_results
    rows = [(name, getattr(before, key), getattr(after, key)) for name, key in _COUNTS.items()]
    return "\n".join(["| | before | after |", "|---|---|---|", *(f"| {n} | {b} | {a} |" for n, b, a in rows)])


def _failures(result: RepairResult) -> str:
    left = result.final_test_results.failures
    still = {failure.test_id for failure in left}
    mended = [one for one in result.initial_test_results.failures if one.test_id not in still]
    lists = (("Still failing", left), ("Passes now", mended))
    return "\n\n".join(f"## {title}\n\n{_listed(failures)}" for title, failures in lists if failures)


def _listed(failures: tuple[TestFailure, ...] | list[TestFailure]) -> str:
    lines = [f"- {_code(one.test_id)}{': ' + _escape(_short(one.message)) if one.message.strip() else ''}"
             for one in failures[:FAILURES_LISTED]]  # fmt: skip
    more = len(failures) - FAILURES_LISTED
    return "\n".join([*lines, f"- and {more} more"] if more > 0 else lines)


def _attempts(result: RepairResult) -> str:
    if len(result.corrections_applied) < 2 and not result.usage.input_tokens:
        return ""
    head = ["| iteration | by | failing | verdict | tokens | money |", "|---|---|---|---|---|---|"]
    return "## Attempts\n\n" + "\n".join([*head, *map(_attempt, result.corrections_applied)])


def _attempt(attempt: Attempt) -> str:
    who = ", ".join(dict.fromkeys(_names(attempt))) or "nobody"
    cells = (
        str(attempt.iteration),
        _escape(who),
        f"{attempt.failures_before} → {attempt.failures_after}",
        str(attempt.verdict).replace("_", " "),
        f"{attempt.usage.input_tokens + attempt.usage.output_tokens:,}",
        money(attempt.usage.cost_usd),
    )
    return f"| {' | '.join(cells)} |"


def _names(attempt: Attempt) -> Iterator[str]:
    for fix in attempt.fixes_applied:
        yield f"{fix.provider} ({fix.model})" if fix.model else fix.provider


def _short(message: str) -> str:
    return " ".join(clean(message).split())[:200]


def _code(words: str) -> str:
    """A code span: nothing in it is markup."""
    return f"`{' '.join(clean(words).replace('`', '').split()) or '?'}`"


def _fenced(block: str, language: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", block)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{block.rstrip()}\n{fence}"


def _escape(words: str) -> str:
    """``words`` as they are: no markup, and nobody who is called ``@name``, no issue ``#1`` is told of them."""
    plain = re.sub(r"([\\*_<>\[\]|])", r"\\\1", clean(words).replace("&", "&amp;"))
    return re.sub(r"([@#])(?=\w)", r"\1<!-- -->", plain)
