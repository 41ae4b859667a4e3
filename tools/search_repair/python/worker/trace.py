"""Which lines of the project a test runs: ``sys.monitoring`` where it exists (3.12), ``sys.settrace`` elsewhere."""

from __future__ import annotations

import os
import sys
import threading
from types import CodeType, FrameType
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

Key = Tuple[str, str, int]
"""What finds a code object again: its project-relative file, its name and its first line."""

_SKIPPED = (os.sep + "site-packages" + os.sep, os.sep + ".venv" + os.sep, os.sep + "venv" + os.sep)


class Places:
    """Which files are the project's own: project-relative paths by file name, remembered."""

    def __init__(self, root: str) -> None:
        self._prefixes = tuple(dict.fromkeys(os.path.join(folder, "") for folder in (root, os.path.realpath(root))))
        self._known: Dict[str, Optional[str]] = {}

    def relative(self, filename: str) -> Optional[str]:
        """The project-relative path with ``/``, or ``None`` for what is not the project's."""
        if filename not in self._known:
            prefix = next((p for p in self._prefixes if filename.startswith(p)), None)
            inside = prefix is not None and not any(part in filename for part in _SKIPPED)
            self._known[filename] = filename[len(prefix or "") :].replace(os.sep, "/") if inside else None
        return self._known[filename]

    def key(self, code: CodeType) -> Optional[Key]:
        """The key of a code object, or ``None`` when it is not the project's."""
        relative = self.relative(code.co_filename)
        return None if relative is None else (relative, code.co_name, code.co_firstlineno)


class LineTracer:
    """Collects executed lines between ``start`` and ``stop``."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._lines: Dict[str, Set[int]] = {}

    def start(self) -> None:
        self._lines = {}
        if sys.version_info >= (3, 12):
            _monitor("LINE", self._on_line)
        else:
            threading.settrace(self._on_call)
            sys.settrace(self._on_call)

    def stop(self) -> Dict[str, List[int]]:
        """Sorted lines by project-relative file."""
        if sys.version_info >= (3, 12):
            _stop_monitoring()
        else:
            sys.settrace(None)
            threading.settrace(None)
        return {file: sorted(lines) for file, lines in self._lines.items()}

    def _on_call(self, frame: FrameType, event: str, argument: Any) -> Any:
        relative = self._places.relative(frame.f_code.co_filename)
        if relative is None:
            return None
        add = self._lines.setdefault(relative, set()).add

        def on_line(frame: FrameType, event: str, argument: Any) -> Any:
            if event == "line":
                add(frame.f_lineno)
            return on_line

        return on_line

    def _on_line(self, code: CodeType, line: int) -> Any:
        relative = self._places.relative(code.co_filename)
        if relative is not None:
            self._lines.setdefault(relative, set()).add(line)
        return sys.monitoring.DISABLE  # type: ignore[attr-defined,unused-ignore]


class ImportCalls:
    """The project's functions that run while the suite is imported: swapping their code would come too late."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.called: Set[Key] = set()

    def start(self) -> None:
        if sys.version_info >= (3, 12):
            _monitor("PY_START", self._on_start)
        else:
            sys.settrace(self._on_call)

    def stop(self) -> None:
        if sys.version_info >= (3, 12):
            _stop_monitoring()
        else:
            sys.settrace(None)

    def _on_call(self, frame: FrameType, event: str, argument: Any) -> Any:
        self._note(frame.f_code)
        return None

    def _on_start(self, code: CodeType, offset: int) -> Any:
        self._note(code)
        return sys.monitoring.DISABLE  # type: ignore[attr-defined,unused-ignore]

    def _note(self, code: CodeType) -> None:
        key = self._places.key(code)
        if key is not None:
            self.called.add(key)


_TOOL = 4


def _monitor(event: str, callback: Callable[..., Any]) -> None:
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    if monitoring.get_tool(_TOOL) is None:
        monitoring.use_tool_id(_TOOL, "aion-r")
    number = getattr(monitoring.events, event)
    monitoring.register_callback(_TOOL, number, callback)
    monitoring.set_events(_TOOL, number)
    monitoring.restart_events()


def _stop_monitoring() -> None:
    sys.monitoring.set_events(_TOOL, 0)  # type: ignore[attr-defined,unused-ignore]
