"""The page for everybody: keyboard alone, screen readers, a phone, dark, no motion, a slow machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from aion_r.api.report import html_report
from support.browser import axe_source
from support.projects import RIGHT, calc, write
from support.replies import Answer
from support.results import REPAIRED
from support.scripted_server import ScriptedServer
from support.served import Served

from .conftest import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LIGHT, DARK = {"color_scheme": "light"}, {"color_scheme": "dark"}
PHONE = {"viewport": {"width": 360, "height": 740}}
WEIGHT = 300_000
"""Bytes of all that a first visit fetches."""
INTERACTIVE = 1000
"""Milliseconds from the start of the visit until it can be used."""


@pytest.fixture(scope="module")
def asking(served: Served, models: ScriptedServer) -> str:
    """A run of a project with long names and lines that waits for approval, from here on."""
    long = "a_name_that_goes_on_and_on_" * 6
    test = f"from calc import add\n\n\ndef test_{long}():\n    assert add('{long}', '') == '{long}!', '{long}'\n"
    write(served.root / "asking", {"test_long.py": test, "calc.py": f"def add(a, b):\n    return a - b  # {long}\n"})
    models.script(
        "openai",
        "calc.py\n```python\n" + f"def add(a, b):\n    return a + b + '!' * isinstance(a, str)  # {long}\n```\n",
    )
    run_id = served.ask("asking", approve=True)
    assert served.wait_for(run_id, "waiting", "finished")["status"] == "waiting"
    return run_id


@pytest.fixture(scope="module")
def done(served: Served, asking: str, models: ScriptedServer) -> str:
    """A run that has repaired and written."""
    calc(served.root / "done")
    models.script("openai", RIGHT)
    run_id = served.ask("done")
    assert served.wait_for(run_id, "finished")["outcome"] == "repaired"
    return run_id


def faults(page: Page) -> list[str]:
    """What axe-core finds that is serious or critical."""
    page.evaluate(axe_source())
    found: list[dict[str, Any]] = page.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)"
    )
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("options", [LIGHT, DARK, DARK | PHONE], ids=["light", "dark", "phone"])
def test_axe_finds_nothing_serious(
    visit: Callable[..., Visit], asking: str, done: str, options: dict[str, Any]
) -> None:
    page = visit(**options).open()
    page.locator("nav li").first.wait_for()
    page.locator("summary").first.click()
    assert faults(page) == []
    page.goto(page.url.split("#")[0] + f"#/runs/{asking}")
    page.get_by_role("button", name="Edit the patch…").click()
    page.locator("#tests .failure").first.wait_for()
    page.locator("summary", has_text="Log").click()
    assert faults(page) == []
    page.goto(page.url.split("#")[0] + f"#/runs/{done}")
    page.get_by_role("button", name="Undo…").click()
    page.get_by_role("dialog").wait_for()
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.locator("#providers tbody tr").wait_for()
    assert faults(page) == []


@pytest.fixture
def report(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens the HTML report of a run from its file."""
    file = tmp_path / "report.html"
    file.write_text(html_report(REPAIRED, project="/srv/shop", started_at="2026-11-22"), encoding="utf-8")
    contexts = []

    def show(**options: Any) -> Page:
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.goto(file.as_uri())
        return page

    yield show
    for context in contexts:
        context.close()


@pytest.mark.parametrize("options", [LIGHT, DARK, DARK | PHONE], ids=["light", "dark", "phone"])
def test_axe_finds_nothing_serious_in_a_report(report: Callable[..., Page], options: dict[str, Any]) -> None:
    page = report(**options)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("getComputedStyle(document.querySelector('tr.add .sign')).fontWeight") == "700"


def test_a_phone_needs_no_sideways_scroll(visit: Callable[..., Visit], asking: str, done: str) -> None:
    page = visit(**PHONE).open()
    for place in ("#/", f"#/runs/{asking}", f"#/runs/{done}"):
        page.goto(page.url.split("#")[0] + place)
        if place != "#/":
            page.locator("#tests .failure").first.wait_for()
        assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [360, 360], place
    page.get_by_role("link", name="All runs").click()
    page.get_by_role("navigation", name="Runs").wait_for()


def test_by_keyboard_alone(visit: Callable[..., Visit], project: Path, models: ScriptedServer) -> None:
    models.script("openai", Answer(RIGHT, delay=0.2))
    page = visit().open()
    heard = spoken(page)
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the run"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    tab_to(page, "path")
    page.keyboard.type(project.name)
    tab_to(page, "approve")
    page.keyboard.press("Space")
    tab_to(page, "Start the run")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name=project.name).wait_for()
    assert page.evaluate("document.activeElement.tagName") == "H1"
    page.get_by_role("region", name="Your approval").wait_for()
    tab_to(page, "Reject…")
    page.keyboard.press("Enter")
    assert focused(page) == "reason"
    tab_to(page, "Back")
    page.keyboard.press("Enter")
    assert focused(page) == "Accept and write"
    page.keyboard.press("Enter")
    page.locator(".headline .badge.ok").wait_for()
    tab_to(page, "Undo…")
    page.keyboard.press("Enter")
    assert focused(page) == "Cancel"
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.activeElement.textContent === 'Undo…'")
    page.wait_for_function("() => document.getElementById('said').textContent.endsWith('Repaired')")
    assert "The run asks for approval" in page.evaluate(heard)


def focused(page: Page) -> str:
    """The id, or the text, of what has the focus."""
    found: str = page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
    return found


def tab_to(page: Page, name: str) -> None:
    """Press Tab until ``name`` has the focus."""
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(focused(page))
        if seen[-1] == name:
            return
    raise AssertionError(f"{name} cannot be reached: {seen}")


def spoken(page: Page) -> str:
    """Begin to note what the live region says; the expression that has it all."""
    page.evaluate(
        "window.heard = []; new MutationObserver(() => heard.push(document.getElementById('said').textContent))"
        ".observe(document.getElementById('said'), {childList: true, characterData: true, subtree: true})"
    )
    return "window.heard.join('; ')"


def test_landmarks_and_names(visit: Callable[..., Visit], asking: str) -> None:
    page = visit().open(f"#/runs/{asking}")
    page.get_by_role("region", name="Your approval").wait_for()
    tree = page.locator("body").aria_snapshot()
    for part in ("- banner:", '- navigation "Runs":', "- main:", '- region "Your approval":', '- region "Progress":'):
        assert part in tree, part
    assert re.search(r'img "The repair loop: now asking for approval"', tree)
    assert page.locator("#said").get_attribute("aria-live") == "polite"


def test_no_motion_where_none_is_wanted(visit: Callable[..., Visit], asking: str) -> None:
    moving = "document.getAnimations().length"
    page = visit(reduced_motion="no-preference").open(f"#/runs/{asking}")
    page.locator(".node.now").wait_for()
    assert page.evaluate(moving) > 0
    still = visit().open(f"#/runs/{asking}")
    still.locator(".node.now").wait_for()
    assert still.evaluate(moving) == 0


def test_light_and_soon_there(visit: Callable[..., Visit], done: str) -> None:
    fetched: list[int] = []
    visitor = visit()
    visitor.context.on("response", lambda answer: fetched.append(len(answer.body())))
    times = []
    for _ in range(3):
        page = visitor.open()
        times.append(page.evaluate("performance.getEntriesByName('interactive')[0].startTime"))
        page.close()
    assert min(times) < INTERACTIVE
    assert 10_000 < sum(fetched) / 3 < WEIGHT
