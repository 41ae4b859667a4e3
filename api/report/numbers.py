"""The run in numbers: tests before and after, what it took, where the time went."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.documents import RepairResult
from ...core.domain import TestReport
from ..screen.narration import money
from .markup import Html, joined, panel, tag

_TIMES = (("tests_s", "running tests", "ok"), ("llm_s", "models", "accent"), ("search_s", "offline search", "warn"),
          ("own_s", "our own", "dim"))  # fmt: skip
Part = tuple[float, str, str]
"""A share of a bar: its size, its words, the class of its colour."""


def seconds(value: float) -> str:
    """A duration in seconds for people."""
    if value < 60:
        return f"{value:.1f} s"
    return f"{int(value) // 60} min {int(value) % 60:02} s"


def figures_html(result: RepairResult) -> Html:
    """One row of numbers."""
    before, after = result.initial_test_results, result.final_test_results
    usage = result.usage
    calls = sum(call.provider != "offline" for call in result.calls)
    tokens = f"{usage.input_tokens + usage.output_tokens:,}" if calls else "0"
    rows = (
        ("Failing tests", _change(before.failing, after.failing)),
        ("Passing tests", joined(after.passed_tests, tag("small", f" of {after.total_tests}"))),
        ("Iterations", result.iterations_completed),
        ("Time", seconds(result.timing.get("total_s", 0.0))),
        ("Tokens", joined(tokens, tag("small", f" in {calls} calls"))),
        ("Money", "unknown" if usage.cost_usd is None else money(usage.cost_usd)),
    )
    return tag("dl", (tag("div", tag("dt", name), tag("dd", value)) for name, value in rows), cls="figures panel")


def _change(before: int, after: int) -> Html:
    shown = tag("span", after, cls="poor" if after else "good")
    arrow = joined(tag("span", "→", aria_hidden="true"), tag("span", "then", cls="hidden-text"))
    return shown if before == after else joined(before, " ", arrow, " ", shown)


def bars_html(result: RepairResult) -> Html:
    """The tests before and after, and the time, as bars with their numbers in words."""
    before, after = result.initial_test_results, result.final_test_results
    rows = [_bar("Tests as found", list(_tests(before)))]
    if result.iterations_completed:
        rows.append(_bar("With the patch" if result.patch else "At the end", list(_tests(after))))
    times = [(result.timing.get(key, 0.0), f"{words} {seconds(result.timing.get(key, 0.0))}", kind)
             for key, words, kind in _TIMES]  # fmt: skip
    rows.append(_bar("Time", [time for time in times if time[0] >= 0.05]))
    about = f"{result.test_runs} test runs, {result.tests_executed:,} tests executed in all"
    return panel("Tests and time", tag("div", rows, cls="bars"), aside=about, padded=True)


def _tests(report: TestReport) -> Iterator[Part]:
    for number, words, kind in (
        (report.passed_tests, "passed", "ok"),
        (report.failed_tests, "failed", "bad"),
        (report.error_tests, "with errors", "bad"),
        (report.skipped_tests, "skipped", "dim"),
    ):
        if number:
            yield number, f"{number} {words}", kind
    if report.outcome != "completed":
        yield 0, str(report.outcome).replace("_", " "), "bad"


def _bar(title: str, parts: list[Part]) -> Html:
    whole = sum(size for size, _, _ in parts) or 1
    rects, at = [], 0.0
    for size, _, kind in parts:
        width = 100 * size / whole
        rects.append(tag("rect", x=f"{at:.2f}", y=0, width=f"{max(0.0, width - 0.3):.2f}", height=8, cls=f"f-{kind}"))
        at += width
    svg = tag("svg", rects, viewBox="0 0 100 8", preserveAspectRatio="none", aria_hidden="true", cls="bar")
    words = tag("ul", (tag("li", _swatch(kind), words) for _, words, kind in parts))
    return tag("div", tag("h3", title), tag("div", svg, words))


def _swatch(kind: str) -> Html:
    square = tag("rect", x=0, y=0, width=8, height=8, rx=2, cls=f"f-{kind}")
    return tag("svg", square, viewBox="0 0 8 8", aria_hidden="true", cls="swatch")
