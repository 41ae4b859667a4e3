"""Who watches work that no face of ours began: a call by ``create_llm``, a run of the graph in somebody else's. As with
``core.display``, ``api`` says who; the floors below know nobody there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .events import Emit, Event
    from .settings import Environment
    from .state import RepairState


class RunWatch(Protocol):
    """Watches one run. ``ended`` and ``failed`` may block; one of them is called, while the project is held."""

    def tell(self, event: Event) -> None:
        """Something happened."""
        ...

    def ended(self, state: RepairState, context: Any) -> None:
        """The run, whose ``graph.context.RepairContext`` is given, has ended in ``state``."""
        ...

    def failed(self, error: BaseException | None) -> None:
        """It broke, or (without an ``error``) is not gone on with."""
        ...


class Unwatched:
    """Nobody watches."""

    def tell(self, event: Event) -> None:
        """See ``RunWatch``."""

    def ended(self, state: RepairState, context: Any) -> None:
        """See ``RunWatch``."""

    def failed(self, error: BaseException | None) -> None:
        """See ``RunWatch``."""


Calls = Callable[[], "Emit"]
Runs = Callable[[Path, "Environment"], RunWatch]


def _nobody(home: Path, environment: Environment) -> RunWatch:
    return Unwatched()


def _deaf() -> Emit:
    return Unwatched().tell


_calls: Calls = _deaf
_runs: Runs = _nobody


def watched_by(calls: Calls, runs: Runs) -> None:
    """From here on ``calls`` gives the listener of each chat model, and ``runs`` the watch of each run."""
    global _calls, _runs
    _calls, _runs = calls, runs


def watch_calls() -> Emit:
    """Who hears of the events ``asking`` and ``call`` of a chat model that is made now."""
    return _calls()


def watch_run(home: Path, environment: Environment) -> RunWatch:
    """Who watches a run that begins now, is kept in ``home`` and has the keys of ``environment``."""
    return _runs(home, environment)
