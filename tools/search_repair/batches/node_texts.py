"""The project's files in the view, as the last batch left them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from ...sandbox.protocol import Command, View
from .commands import Commands, under


class Texts:
    """Writes texts over the view's files, and the first ones again where a later batch leaves a file out."""

    def __init__(self, view: View, cancel: threading.Event, read: Callable[[str], bytes | None]) -> None:
        self._view, self._read = view, read
        self._commands = Commands(view, Command(()), cancel)
        self._now: dict[str, str] = {}

    def show(self, texts: Mapping[str, str]) -> list[str]:
        """Make ``texts`` (path to text) what the view holds. The absolute paths of the files that differ now."""
        wanted = {**{path: self._first(path) for path in self._now}, **texts}
        fresh = {p: text for p, text in wanted.items() if self._now.get(p, self._first(p)) != text}
        self._now |= fresh
        places = {under(self._view.root, path): text for path, text in fresh.items()}
        if places:
            self._commands.put(places)
        return list(places)

    def _first(self, path: str) -> str:
        return (self._read(path) or b"").decode("utf-8", "surrogateescape")

    def close(self) -> None:
        """End the program that writes."""
        self._commands.close()
