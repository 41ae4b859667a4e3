"""The HTML report of a run: what it says, and that nothing which tests or models wrote is more than text in it."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser

import pytest

from aion_r.api.report import html_report
from aion_r.api.report.failures import CARDS_SHOWN
from aion_r.api.report.writing import without_keys
from aion_r.core.documents import RepairResult, not_run
from aion_r.core.domain import AppliedFix, Outcome, Strategy, TestFailure, TestReport
from support.results import AFTER, BEFORE, DIFF, FAILURE, REPAIRED, changed

VOID = {"meta", "rect"}


class Page(HTMLParser):
    """What a browser would make of a report: its elements, its text, and whether each one is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    def classed(self, name: str) -> int:
        return sum(name in (attributes.get("class") or "").split() for _, attributes in self.elements)


def page(result: RepairResult = REPAIRED, **facts: str) -> Page:
    return Page(html_report(result, **facts))


def test_it_tells_the_run() -> None:
    told = page(project="/srv/shop", started_at="2026-11-22 17:00 UTC")
    for part in (
        "shop ✓ repaired",
        "run 20261122-170000-abcdef",
        "Failing tests 1 → then 0",
        "Passing tests 3 of 3",
        "Time 1 min 15 s",
        "Money unknown",
        "written to the project; aion-r undo 20261122-170000-abcdef takes it back",
        "✓ passes now tests/test_cart.py::test_total tests/test_cart.py:7",
        "Iteration 1 ~ no better, undone 1 → 1 failing by openai (gpt-4o-mini), 890 tokens, price unknown",
        "✗ 0 of 1 rate limited 429:",
        "3 test runs, 9 tests executed in all",
    ):
        assert part in told.text, part


def test_what_differs_between_expected_and_actual_is_marked() -> None:
    marks = re.findall(r'<div class="(expected|actual)">.*?<mark>(.*?)</mark>', html_report(REPAIRED))
    assert marks == [("expected", "3"), ("actual", "2")]


def test_the_diff_has_signs_numbers_colours_and_marks() -> None:
    html = html_report(REPAIRED)
    assert '<td class="no">4</td><td class="no"></td><td class="sign">−</td>' in html  # noqa: RUF001
    assert '<td class="no"></td><td class="no">4</td><td class="sign">+</td>' in html
    assert '<span class="t-string">    that is in it.&quot;&quot;&quot;</span>' in html  # one string of two lines
    assert '<mark>-</mark> <span class="t-number">1</span>' in html
    assert re.search(r'aria-label="1 lines added">\+1</span> <span[^>]*>−1', html)  # noqa: RUF001


HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>&lt;b&gt; \x1b[31mred\x00\u202e]]>"
)


def hostile() -> RepairResult:
    """Whatever somebody else writes into a result, written by somebody hostile."""
    failure = TestFailure(HOSTILE, HOSTILE, 1, HOSTILE, HOSTILE, HOSTILE + "1", HOSTILE + "2", FAILURE.stack, HOSTILE)
    fix = AppliedFix(HOSTILE, Strategy.LLM, HOSTILE, HOSTILE, DIFF, HOSTILE)
    attempts = tuple(
        dataclasses.replace(one, fixes_applied=(fix,), suspicious=(HOSTILE,)) for one in REPAIRED.corrections_applied
    )
    diff = DIFF.replace("shop/cart.py", f"shop/{HOSTILE}.py").replace("return sum", HOSTILE)
    return changed(
        patch=diff,
        initial_test_results=dataclasses.replace(BEFORE, framework=HOSTILE, failures=(failure,)),
        corrections_applied=attempts,
        calls=tuple(dataclasses.replace(call, provider=HOSTILE, model=HOSTILE) for call in REPAIRED.calls),
        message=HOSTILE,
        flaky=(HOSTILE,),
        suggestions=(HOSTILE,),
        sandbox=HOSTILE,
    )


def test_nothing_that_tests_and_models_wrote_is_markup() -> None:
    plain, told = page(), page(hostile(), project=HOSTILE, started_at=HOSTILE)
    assert told.tags() == plain.tags() | {"div"}
    assert "<script>alert(1)</script><img src=x onerror=alert(1)>" in told.text
    assert not [name for _, attributes in told.elements for name in attributes if name.startswith("on")]


def test_invisible_characters_of_a_diff_are_shown() -> None:
    html = html_report(changed(patch=DIFF.replace("+    return", "+    \u202ereturn")))
    assert '<span class="odd">U+202E</span>' in html
    assert "\u202e" not in html


def test_it_needs_no_script_and_no_other_address() -> None:
    html = html_report(hostile())
    told = Page(html)
    assert not told.tags() & {"script", "link", "img", "iframe", "object", "a", "form", "base"}
    assert not [name for _, attributes in told.elements for name in attributes if name in ("src", "href", "style")]
    style = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    (policy,) = (a["content"] for tag, a in told.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert re.fullmatch(r"default-src 'none'; style-src 'sha256-[\w+/=]{44}'; base-uri .*", policy or "")


def test_keys_go_before_the_diff_is_coloured() -> None:
    key = 'sk-a_b-12"3'
    safe = without_keys(
        changed(patch=DIFF.replace("- 1", f"- 1  # {key}")), lambda text: text.replace(key, "[OPENAI_API_KEY]")
    )
    assert "[OPENAI_API_KEY]" in html_report(safe)
    assert "sk-a" not in html_report(safe)
    assert safe == without_keys(safe, str)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [(Outcome.NOT_REPAIRED, "✗ not repaired"), (Outcome.LIMIT, "! a limit ended it"), (Outcome.ERROR, "! error")],
)
def test_other_ends(outcome: Outcome, words: str) -> None:
    told = page(changed(success=False, outcome=outcome, applied=False, patch="", final_test_results=BEFORE))
    assert words in told.text
    assert "✗ still fails tests/test_cart.py::test_total" in told.text
    assert "Patch" not in told.text


def test_a_run_in_which_no_tests_were_found_has_a_report() -> None:
    empty = not_run("pytest", "no tests in it")
    bare = RepairResult("", False, Outcome.ERROR, "tests_not_run", 0, False, False, "", "none", empty, empty, ())
    assert "Tests as found no tests" in page(bare).text


def test_a_new_failure_is_none_that_still_fails() -> None:
    other = dataclasses.replace(FAILURE, test_id="tests/test_cart.py::test_other")
    after = TestReport("pytest", AFTER.outcome, 3, 2, 1, failures=(other,))
    told = page(changed(final_test_results=after)).text
    assert "✗ fails with the patch tests/test_cart.py::test_other" in told
    assert "✓ passes now tests/test_cart.py::test_total" in told


def test_ten_thousand_failures_and_lines_stay_a_page() -> None:
    failures = tuple(
        dataclasses.replace(FAILURE, test_id=f"t.py::test_{n}", output="x" * 100_000) for n in range(10_000)
    )
    lines = "".join(f"+line {n}\n" for n in range(20_000))
    patch = f"diff --git a/a.py b/a.py\nnew file mode 100644\n--- /dev/null\n+++ b/a.py\n@@ -0,0 +1,20000 @@\n{lines}"
    html = html_report(changed(initial_test_results=dataclasses.replace(BEFORE, failures=failures), patch=patch))
    assert Page(html).classed("failure") == CARDS_SHOWN + 2
    assert "… and 9800 more failures" in html
    assert "… and 15001 more lines" in html
    assert len(html) < 8_000_000
