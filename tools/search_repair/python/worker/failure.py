"""What a failing test raised, as plain data: type, message, frames of the project, names that could have been meant."""

from __future__ import annotations

import re
import sys
from types import TracebackType
from typing import Any, Dict, List, Optional

from .trace import Places

_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
_MOST_CHARACTERS = 400
_MOST_FRAMES = 40
_MOST_NAMES = 400


class Hang(BaseException):
    """A test ran longer than its share."""


def describe(error: BaseException, traceback: Optional[TracebackType], places: Places) -> Dict[str, Any]:
    """The record of one error. ``frames`` run from the test inwards: [file, line, function]."""
    record: Dict[str, Any] = {
        "type": type(error).__name__,
        "message": _ADDRESS.sub("0x", _text(error))[:_MOST_CHARACTERS],
        "frames": _frames(traceback, places),
        "names": _names_meant(error),
    }
    if isinstance(error, SyntaxError) and error.filename:
        relative = places.relative(error.filename)
        if relative is not None:
            record["frames"].append([relative, error.lineno or 1, "<module>"])
            record["syntax"] = True
    if isinstance(error, ImportError) and error.path and record["names"]:
        relative = places.relative(error.path)
        if relative is not None:  # the module that lacks the name is as likely wrong as the one that asks
            record["frames"].insert(0, [relative, 1, "<module>"])
    return record


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - whatever a foreign __str__ does, the test's failure still has to be told
        return ""


def _frames(traceback: Optional[TracebackType], places: Places) -> List[List[Any]]:
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        relative = places.relative(code.co_filename)
        if relative is not None:
            frames.append([relative, traceback.tb_lineno or code.co_firstlineno, code.co_name])
        traceback = traceback.tb_next
    return frames if len(frames) <= _MOST_FRAMES else frames[:5] + frames[5 - _MOST_FRAMES :]


def _names_meant(error: BaseException) -> List[str]:
    if isinstance(error, AttributeError):
        return _attributes(getattr(error, "obj", None))
    if isinstance(error, ImportError) and error.name:
        return _attributes(sys.modules.get(error.name))
    return []


def _attributes(thing: object) -> List[str]:
    if thing is None:
        return []
    try:
        names = [name for name in dir(thing) if isinstance(name, str)]
    except Exception:  # noqa: BLE001 - a foreign __dir__ may do anything
        return []
    return [name for name in names if not name.startswith("__")][:_MOST_NAMES]
