"""How a run is shown while it goes on: plain lines, or on a terminal a moving status line below them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from ...core.events import Event
from .narration import Narrator, Now, money, who
from .terminal import Line, Terminal, plain

if TYPE_CHECKING:
    from rich.text import Text

_RICH_STYLES = {"bold": "bold", "dim": "dim", "bad": "red", "ok": "green", "warn": "yellow", "hunk": "cyan"}
_REFRESHES_A_SECOND = 8
SEPARATOR = " · "


class RunView(Protocol):
    """Shows one run. ``close`` may be called more than once, and from another thread."""

    narrator: Narrator

    def open(self) -> None:
        """Begin; from here on ``close`` is due."""
        ...

    def show(self, event: Event) -> None:
        """Take in and show ``event``."""
        ...

    def close(self) -> None:
        """Leave the screen as lines below can be printed."""
        ...


def view_for(terminal: Terminal) -> RunView:
    """The live view where the terminal can do it, else plain lines."""
    return LiveView(terminal) if terminal.live else PlainView(terminal)


class PlainView:
    """A line an event that matters; no time stamps, so that two logs can be compared."""

    def __init__(self, terminal: Terminal) -> None:
        self.narrator = Narrator(terminal.room())
        self._terminal = terminal

    def open(self) -> None:
        """Nothing to begin."""

    def show(self, event: Event) -> None:
        if event["event"] == "asking":
            doing = "offline search" if event["provider"] == "offline" else f"asking {who(event)}"
            self._terminal.line((f"Iteration {self.narrator.now.iteration}: {doing}", ""))
        elif event["event"] == "node" and event["node"] == "execute_tests" and not event.get("iteration"):
            self._terminal.line(("Running the tests", ""))
        self._terminal.lines(self.narrator.tell(event))

    def close(self) -> None:
        self._terminal.stream.flush()


class LiveView:
    """Lines that stay, and below them one status line that is drawn anew several times a second."""

    def __init__(self, terminal: Terminal) -> None:
        from rich.console import Console
        from rich.live import Live

        self.narrator = Narrator(terminal.room())
        self._terminal = terminal
        self._began = time.monotonic()
        self._console = Console(
            file=terminal.stream,
            force_terminal=True,
            color_system="standard" if terminal.color else None,
            highlight=False,
            markup=False,
            emoji=False,
        )
        self._live = Live(
            console=self._console,
            transient=True,
            refresh_per_second=_REFRESHES_A_SECOND,
            redirect_stdout=False,
            redirect_stderr=False,
            get_renderable=self.status,
        )
        self._open = False

    def open(self) -> None:
        self._open = True
        self._live.start()

    def show(self, event: Event) -> None:
        for line in self.narrator.tell(event):
            self._console.print(self._text(line))

    def close(self) -> None:
        was_open, self._open = self._open, False
        if was_open:
            self._live.stop()

    def status(self) -> Text:
        """What moves, as it is now, in as many rows as the terminal needs."""
        from rich.text import Text

        width = max(10, self._console.width - 1)
        rows = status_rows(status_parts(self.narrator.now, time.monotonic(), self._began), width)
        texts = [self._text(row) for row in rows]
        for text in texts:
            text.truncate(width, overflow="ellipsis" if self._terminal.unicode else "crop")
        joined = Text("\n").join(texts)
        joined.no_wrap = True
        return joined

    def _text(self, line: Line) -> Text:
        from rich.text import Text

        return Text.assemble(*((self._terminal.text(text), _RICH_STYLES.get(style, "")) for text, style in line))


def status_parts(now: Now, clock: float, began: float) -> list[Line]:
    """What the status says, part by part, the most telling first."""
    doing = now.node
    if now.asking:
        doing = f"{now.asking} {clock - now.asked_at:.0f} s"
    elif now.candidates:
        doing = f"offline search: {now.candidates} candidates, {now.plausible} plausible"
    parts: list[Line] = [((f"iteration {now.iteration}", "bold"),)] if now.iteration else []
    parts.append(((doing, ""),))
    if now.passed or now.failed:
        of = f" of {now.total}" if now.total >= now.passed + now.failed else ""  # a crash hides tests
        failed = (f"{now.failed} failed", "bad" if now.failed else "dim")
        parts.append(((f"{now.passed} passed", "ok"), (" ", ""), failed, (of, "dim")))
    if now.tokens:
        parts.append(((f"{now.tokens} tokens {money(now.cost)}", "dim"),))
    return [*parts, ((f"{clock - began:.0f} s", "dim"),)]


def status_rows(parts: list[Line], width: int) -> list[Line]:
    """``parts`` with dots between them, a new row where the next one would not fit into ``width``."""
    rows: list[Line] = []
    for part in parts:
        joined = (*rows[-1], (SEPARATOR, "dim"), *part) if rows else part
        if rows and len(plain(joined)) <= width:
            rows[-1] = joined
        else:
            rows.append(part)
    return rows
