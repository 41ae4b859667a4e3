"""Notes which lines of the project each test runs. Runs in the project's interpreter (Python 3.8 or later), alone.

From Python 3.12 on ``sys.monitoring`` tells the lines, at about the speed of the plain program: a line that was told
is switched off. Before, ``sys.settrace`` does, and a function all whose lines were told is not traced any more. Where
the project measures its own coverage by tracing, it keeps the tracer, and its own data are read at the end.

Each process writes a file of its own, so that the workers of xdist need nothing: ``{"files": {path: {"lines", "ran"}},
"failed", "passed", "counts": {path: [[line, failed, passed], …]}}``. With chosen tests ``lines`` are those that ran,
before Python 3.12 within tests alone.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dis import findlinestarts
from types import CodeType, FrameType, ModuleType
from typing import TYPE_CHECKING, Any, Callable, Dict, Generator, List, Optional, Set, Tuple

import pytest

if TYPE_CHECKING:
    from .pytest_session import delivered
else:  # the name under which the adapter delivers it
    from aion_r_pytest_session import delivered

Lines = Dict[str, Set[int]]
Entry = Tuple[CodeType, Set[int], Any]
_FOREIGN = ("site-packages", "dist-packages", "node_modules", "venv", ".venv", "env", ".tox", ".nox")
_TOOL = 4
"""An id that neither debuggers, coverage.py, profilers nor optimizers take."""


class Ours:
    """Which files are the project's own, by the names that code objects give them."""

    def __init__(self, root: str) -> None:
        self.roots = tuple({os.path.join(folder, "") for folder in (root, os.path.realpath(root))})
        self.prefixes = tuple(os.path.join(folder, "") for folder in {sys.prefix, sys.exec_prefix, sys.base_prefix})
        self.known: Dict[str, Optional[str]] = {}

    def relative(self, filename: str) -> Optional[str]:
        """The project-relative path with ``/``, or ``None``."""
        if filename not in self.known:
            self.known[filename] = self._relative(filename)
        return self.known[filename]

    def _relative(self, filename: str) -> Optional[str]:
        root = next((root for root in self.roots if filename.startswith(root)), None)
        if root is None or filename.endswith(">"):
            return None
        inner = tuple(prefix for prefix in self.prefixes if prefix.startswith(root) and prefix != root)
        path = filename[len(root) :].replace(os.sep, "/")
        return None if filename.startswith(inner) or set(path.split("/")).intersection(_FOREIGN) else path


class Tracer:
    """``sys.settrace``, in all threads, for the project's code alone."""

    def __init__(self, ours: Ours) -> None:
        self.ours = ours
        self.watched: Dict[int, Entry] = {}
        self.touched: Dict[int, Entry] = {}
        self.on_call: Any = self._on_call  # one object, for a bound method is a new one at each access

    def start(self) -> None:
        """Begin, unless somebody else traces."""
        if sys.gettrace() is None:
            threading.settrace(self.on_call)
            sys.settrace(self.on_call)

    def stop(self) -> None:
        """End, unless somebody else has taken over."""
        if sys.gettrace() is self.on_call:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type,unused-ignore]

    @property
    def robbed(self) -> bool:
        """Whether somebody else traces."""
        return sys.gettrace() not in (None, self.on_call)

    def take(self) -> Lines:
        """The lines since the last call."""
        found: Lines = {}
        for code, left, _ in self.touched.values():
            lines = _lines(code)
            found.setdefault(self.ours.relative(code.co_filename) or "", set()).update(lines - left)
            left.update(lines)
        self.touched.clear()
        return found

    def _on_call(self, frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        key = id(code)
        entry = self.watched.get(key) or self.watched.setdefault(key, self._entry(code))
        if entry[2] is None:
            return None
        self.touched[key] = entry
        entry[1].discard(code.co_firstlineno)  # where a call begins no line is told
        return entry[2] if entry[1] else None

    def _entry(self, code: CodeType) -> Entry:
        """The code, so that none other gets its id; the lines not seen yet; what traces them, if it is ours."""
        if self.ours.relative(code.co_filename) is None:
            return code, set(), None
        left = _lines(code)

        def on_line(frame: FrameType, event: str, argument: Any) -> Any:
            if event == "line":
                left.discard(frame.f_lineno)
                if not left:
                    frame.f_trace_lines = False
            return on_line

        return code, left, on_line


class Monitor:
    """``sys.monitoring``: functions as they start, and the lines of the project's own."""

    robbed = False

    def __init__(self, ours: Ours) -> None:
        self.ours, self.found = ours, {}  # type: Tuple[Ours, Lines]
        self.monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
        self.events = self.monitoring.events

    def start(self) -> None:
        """Begin; once begun, nothing."""
        if self.monitoring.get_tool(_TOOL) is None:
            self.monitoring.use_tool_id(_TOOL, "aion-r")
            self.monitoring.register_callback(_TOOL, self.events.PY_START, self._on_start)
            self.monitoring.register_callback(_TOOL, self.events.LINE, self._on_line)
            self.monitoring.set_events(_TOOL, self.events.PY_START)

    def stop(self) -> None:
        """End for good."""
        self.monitoring.free_tool_id(_TOOL)

    def take(self) -> Lines:
        """The lines since the last call; each is told again from here on."""
        found, self.found = self.found, {}
        self.monitoring.restart_events()
        return found

    def _on_start(self, code: CodeType, offset: int) -> Any:
        path = self.ours.relative(code.co_filename)
        if path is not None:
            self.found.setdefault(path, set()).add(code.co_firstlineno)
            self.monitoring.set_local_events(_TOOL, code, self.events.LINE)
        return self.monitoring.DISABLE

    def _on_line(self, code: CodeType, line: int) -> Any:
        path = self.ours.relative(code.co_filename)
        if path is not None:
            self.found.setdefault(path, set()).add(line)
        return self.monitoring.DISABLE


class Coverage:
    """The plugin: lines by test, counted by how the tests end, and all lines that ran."""

    def __init__(self, settings: Dict[str, Any]) -> None:
        self.path = settings["lines"]
        self.whole = settings["ids"] is None
        self.ours = Ours(settings["root"])
        monitors = sys.version_info >= (3, 12)
        self.collector: Any = Monitor(self.ours) if monitors else Tracer(self.ours)
        self.always = self.whole or monitors
        """Whether what is loaded before the tests is told, too; a tracer would slow down every call in between."""
        self.ran: Lines = {}
        self.counts: Dict[str, Dict[int, List[int]]] = {}
        self.tests = [0, 0]
        self.verdict: Optional[int] = None
        if self.always:
            self.collector.start()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, Any, None]:
        self._add(None)
        self.verdict = None
        self.collector.start()
        yield
        self._add(self.verdict)
        if not self.always:
            self.collector.stop()

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.verdict = 0
        elif report.when == "call" and report.passed and self.verdict is None:
            self.verdict = 1

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtestloop(self) -> Generator[None, Any, None]:
        yield
        self._add(None)
        if self.collector.robbed:
            self._take_theirs()
        self.collector.stop()
        self._write()

    def _add(self, verdict: Optional[int]) -> None:
        for path, lines in self.collector.take().items():
            self.ran.setdefault(path, set()).update(lines)
            if verdict is not None:
                counts = self.counts.setdefault(path, {})
                for line in lines:
                    counts.setdefault(line, [0, 0])[verdict] += 1
        if verdict is not None:
            self.tests[verdict] += 1

    def _take_theirs(self) -> None:
        """The lines that the project's own coverage.py has seen so far."""
        current: Callable[[], Any] = getattr(getattr(sys.modules.get("coverage"), "Coverage", None), "current", _nobody)
        measuring = current()
        self.tests, self.counts = [0, 0], {}
        if measuring is not None:
            data = measuring.get_data()
            for name in data.measured_files():
                path = self.ours.relative(name)
                if path is not None:
                    self.ran.setdefault(path, set()).update(data.lines(name) or ())

    def _loaded(self) -> List[str]:
        """The project's files that are loaded, whether or not anything in them ran."""
        modules = [module for module in list(sys.modules.values()) if type(module) is ModuleType]
        names = [vars(module).get("__file__") for module in modules]  # without asking a lazy one to load itself
        return [path for path in (self.ours.relative(name) for name in names if isinstance(name, str)) if path]

    def _write(self) -> None:
        files: Dict[str, Dict[str, List[int]]] = {}
        if not self.always:
            files.update({path: {"lines": [1], "ran": [1]} for path in self._loaded()})
        for path, ran in self.ran.items():
            source = os.path.join(self.ours.roots[0], path)
            lines, done = delivered("statements").read_statements(source, ran) if self.whole else (ran, ran)
            files[path] = {"lines": sorted(lines), "ran": sorted(done)}
        counts = {path: [[line, *numbers] for line, numbers in lines.items()] for path, lines in self.counts.items()}
        text = json.dumps({"files": files, "failed": self.tests[0], "passed": self.tests[1], "counts": counts})
        try:
            with open(f"{self.path}_{os.getpid()}.json", "w", encoding="utf-8") as stream:
                stream.write(text)
        except OSError:  # a full disk: the tests' results count, and these lines do not
            return


def _nobody() -> None:
    return None


def _lines(code: CodeType) -> Set[int]:
    return {line for _, line in findlinestarts(code) if line}
