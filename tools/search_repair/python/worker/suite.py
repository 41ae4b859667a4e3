"""pytest, collected once and driven item by item: what a zygote holds, and what a cold child does in one go."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any, Callable, Dict, List, Optional

from .failure import Hang, describe
from .forks import Emit
from .frames import Message
from .trace import LineTracer, Places

Loop = Callable[["Suite"], None]


class Suite:
    """A pytest plugin that takes over the moment collection is done, and says what each item did."""

    def __init__(self, root: str, loop: Loop) -> None:
        self.places = Places(root)
        self.items: Dict[str, Any] = {}
        self.errors: List[Message] = []
        self._loop = loop
        self._outcome = "passed"
        self._error: Optional[Message] = None
        self._failed_collections: Dict[str, Message] = {}

    def run(self, args: List[str]) -> int:
        """``pytest.main`` with this plugin; returns its exit code when the loop was never reached."""
        import pytest

        return int(pytest.main(args, plugins=[self]))

    # Hooks of pytest

    def pytest_runtestloop(self, session: Any) -> bool:
        for item in session.items:
            self.items.setdefault(item.nodeid, item)
        self._loop(self)
        return True

    def pytest_collectreport(self, report: Any) -> None:
        if report.outcome == "failed":
            call = getattr(report, "call", None)
            error = self._failed_collections.pop(report.nodeid, None)
            self.errors.append({"id": report.nodeid, "error": error or _plain_error(report, call)})

    def pytest_make_collect_report(self, collector: Any) -> None:
        """Called before pytest's own: wraps the collector so that the exception itself is seen, not only its text."""
        collect = collector.collect

        def watched() -> Any:
            try:
                return list(collect())
            except BaseException as error:
                cause = (error.__cause__ or error) if type(error).__name__ == "CollectError" else error
                self._failed_collections[collector.nodeid] = describe(cause, cause.__traceback__, self.places)
                raise

        collector.collect = watched

    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        import pytest

        error = call.excinfo
        outcome: Any
        if error is None:
            outcome, text = "passed", None
        elif isinstance(error.value, pytest.skip.Exception):
            outcome, text = "skipped", (str(item.path), 1, str(error.value))
        else:
            outcome, text = "failed", error.typename
            if self._error is None:
                self._error = describe(error.value, error.tb, self.places)
        return pytest.TestReport(
            item.nodeid, item.location, {}, outcome, text, call.when, sections=[], duration=call.duration
        )

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.outcome == "failed":
            self._outcome = "failed"
        elif report.outcome == "skipped" and self._outcome == "passed":
            self._outcome = "skipped"

    # What a child does

    def execute(self, request: Message, emit: Emit) -> None:
        """Run ``request['tests']`` in their order; one line each, as soon as it is known.

        The first ``probes`` of them all run; the rest only when those pass, and with ``stop`` up to the first failure.
        """
        wanted = [name for name in request["tests"] if name in self.items]
        for name in request["tests"]:
            if name not in self.items and not self._emit_collection(name, wanted, emit) and request["stop"]:
                return
        tracer = LineTracer(self.places) if request.get("cover") else None
        _quieten()
        probes, failed, hangs = request.get("probes", 0), False, 0
        limits: Dict[str, float] = dict(zip(request["tests"], request.get("limits", ())))
        for index, name in enumerate(wanted):
            if index == probes and failed:
                return
            following = self.items[wanted[index + 1]] if index + 1 < len(wanted) else None
            limit: float = limits[name] if name in limits else request["limit"]
            result = self._one(name, following, limit, tracer)
            emit(result)
            if result["outcome"] == "failed":
                failed = True
                hangs += (result["error"] or {}).get("type") == "Hang"
                if hangs >= request.get("hangs", 1) or (request["stop"] and index >= probes):
                    return

    def _emit_collection(self, name: str, wanted: List[str], emit: Emit) -> bool:
        """An id that is no item names a file or folder that failed to be collected: its items stand for it."""
        below = [item for item in self.items if item.startswith(name + "::") or item.startswith(name + "/")]
        error = next((e["error"] for e in self.errors if e["id"] == name), None)
        ok = error is None and bool(below)
        emit({"id": name, "outcome": "passed" if ok else "failed", "seconds": 0.0, "error": None if ok else error})
        wanted.extend(item for item in below if item not in wanted)
        return ok

    def _one(self, name: str, following: Any, limit: float, tracer: Optional[LineTracer]) -> Message:
        item = self.items[name]
        self._outcome, self._error = "passed", None
        lines: Dict[str, List[int]] = {}
        started = time.perf_counter()
        _alarm(limit)
        try:
            if tracer is not None:
                tracer.start()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        except Hang as error:
            self._outcome, self._error = "failed", describe(error, error.__traceback__, self.places)
        finally:
            _alarm(0)
            if tracer is not None:
                lines = tracer.stop()
        seconds = time.perf_counter() - started
        result = {"id": name, "outcome": self._outcome, "seconds": seconds, "error": self._error}
        if tracer is not None:
            result["lines"] = lines
        return result


def _alarm(seconds: float) -> None:
    """Raise ``Hang`` after ``seconds`` of processor time, or a good deal more of wall time; 0 turns it off.

    Processor time first, because the machine may be busy with others. It strikes again: code may swallow the first one.
    """

    def on_alarm(number: int, frame: Any) -> None:
        raise Hang

    wall = seconds * 4 + 1 if seconds else 0
    for number, timer, limit in (
        (signal.SIGVTALRM, signal.ITIMER_VIRTUAL, seconds),
        (signal.SIGALRM, signal.ITIMER_REAL, wall),
    ):
        signal.signal(number, on_alarm)
        signal.setitimer(timer, limit, limit / 4)


def _quieten() -> None:
    """A candidate's failure is not read by anyone: leave out pytest's explanation of the two sides."""
    util = sys.modules.get("_pytest.assertion.util")
    if hasattr(util, "assertrepr_compare"):
        util.assertrepr_compare = lambda *_, **__: []  # type: ignore[union-attr]


def _plain_error(report: Any, call: Any) -> Message:
    return {"type": "CollectError", "message": str(report.longrepr)[-400:], "frames": [], "names": []}


def watch_conftest_errors(note: Callable[[BaseException], None]) -> None:
    """pytest prints a conftest's import error and exits: hear of it first."""
    import _pytest.config as config

    original = config.ConftestImportFailure.__init__

    def watched(self: Any, *args: Any, **kwargs: Any) -> None:
        for value in [*args, *kwargs.values()]:
            cause = value[1] if isinstance(value, tuple) and len(value) == 3 else value
            if isinstance(cause, BaseException):
                note(cause)
        original(self, *args, **kwargs)

    config.ConftestImportFailure.__init__ = watched  # type: ignore[method-assign]


def relative_file(name: str) -> str:
    """The file part of a test's id."""
    return name.split("::", 1)[0].replace("/", os.sep)
