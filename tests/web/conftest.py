"""The page in a real browser, against a real server whose runs ask a scripted model. One of each for a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.browser import chromium
from support.projects import CALC, calc
from support.scripted_server import ScriptedServer
from support.served import Served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

WAIT = 30_000
"""Milliseconds: no step takes longer, on a loaded machine either."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def models() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, models: ScriptedServer) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("web")
    root = folder / "code"
    root.mkdir()
    variables = models.environment("openai") | {"AION_R_PROVIDERS": "openai"}
    with Served(folder / "home", root, variables) as server:
        yield server


@dataclass
class Visit:
    """One visitor: pages, and what they complained of."""

    context: BrowserContext
    served: Served
    complaints: list[str] = field(default_factory=list)

    def open(self, place: str = "#/") -> Page:
        """The page at ``place``, ready."""
        page = self.context.new_page()
        page.set_default_timeout(WAIT)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._heard(said.type, said.text))
        page.goto(f"{self.served.base}/{place}")
        page.wait_for_selector("html[data-ready]")
        return page

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "the server responded with a status of" not in text:
            self.complaints.append(text)


@pytest.fixture
def visit(browser: Browser, served: Served) -> Iterator[Callable[..., Visit]]:
    """Makes visitors, with the options of a browser context. No page may have complained, and none have asked
    another server for anything."""
    visits: list[Visit] = []
    strangers: list[str] = []

    def begin(**options: Any) -> Visit:
        usual = {
            "viewport": {"width": 1280, "height": 900},
            "reduced_motion": "reduce",
        }  # drawn without a graphics card
        context = browser.new_context(**{**usual, **options})
        context.on("request", lambda request: request.url.startswith(_OURS) or strangers.append(request.url))
        visits.append(Visit(context, served))
        return visits[-1]

    yield begin
    for one in visits:
        one.context.close()
    assert [one.complaints for one in visits] == [[] for _ in visits]
    assert strangers == []


_OURS = ("http://127.0.0.1:", "blob:http://127.0.0.1:", "data:", "file:")


@pytest.fixture
def project(served: Served, request: pytest.FixtureRequest) -> Path:
    """A project of the test's own below the server's root, whose ``add`` subtracts: no other test's answers fit it."""
    name = request.node.name.removeprefix("test_")[:60].replace("[", "-").replace("]", "")
    return calc(served.root / name, calc=CALC.replace("Small sums", name))


def begin_run(page: Page, project: Path, *choices: str) -> None:
    """Start a run of ``project`` by the form, with these boxes ticked, as a user would."""
    page.get_by_label("Project").fill(project.name)
    for choice in choices:
        page.get_by_label(choice).check()
    page.get_by_role("button", name="Start the run").click()
    page.get_by_role("heading", level=1, name=project.name).wait_for()
