"""The report of a run as one HTML file: no script, no address outside, nothing in it that a browser would run."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from string import Template

from ...core.documents import RepairResult
from ...core.domain import Outcome
from ..screen.summary import summary_text
from ..web import static_text
from .attempts import attempts_html, providers_html
from .diff import diff_html
from .failures import failures_html
from .markup import Html, badge, joined, panel, prose, tag, text
from .numbers import bars_html, figures_html

_OUTCOMES = {
    Outcome.ALREADY_GREEN: ("ok", "✓", "already green"),
    Outcome.REPAIRED: ("ok", "✓", "repaired"),
    Outcome.NOT_REPAIRED: ("bad", "✗", "not repaired"),
    Outcome.LIMIT: ("warn", "!", "a limit ended it"),
    Outcome.ERROR: ("bad", "!", "error"),
}


def html_report(result: RepairResult, *, project: str = "", started_at: str = "") -> str:
    """The file's text, UTF-8. ``project`` is its path or name, ``started_at`` a time in words; both are optional.

    Everything from tests, models and files is escaped, and the page's own policy forbids scripts, addresses and
    styles other than its own. Keys have to be out of ``result`` already: see ``writing.without_keys``.
    """
    style = "".join(line.strip() for line in _styles())
    name = project.rstrip("/").rpartition("/")[2] or "Run"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return Template(_own("report.html")).substitute(
        style=style,
        style_hash=digest,
        title=text(f"{name}: {_OUTCOMES[result.outcome][2]} – AION-R"),  # noqa: RUF001
        name=text(name),
        outcome=badge(*_OUTCOMES[result.outcome]),
        facts=_facts(result, project, started_at),
        summary=prose(summary_text(result)),
        body=joined(*(part for part in _parts(result) if part)),
        version=text(version("aion-r")),
    )


def _parts(result: RepairResult) -> Iterator[Html | None]:
    yield _notes(result)
    yield figures_html(result)
    if result.patch:
        yield panel("Patch", diff_html(result.patch), aside=_fate(result))
    yield failures_html(result)
    yield bars_html(result)
    yield attempts_html(result)
    yield providers_html(result)


def _fate(result: RepairResult) -> str:
    if result.applied:
        return f"written to the project; aion-r undo {result.run_id} takes it back"
    return "not written to the project"


def _notes(result: RepairResult) -> Html | None:
    doubts = next((one.suspicious for one in reversed(result.corrections_applied) if one.success), ())
    notes = [("Suspicious, read it before you keep it: ", reason) for reason in doubts]
    notes += [("Flaky: ", f"{test} failed and passed with nothing changed.") for test in result.flaky[:20]]
    notes += [("Locked: ", f"the fix is in {path}.") for path in result.suggestions]
    return joined(*(tag("p", tag("strong", title), said, cls="note wrap") for title, said in notes)) if notes else None


def _facts(result: RepairResult, project: str, started_at: str) -> Html:
    report = result.initial_test_results
    rows = (("project", project), ("run", result.run_id), ("started", started_at), ("tests", report.framework),
            ("sandbox", result.sandbox))  # fmt: skip
    return joined(*(tag("div", tag("dt", name), tag("dd", value)) for name, value in rows if value))


def _styles() -> Iterator[str]:
    yield from static_text("theme.css").splitlines(keepends=True)
    yield from _own("report.css").splitlines(keepends=True)


def _own(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
