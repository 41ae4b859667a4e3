"""Through a repair on the page, click by click: a real browser, a real server, real tests; the model is scripted."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.projects import HARMFUL, RIGHT, block, plain_pytest, snapshot, write
from support.replies import Answer, Hang, Status
from support.scripted_server import ScriptedServer
from support.served import Served

from .conftest import Visit, begin_run

if TYPE_CHECKING:
    from playwright.sync_api import Page

BUGGY, MENDED = "return a - b", "return a + b"


def strip(page: Page) -> list[str]:
    """The squares of the tests, by what they are now."""
    found: list[str] = page.eval_on_selector_all("#tests .strip i", "all => all.map(one => one.className)")
    return found


def ended(page: Page, sign_and_words: str) -> None:
    """Wait until the run's badge says so."""
    page.wait_for_function(
        "words => document.querySelector('.headline .badge')?.textContent === words", arg=sign_and_words
    )


def test_from_red_to_green_to_undone(visit: Callable[..., Visit], project: Path, models: ScriptedServer) -> None:
    as_found = snapshot(project)
    models.script("openai", Answer(RIGHT, delay=1.0))
    page = visit().open()
    begin_run(page, project, "Ask me before anything is written")

    card = page.locator("#tests li", has_text="test_calc.py::test_add")
    card.locator(".badge", has_text="fails").wait_for()
    assert strip(page) == ["passed", "failed"]
    assert card.locator(".expected pre").inner_text() == "5"
    assert card.locator(".actual pre").inner_text() == "-1"
    page.locator("[data-node=generate_fix].now").wait_for()
    assert "looking for a fix" in (page.get_by_role("img", name="The repair loop").get_attribute("aria-label") or "")

    question = page.get_by_role("region", name="Your approval")
    question.wait_for()
    ended(page, "?asks you")
    card.locator(".badge", has_text="passes now").wait_for()
    assert strip(page) == ["passed", "passed"]
    assert question.locator("tr.del .code").inner_text() == "    return a - b"
    assert question.locator("tr.add .sign").inner_text() == "+"
    assert question.locator("tr.add mark").inner_text() == "+"
    assert question.locator("tr.add .t-keyword").inner_text() == "return"
    assert snapshot(project) == as_found

    question.get_by_role("button", name="Accept and write").click()
    ended(page, "✓repaired")
    assert snapshot(project) == as_found | {"calc.py": as_found["calc.py"].replace(b"a - b", b"a + b")}
    assert plain_pytest(project) == 0
    assert page.locator("#providers tbody tr").inner_text().split("\t")[-3:] == ["100", "20", "<$0.0001"]
    assert "2 of 2" in page.locator(".figures").inner_text()
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Report").click()
    opened.value.get_by_text("1 of 1 pass with the patch").wait_for()
    assert opened.value.evaluate("getComputedStyle(document.querySelector('.badge.ok')).borderRadius") == "999px"
    with page.expect_download() as download:
        page.get_by_role("button", name="Patch file").click()
    assert "+    return a + b" in download.value.path().read_text()

    page.get_by_role("button", name="Undo…").click()
    page.get_by_role("dialog", name="Put the files back?").get_by_role("button", name="Cancel").click()
    assert plain_pytest(project) == 0
    page.get_by_role("button", name="Undo…").click()
    page.get_by_role("button", name="Put them back").click()
    ended(page, "↶undone")
    assert snapshot(project) == as_found


def test_reject_with_a_reason_then_edit(visit: Callable[..., Visit], project: Path, models: ScriptedServer) -> None:
    models.script("openai", RIGHT, block("calc.py", "    return a - b", "    return b + a"))
    page = visit().open()
    begin_run(page, project, "Ask me before anything is written")

    question = page.get_by_role("region", name="Your approval")
    question.get_by_role("button", name="Reject…").click()
    assert page.evaluate("document.activeElement.id") == "reason"
    question.get_by_label("Why not?").fill("Put b first, please.")
    question.get_by_role("button", name="Reject", exact=True).click()

    question.locator("tr.add .code", has_text="b + a").wait_for()
    assert "Put b first, please." in models.calls()[-1].prompt
    assert BUGGY in (project / "calc.py").read_text()
    question.get_by_role("button", name="Edit the patch…").click()
    text = question.get_by_label("The patch, a unified diff")
    text.fill(text.input_value().replace("+    return b + a", "+    return sum((b, a))"))
    question.get_by_role("button", name="Test and write this").click()

    ended(page, "✓repaired")
    assert "return sum((b, a))" in (project / "calc.py").read_text()
    log = page.locator(".log")
    page.locator("summary", has_text="Log").click()
    assert "Rejected: Put b first, please." in log.inner_text()
    assert "Edited" in log.inner_text()


def test_reject_without_a_reason_ends_it(visit: Callable[..., Visit], project: Path, models: ScriptedServer) -> None:
    models.script("openai", RIGHT)
    page = visit().open()
    begin_run(page, project, "Ask me before anything is written")
    page.get_by_role("button", name="Reject…").click()
    page.get_by_role("button", name="Reject", exact=True).click()
    ended(page, "✗not repaired")
    assert BUGGY in (project / "calc.py").read_text()
    assert page.get_by_role("region", name="Your approval").count() == 0


def test_every_attempt_and_call_is_told(visit: Callable[..., Visit], project: Path, models: ScriptedServer) -> None:
    models.script("openai", Status(500, message="all models are down"), HARMFUL, RIGHT)
    page = visit().open()
    begin_run(page, project, "Only make a patch, write nothing")
    ended(page, "✓repaired")
    verdicts = page.locator("#attempts .badge").all_text_contents()
    assert verdicts == ["✗broke other tests, undone", "✓all tests pass"]
    page.locator("#attempts summary").first.click()
    assert page.locator("#attempts tr.add .code").first.inner_text() == "    return a + b"
    row = page.locator("#providers tbody tr").inner_text()
    assert "2 of 3" in row
    assert "server error 500: " in row
    assert "all models are down" in row
    assert "not written to the project" in page.locator("#patch").inner_text()
    assert BUGGY in (project / "calc.py").read_text()


def test_cancelled_and_resumed(visit: Callable[..., Visit], project: Path, models: ScriptedServer) -> None:
    models.script("openai", Hang(), RIGHT)
    page = visit().open()
    begin_run(page, project)
    page.locator("#providers .badge", has_text="asking").wait_for()
    page.get_by_role("button", name="Cancel").click()
    ended(page, "■cancelled")
    assert BUGGY in (project / "calc.py").read_text()
    page.get_by_role("button", name="Resume").click()
    ended(page, "✓repaired")
    assert MENDED in (project / "calc.py").read_text()
    row = page.locator("nav li", has_text=project.name)
    row.locator(".state", has_text="repaired, written").wait_for()


HOSTILE = "<img src=x onerror=window.hurt=1><script>window.hurt=2</script>"


def test_html_of_tests_and_models_stays_text(
    visit: Callable[..., Visit], project: Path, models: ScriptedServer
) -> None:
    test = (
        f"import pytest\nfrom calc import add\n\n\n@pytest.mark.parametrize('name', [{HOSTILE!r}])\n"
        f"def test_name(name):\n    print(name, '\\x1b[31mred')\n    assert add(2, 3) == 5, name\n"
        "\n\ndef test_other():\n    assert '<b>' == ''\n"
    )
    write(project, {"test_calc.py": test})
    models.script("openai", f"{HOSTILE}\n" + block("calc.py", "    return a - b", f"    return a + b  # {HOSTILE}"))
    page = visit().open()
    begin_run(page, project, "Only make a patch, write nothing")
    ended(page, "✗not repaired")
    page.locator("#tests summary", has_text="Output").click()
    shown = page.locator("main").inner_text()
    assert f"test_name[{HOSTILE}]" in shown
    assert f"# {HOSTILE}" in shown
    assert f"{HOSTILE} red" in shown
    assert page.evaluate("window.hurt") is None
    assert page.locator("main img, main script").count() == 0
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Report").click()
    opened.value.get_by_text("AION-R report").wait_for()
    assert HOSTILE in opened.value.locator("main").inner_text()
    assert opened.value.evaluate("[window.hurt, document.images.length, document.scripts.length]") == [None, 0, 0]


def test_what_the_server_refuses_is_said(visit: Callable[..., Visit], served: Served) -> None:
    page = visit().open()
    page.get_by_label("Project").fill("/etc")
    page.get_by_role("button", name="Start the run").click()
    page.get_by_role("alert").get_by_text("/etc").wait_for()
    page.goto(f"{served.base}/#/runs/20200101-000000-abcdef")
    page.get_by_role("heading", level=1, name="There is no such run").wait_for()


def test_a_broken_stream_goes_on_after_the_last_event(
    visit: Callable[..., Visit], project: Path, models: ScriptedServer, served: Served
) -> None:
    models.script("openai", RIGHT)
    run_id = served.ask(project.name, no_apply=True)
    served.wait_for(run_id, "finished")
    whole = served.call("GET", f"/api/qa/runs/{run_id}/events").text
    fourth = whole.index("id: 5\n")
    asked: list[str | None] = []
    visitor = visit()

    def stream(route: object) -> None:
        asked.append(route.request.headers.get("last-event-id"))  # type: ignore[attr-defined]
        if len(asked) == 1:  # the connection breaks within the fifth event
            route.fulfill(body=whole[: fourth + 20], content_type="text/event-stream")  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    visitor.context.route(re.compile(r"/events$"), stream)
    page = visitor.open(f"#/runs/{run_id}")
    page.locator("summary", has_text="Log").click()
    page.locator(".log li", has_text="Repaired").wait_for()
    assert asked == [None, "4"]
    lines = page.locator(".log li").all_inner_texts()
    assert len(lines) == len(set(lines)) >= 4


@pytest.fixture
def guarded(tmp_path: Path, models: ScriptedServer) -> Served:
    (tmp_path / "code").mkdir()
    return Served(tmp_path / "home", tmp_path / "code", {"AION_R_SERVE_TOKEN": "correct horse battery"})


def test_a_token_is_asked_for_and_kept_for_the_tab(visit: Callable[..., Visit], guarded: Served) -> None:
    from playwright.sync_api import expect

    with guarded:
        visitor = visit()
        visitor.served = guarded
        page = visitor.context.new_page()
        page.goto(guarded.base)
        dialog = page.get_by_role("dialog", name="This server needs a token")
        for token in ("wrong", "correct horse battery"):
            expect(dialog.get_by_label("Token")).to_have_value("")  # it asks, after the wrong one once more
            dialog.get_by_label("Token").fill(token)
            dialog.get_by_role("button", name="Go on").click()
        page.get_by_text("No runs yet.").wait_for()
        page.reload()
        page.get_by_text("No runs yet.").wait_for()
        assert page.get_by_role("dialog").count() == 0
