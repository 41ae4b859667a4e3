"""The Markdown summary of a run: short, and nothing that tests or models wrote is markup or calls somebody."""

from __future__ import annotations

import dataclasses

from aion_r.api.report import markdown_summary
from aion_r.api.report.markdown import COMMENT_CHARACTERS
from aion_r.core.domain import Usage
from support.results import AFTER, BEFORE, DIFF, FAILURE, REPAIRED, changed


def test_it_tells_the_run() -> None:
    page = markdown_summary(REPAIRED)
    assert page.startswith("# AION-R: repaired\n\nRepaired: 1 of 3 tests failed")
    assert "| passed | 2 | 3 |\n| failed | 1 | 0 |" in page
    assert "## Passes now\n\n- `tests/test_cart.py::test_total`: assert {'a': 1" in page
    assert "| 1 | openai (gpt-4o-mini) | 1 → 1 | still failing | 890 | price unknown |" in page
    assert "| 2 | openai (gpt-4o-mini) | 1 → 0 | plausible | 1,000 | $0.0010 |" in page
    assert page.endswith(f"## Patch\n\n```diff\n{DIFF}```\n")


def test_nobody_is_called_and_no_issue_closed() -> None:
    said = "@octocat fixes #1 <img src=x> [x](javascript:x) |a| `b` & *c* \x1b[31m"
    failure = dataclasses.replace(FAILURE, test_id="t`x`.py::@octocat #1 <b>", message=said)
    page = markdown_summary(changed(final_test_results=dataclasses.replace(BEFORE, failures=(failure,)), patch=""))
    escaped = "@<!-- -->octocat fixes #<!-- -->1 \\<img src=x\\> \\[x\\](javascript:x) \\|a\\| `b` &amp; \\*c\\*"
    assert f"- `tx.py::@octocat #1 <b>`: {escaped}\n" in page


def test_fences_outgrow_those_of_the_diff() -> None:
    page = markdown_summary(changed(patch=DIFF + "+````\n"))
    assert page.endswith("`````diff\n" + DIFF + "+````\n`````\n")


def test_one_attempt_of_the_offline_search_needs_no_table() -> None:
    assert "## Attempts" not in markdown_summary(
        changed(corrections_applied=REPAIRED.corrections_applied[:1], usage=Usage())
    )


def test_a_long_one_fits_into_a_comment() -> None:
    failures = tuple(dataclasses.replace(FAILURE, test_id=f"t.py::test_{n}") for n in range(3000))
    before = dataclasses.replace(BEFORE, failures=failures)
    page = markdown_summary(changed(initial_test_results=before, final_test_results=AFTER, patch=DIFF * 1000))
    assert len(page) <= COMMENT_CHARACTERS
    assert "- and 2980 more" in page
    assert page.endswith("_The patch is too long to be shown here._\n")
