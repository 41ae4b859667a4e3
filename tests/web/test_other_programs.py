"""What the page shows while the server is gone, and of runs that another program does: nothing lost, nothing twice."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aion_r.graph.context import is_held
from support.projects import CALC, RIGHT, calc
from support.replies import Answer, Hang
from support.scripted_server import ScriptedServer
from support.served import Served

from .conftest import Visit, begin_run

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Served, ScriptedServer]]:
    """A server that may be killed, and its model."""
    with ScriptedServer() as models:
        variables = models.environment("openai") | {"AION_R_PROVIDERS": "openai"}
        with Served(tmp_path / "home", tmp_path / "code", variables) as server:
            server.options = ("--port", str(server.port))  # the next one takes the place of this one
            yield server, models


def opened(visit: Callable[..., Visit], server: Served, place: str = "#/") -> tuple[Page, Visit]:
    visitor = visit()
    visitor.served = server
    return visitor.open(place), visitor


def log_of(page: Page) -> list[str]:
    return [str(line) for line in page.locator(".log li").all_text_contents()]


def badge(page: Page, words: str) -> None:
    page.wait_for_function("words => document.querySelector('.headline .badge')?.textContent === words", arg=words)


@pytest.mark.parametrize("ends", ["interrupted", "finished"])
def test_a_server_that_is_killed_and_comes_back(
    visit: Callable[..., Visit], own: tuple[Served, ScriptedServer], ends: str
) -> None:
    server, models = own
    project = calc(server.root / "shop")
    models.reply("openai", Hang() if ends == "interrupted" else Answer(RIGHT, delay=0.5), RIGHT)
    page, visitor = opened(visit, server)
    begin_run(page, project)
    page.locator("#providers .badge", has_text="asking").wait_for()
    page.locator("summary", has_text="Log").click()
    if ends == "finished":  # while nobody looks
        visitor.context.set_offline(True)
        run_id = page.url.rpartition("/")[2]
        server.wait_for(run_id, "finished")
    server.kill()
    page.get_by_role("alert").filter(has_text="The connection is lost; trying again…").wait_for()
    end = time.monotonic() + 30
    while is_held(project, server.home):  # the process of the run goes as well
        assert time.monotonic() < end
        time.sleep(0.05)
    server.start()
    visitor.context.set_offline(False)
    badge(page, "‖interrupted" if ends == "interrupted" else "✓repaired")
    page.get_by_role("alert").filter(has_text="The connection is lost").wait_for(state="hidden")
    if ends == "interrupted":
        assert "the server was killed" in log_of(page)[-1]
        page.get_by_role("button", name="Resume").click()
        badge(page, "✓repaired")
    page.locator(".log li", has_text="Repaired").wait_for()
    lines = log_of(page)
    assert len([line for line in lines if line.startswith("As found:")]) == 1, lines
    assert len([line for line in lines if line.startswith("Repaired")]) == 1, lines
    assert page.eval_on_selector_all("#tests .strip i", "all => all.map(one => one.className)") == ["passed", "passed"]
    page.locator("nav li", has_text="shop").locator(".state", has_text="repaired, written").wait_for()
    visitor.complaints[:] = [one for one in visitor.complaints if "ERR_" not in one]


def test_a_run_of_the_command_line_lives_on_the_page(
    visit: Callable[..., Visit], own: tuple[Served, ScriptedServer]
) -> None:
    server, models = own
    project = calc(server.root / "shop")
    seen = threading.Event()

    def answered(_: object) -> Answer:
        seen.wait(60)
        return Answer(RIGHT)

    models.reply("openai", answered)
    page, _ = opened(visit, server)
    command = [sys.executable, "-m", "aion_r", "fix"]
    line = subprocess.Popen(
        command, cwd=project, env=server.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    page.locator("nav li", has_text="shop").get_by_role("link").click()
    page.locator("[data-node=generate_fix].now").wait_for()
    card = page.locator("#tests li", has_text="test_calc.py::test_add")
    card.locator(".badge", has_text="fails").wait_for()
    assert "1 of 2" in page.locator(".figures").inner_text()
    seen.set()
    assert line.wait(timeout=60) == 0
    badge(page, "✓repaired")
    card.locator(".badge", has_text="passes now").wait_for()
    page.locator("summary", has_text="Log").click()
    live = log_of(page)
    assert live[0].startswith("pytest")
    assert live[-1].startswith("Repaired")
    again, _ = opened(visit, server, page.url.partition("/#")[2].join(["#", ""]))
    badge(again, "✓repaired")
    again.locator("[data-node=write_back].been").wait_for()
    again.locator("summary", has_text="Log").click()
    again.locator(".log li", has_text="Repaired").wait_for()
    assert log_of(again) == live
    again.get_by_role("button", name="Undo…").click()
    again.get_by_role("button", name="Put them back").click()
    badge(again, "↶undone")
    assert (project / "calc.py").read_text() == CALC
