"""What users see of a run in a real kernel, a terminal and a pipe; nothing of it is markup that a test wrote."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import signal
import sys
from collections.abc import AsyncGenerator, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from aion_r import picture, runs, watch
from aion_r.api.notebook.live import view_here
from aion_r.api.screen.views import LiveView, PlainView
from aion_r.core.documents import RepairResult
from aion_r.core.domain import Attempt, CallRecord, Outcome, RunOutcome, TestFailure, TestReport, Verdict
from aion_r.core.events import Event
from support.kernels import book_of, kernel, shown
from support.projects import calc, snapshot

WATCHED = "from aion_r import AutocorrectionCycle, watch\ncycle = AutocorrectionCycle(providers=['offline'])\n"
EVIL = "<img src=x onerror=alert(1)>\"'&\x1b]0;t\x07\u202e"
"""A test may be called like this."""


class Tags(HTMLParser):
    """The elements of a page, each with its attributes; and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def harmless(page: str) -> Tags:
    """``page``, which is whole, runs nothing and reaches nothing outside."""
    tags = Tags(page)
    assert tags.open == []
    assert {name for name, _ in tags.seen} <= {
        *("div", "span", "strong", "code", "pre", "details", "summary"),
        *("table", "thead", "tbody", "tr", "th", "td"),
        *("svg", "title", "g", "polyline", "polygon", "rect", "text"),
    }
    names = {name for _, attributes in tags.seen for name in attributes if attributes != {"class": "odd"}}
    assert not [name for name in names if name.startswith("on") or name in ("href", "src", "id", "class")]
    assert not re.search(r"url\(|@import|https?://", "".join(str(a.get("style")) for _, a in tags.seen))
    return tags


def result(**changed: object) -> RepairResult:
    failure = TestFailure(f"test_x.py::{EVIL}", f"{EVIL}.py", 3, EVIL, expected=EVIL, actual=None)
    report = TestReport("pytest", RunOutcome.COMPLETED, 40, 1, 39, failures=(failure,) * 39, message=EVIL)
    given: dict[str, object] = {
        "run_id": "20260101-000000-abcdef",
        "success": False,
        "outcome": Outcome.NOT_REPAIRED,
        "stop_reason": "no_fix",
        "iterations_completed": 1,
        "convergence_achieved": True,
        "applied": False,
        "patch": f"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-{EVIL}\n+b\n" + "+long\n" * 5000,
        "sandbox": "overlay",
        "initial_test_results": report,
        "final_test_results": report,
        "corrections_applied": (Attempt(1, 39, 39, 0.0, False, Verdict.STILL_FAILING),),
        "calls": (CallRecord("openai", EVIL, ok=True, seconds=1.0),),
        "message": EVIL,
    }
    return RepairResult(**(given | changed))  # type: ignore[arg-type]


def test_nothing_that_tests_wrote_is_markup() -> None:
    for record in (result(), result().final_test_results):
        tags = harmless(record._repr_html_())
        assert "<img src=x onerror=alert(1)>\"'&" in tags.text
        assert "\x1b" not in tags.text and "\u202e" not in tags.text


def test_a_card_stays_small() -> None:
    bundle = result()._repr_mimebundle_()
    assert len(bundle["text/html"]) < 30_000
    assert "and 29 more failures" in Tags(bundle["text/html"]).text
    assert bundle["text/plain"].startswith("not repaired: 1 of 40 tests pass (1 before), 1 iteration, ")


def test_a_key_is_taken_out_before_anything_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk-0123456789abcdefghij"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    shown_key = result(message="x" * 290 + key)._repr_html_()
    assert key[:8] not in shown_key
    assert "[OPENAI_API_KEY]"[:5] in shown_key


def test_the_picture_has_every_edge_of_the_graph() -> None:
    from aion_r import build_graph

    graph = build_graph()
    drawable = graph.get_graph()
    assert graph._repr_mimebundle_() == picture(graph)._repr_mimebundle_(), "drawn by a service"
    tags = harmless(picture()._repr_html_())
    assert len([name for name, _ in tags.seen if name == "polyline"]) == len(drawable.edges)
    dashed = [1 for name, given in tags.seen if name == "polyline" and "stroke-dasharray" in given]
    assert len(dashed) == len([edge for edge in drawable.edges if edge.conditional])
    assert all(name.strip("_") in tags.text for name in drawable.nodes)


def test_a_node_is_lit() -> None:
    lit = [page.count('stroke="#2da44e"') for page in (picture()._repr_html_(), picture(lit="apply_fix")._repr_html_())]
    assert lit == [0, 1]


def test_no_runs_are_a_list_too(tmp_path: Path) -> None:
    none = runs(tmp_path)
    assert (len(none), list(none), repr(none)) == (0, [], "<0 runs>")
    assert Tags(none._repr_html_()).text == none._repr_mimebundle_()["text/plain"] == "No runs are kept."


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookClient]:
    """A kernel; its runs are kept in a home of this module's tests."""
    folder = tmp_path_factory.mktemp("kernel")
    with kernel(book_of(), folder, folder / "home") as client:
        yield client


def run_cells(client: NotebookClient, *sources: str) -> list[NotebookNode]:
    """The cells with what they showed."""
    client.nb = book_of(*sources)
    return [client.execute_cell(cell, index) for index, cell in enumerate(client.nb.cells)]


def test_a_run_in_a_notebook(tmp_path: Path, running: NotebookClient, monkeypatch: pytest.MonkeyPatch) -> None:
    project = calc(tmp_path / "calc")
    sent: list[str] = []
    heed = running.process_message
    monkeypatch.setattr(running, "process_message", lambda m, *rest: sent.append(m["msg_type"]) or heed(m, *rest))
    progress, card, again, kept, table = run_cells(
        running,
        f"{WATCHED}result = await watch(cycle.astream({str(project)!r}))",
        "result",
        f"(await cycle.arun_autocorrection({str(project)!r})).outcome",
        "from aion_r import runs\nkept = runs()\n[run['outcome'] for run in kept[:2]], kept[:1]",
        "kept",
    )
    (display,) = progress.outputs
    assert sent.count("display_data") == 1
    assert sent.count("update_display_data") >= 2, "nothing moved"
    assert display.output_type == "display_data"
    tags = harmless(display.data["text/html"])
    assert "Tests as found: 1 failed, 1 passed" in tags.text
    assert tags.text.endswith("offline search: 1 → 0 failing, all tests pass")
    assert "\x1b" not in display.data["text/plain"]
    assert "✓ repaired: 2 of 2 tests pass (1 before)" in harmless(shown(card, "text/html")).text
    assert shown(card).startswith("repaired: 2 of 2 tests pass (1 before)")
    assert "ALREADY_GREEN" in shown(again)
    assert shown(kept) == "(['already_green', 'repaired'], <1 run>)"
    page = shown(table, "text/html")
    assert ["calc" in harmless(page).text, str(tmp_path) in page] == [True, False]


def test_an_interrupted_cell_leaves_the_project_as_it_was(
    tmp_path: Path, running: NotebookClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = calc(tmp_path / "calc", test_slow="import time\n\n\ndef test_slow():\n    time.sleep(60)\n")
    before = snapshot(project)
    monkeypatch.setattr(running, "process_message", Interrupting(running))
    with pytest.raises(CellExecutionError, match=r"CancelledError|KeyboardInterrupt"):
        run_cells(running, f"{WATCHED}await watch(cycle.astream({str(project)!r}))")
    assert shown(run_cells(running, "1 + 1")[0]) == "2"
    assert snapshot(project) == before


class Interrupting:
    """Heeds the kernel's messages, and presses the stop button once the tests are under way."""

    def __init__(self, client: NotebookClient) -> None:
        self._client, self._heed, self._pressed = client, client.process_message, False

    def __call__(self, message: dict[str, Any], *rest: Any) -> Any:
        words = str(message.get("content", {}).get("data", {}).get("text/plain", ""))
        if not self._pressed and "running the tests" in words:
            self._pressed = True
            process = self._client.km.provisioner.process
            os.kill(process.pid, signal.SIGINT)
        return self._heed(message, *rest)


async def told(*events: Event) -> AsyncGenerator[Event]:
    """A run that says this and ends."""
    for event in events:
        yield event
    yield {"event": "finished", "result": result()}


def test_a_run_in_a_pipe(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_0123456789abcdef")
    error = {"kind": "auth", "message": f"gsk_0123456789abcdef {EVIL}", "status": 401}
    call = {"event": "call", "provider": "groq", "model": "m", "ok": False, "error": error}
    ended = asyncio.run(watch(told({"event": "node", "node": "execute_tests", "iteration": 0}, call)))
    assert ended.outcome is Outcome.NOT_REPAIRED
    written = capsys.readouterr().out
    assert written.startswith("Running the tests\n  groq (m): auth 401: [GROQ_API_KEY] <img")
    assert "\x1b" not in written and "\u202e" not in written


def test_a_view_that_breaks_ends_the_run() -> None:
    ended: list[bool] = []

    async def events() -> AsyncGenerator[Event]:
        try:
            yield {"event": "node"}
        finally:
            ended.append(True)

    async def watched() -> list[bool]:
        with pytest.raises(KeyError):
            await watch(events())
        return list(ended)

    assert asyncio.run(watched()) == [True]


def test_the_view_is_the_terminals_own_where_there_is_no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(view_here(), PlainView)
    main, side = pty.openpty()
    with os.fdopen(main), os.fdopen(side, "w") as screen, monkeypatch.context() as there:
        there.setattr(sys, "stdout", screen)
        assert isinstance(view_here(), LiveView)
