"""A run while it goes on: a display that changes in place in Jupyter and VS Code, the terminal's own view elsewhere."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from ...core.documents import RepairResult
from ...core.events import Event
from ..report.markup import Html, joined, tag
from ..screen.narration import Narrator
from ..screen.terminal import Line, Terminal, plain
from ..screen.views import SEPARATOR, RunView, status_parts, view_for
from .bundles import hiding
from .style import BAD, DOUBT, GOOD, PAGE, QUIET, tint

REFRESHED_EVERY = 0.25
"""Seconds."""
LINES_SHOWN = 40
_COLORS = {"ok": GOOD, "bad": BAD, "warn": DOUBT}


async def watch(events: AsyncGenerator[Event]) -> RepairResult:
    """The result of the run that ``events`` tell of (``cycle.astream(…)``), which is shown while it goes on.

    Cancelling it, as a notebook's stop button does, ends the run and leaves the project as it was.
    """
    from ..commands.fixing import watch as show_all

    view = view_here()
    async with aclosing(events):
        try:
            return await show_all(events, view)
        finally:
            view.close()


def view_here() -> RunView:
    """The view for where this process shows things: a kernel's front end, a terminal, a pipe."""
    hide = hiding()
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if getattr(shell, "kernel", None) is not None:
        return NotebookView(Terminal(sys.stdout, hide=hide))
    return view_for(Terminal.of(sys.stdout, hide=hide))


class NotebookView:
    """One output of a cell, drawn anew while the run goes on; at its end the lines that stay are left."""

    def __init__(self, terminal: Terminal) -> None:
        self.narrator = Narrator()
        self._terminal = terminal
        self._lines: list[Line] = []
        self._began = time.monotonic()
        self._handle: Any = None
        self._drawn: dict[str, str] = {}
        self._ticking: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin, or go on after a pause; to be called in a running event loop."""
        import IPython.display

        display: Callable[..., Any] = IPython.display.display  # it has no types
        if self._handle is None:
            self._drawn = self._bundle()
            self._handle = display(self._drawn, raw=True, display_id=True)
        self._ticking = asyncio.create_task(self._tick())

    def show(self, event: Event) -> None:
        self._lines += self.narrator.tell(event)

    def close(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None
            self._refresh(ended=True)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(REFRESHED_EVERY)
            self._refresh()

    def _refresh(self, *, ended: bool = False) -> None:
        bundle = self._bundle(ended=ended)
        if bundle != self._drawn:
            self._drawn = bundle
            self._handle.update(bundle, raw=True)

    def _bundle(self, *, ended: bool = False) -> dict[str, str]:
        status = [] if ended else status_parts(self.narrator.now, time.monotonic(), self._began)
        lines = self._lines[-LINES_SHOWN:]
        told = [tag("div", self._html(line)) for line in lines]
        html = tag("div", told, self._status(status), style=f"{PAGE};white-space:pre-wrap")
        words = [plain(line) for line in lines] + ([SEPARATOR.join(plain(part) for part in status)] if status else [])
        return {"text/html": html, "text/plain": self._terminal.text("\n".join(words))}

    def _status(self, parts: list[Line]) -> Html | None:
        """What moves. Not a live region: a screen reader would read a clock."""
        if not parts:
            return None
        shown = [joined(SEPARATOR if index else None, self._html(part)) for index, part in enumerate(parts)]
        return tag("div", shown, style=f"border-left:4px solid {QUIET};padding-left:8px;margin-top:4px")

    def _html(self, line: Line) -> Html:
        return joined([self._span(self._terminal.text(text), style) for text, style in line])

    def _span(self, text: str, style: str) -> Html:
        look = {"bold": "font-weight:600", "dim": "opacity:.75"}.get(style) or tint(_COLORS.get(style, ""))
        return tag("span", text, style=look) if look else joined(text)
