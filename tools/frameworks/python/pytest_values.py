"""From an exception to the fields of a failure record. Runs in the project's interpreter, Python 3.8 or later."""

from __future__ import annotations

import os
import traceback
from types import FrameType
from typing import TYPE_CHECKING, Dict, List, Optional, Tuple

if TYPE_CHECKING:
    from .pytest_expectation import Compare, Fields, doctest, expectation, library, walk
    from .pytest_session import cap
else:  # the name under which the adapter delivers it
    from aion_r_pytest_expectation import doctest, expectation, library, walk
    from aion_r_pytest_session import cap


MESSAGE_LIMIT = 8_000
FRAME_HEAD, FRAME_TAIL = 10, 20


class Describer:
    """Describes failures of one project. ``root`` is the folder that paths become relative to."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root) + os.sep
        self._known: Dict[str, Tuple[str, bool]] = {}

    def describe(self, error: BaseException, test_file: Optional[str], compare: Optional[Compare]) -> Fields:
        """Every field that the exception itself tells; ``file`` and ``line`` are absent where no frame does."""
        frames = [(frame, line) for frame, line in walk(error.__traceback__) if not _hidden(frame)]
        fields: Fields = {"message": _message(error), "type": type(error).__name__}
        fields.update(self._place(frames, test_file))
        example = doctest(error)
        if example:
            fields.update(example)
        elif isinstance(error, SyntaxError):
            fields.update(self._syntax(error))
        else:
            fields.update(expectation(error, frames, compare))
        return fields

    def _place(self, frames: List[Tuple[FrameType, int]], test_file: Optional[str]) -> Fields:
        named = [(*self.relative(f.f_code.co_filename), line, f.f_code.co_name) for f, line in frames]
        test = self.relative(test_file)[0] if test_file else None
        first = next((i for i, frame in enumerate(named) if frame[0] == test), None)
        if first is None:
            first = next((i for i, frame in enumerate(named) if frame[1]), None)
        if first is None:
            return {}
        last = len(named) - 1
        shown = [
            (file, line, name) for i, (file, ours, line, name) in enumerate(named) if i >= first and (ours or i == last)
        ]
        here = [frame for frame in shown if frame[0] == shown[0][0]]
        if len(shown) > FRAME_HEAD + FRAME_TAIL:
            shown = shown[:FRAME_HEAD] + shown[-FRAME_TAIL:]
        return {"file": here[-1][0], "line": here[-1][1], "stack": shown}

    def _syntax(self, error: SyntaxError) -> Fields:
        if not error.filename:
            return {}
        where = f"line {error.lineno}, column {error.offset}"
        text = (error.text or "").rstrip()
        message = f"{type(error).__name__}: {error.msg} ({where})\n{cap(text, 200)}"
        return {"file": self.relative(error.filename)[0], "line": error.lineno, "message": message.rstrip()}

    def relative(self, path: str) -> Tuple[str, bool]:
        """The path as records show it, and whether it is the project's own (not a library that lies below it)."""
        known = self._known.get(path)
        if known is None:
            full = os.path.realpath(path)
            ours = full.startswith(self.root) and not library(full) and not path.startswith("<")
            shown = full[len(self.root) :] if full.startswith(self.root) else full
            known = self._known[path] = (shown.replace(os.sep, "/"), ours)
        return known


def _hidden(frame: FrameType) -> bool:
    return frame.f_locals.get("__tracebackhide__") is True or "__unittest" in frame.f_globals


def _message(error: BaseException) -> str:
    if type(error).__name__ == "FixtureLookupError":  # its text is a pair of objects
        return getattr(error, "msg", None) or f"fixture '{getattr(error, 'argname', '?')}' not found"
    text = "".join(traceback.format_exception_only(type(error), error)).strip()
    if isinstance(error, AssertionError) and text.startswith("AssertionError: assert "):
        text = text[len("AssertionError: ") :]
    cause = error.__cause__
    if cause is not None:
        text += "\ncaused by " + "".join(traceback.format_exception_only(type(cause), cause)).strip()
    return cap(text, MESSAGE_LIMIT)
