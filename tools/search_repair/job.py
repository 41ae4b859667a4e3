"""What a search is asked, what it says while it works, and what it found."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...core.domain import Edit, TestFailure

if TYPE_CHECKING:
    from ..frameworks.protocol import Framework
    from ..localize import Spectrum


class Cancelled(Exception):
    """Whoever asked for the search does not want it any more, or its time is over."""


@dataclass(frozen=True)
class SearchJob:
    """One search.

    ``passed_ids`` passed at baseline and must go on passing; ``python`` starts the project's interpreter, in ``folder``
    of the project and with ``options`` for the framework.

    ``may_edit`` says of a project-relative path whether fixes may touch it; ``read`` gives a file as the view shows it;
    ``seconds`` is the most the search may take, ``patience`` how long rivals of the first repair are looked at.
    ``workers`` candidates are under way at a time. Setting ``cancel`` ends the search within a fraction of a second.

    Languages other than Python have no ``python``; their ``adapter`` tells how tests are run (``test_command`` is the
    user's own command, if any), ``objection`` why an edit must not be made whatever the tests say, and ``spectrum``
    what the tests ran, where that is known, of all files but those that changed since.
    """

    language: str
    framework: str
    failing: tuple[TestFailure, ...]
    passed_ids: tuple[str, ...]
    python: tuple[str, ...]
    may_edit: Callable[[str], bool]
    read: Callable[[str], bytes | None]
    seconds: float = 120.0
    cancel: threading.Event = field(default_factory=threading.Event)
    workers: int = 2
    patience: float = 2.0
    folder: str = "."
    options: tuple[str, ...] = ()
    adapter: Framework | None = None
    test_command: str | None = None
    objection: Callable[[Edit], str | None] = lambda edit: None
    spectrum: Callable[[Collection[str]], Spectrum | None] = lambda changed: None


@dataclass(frozen=True)
class SearchProgress:
    """A word while it works: candidates run so far, of how many known, plausible ones, seconds since the start."""

    candidates: int
    known: int
    plausible: int
    seconds: float


@dataclass(frozen=True)
class SearchResult:
    """What a search found. No edits: nothing better than the start.

    ``plausible``: every failing test passes and none that passed fails, confirmed by a fresh import; otherwise the
    edits are a partial improvement. ``candidates`` and ``test_executions`` count what was really run.
    """

    edits: tuple[Edit, ...] = ()
    plausible: bool = False
    explanation: str = ""
    candidates: int = 0
    plausible_found: int = 0
    seconds: float = 0.0
    test_executions: int = 0
