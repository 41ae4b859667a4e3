"""JUnit's XML as its many writers write it, read as a stream. Documents that declare entities are refused."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ILLEGAL_REFERENCE = re.compile(r"&#(?:x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F])|0*(?:[0-8]|1[1245-9]|2\d|3[01]));")
_KEPT = 20_000
"""Characters of one text that are kept at each end."""
_BAD = {"failure": "failed", "error": "error"}
_NOT_RUN = frozenset(("skipped", "disabled", "notrun", "ignored", "suppressed"))
_BROKEN = (expat.ExpatError, LookupError, ValueError)
"""Not well formed; an encoding that nobody knows; one that expat does not."""
_SUITES = frozenset(("testsuite", "testsuites"))


class NotJUnit(ValueError):
    """The document is no JUnit report, or one that may not be read."""


@dataclass(slots=True)
class Case:
    """One ``testcase``. ``status`` is ``passed``, ``failed``, ``error`` or ``skipped``."""

    suite: str
    attributes: dict[str, str]
    status: str = "passed"
    kind: str = ""
    message: str = ""
    text: str = ""
    output: str = ""
    flaky: bool = False


@dataclass(slots=True)
class Text:
    """Text that is kept at its two ends, whatever its length."""

    head: list[str] = field(default_factory=list)
    tail: str = ""
    size: int = 0

    def add(self, data: str) -> None:
        """Take in a piece."""
        room = _KEPT - self.size
        self.size += len(data)
        if room > 0:
            self.head.append(data[:room])
            data = data[room:]
        if data:
            self.tail = (self.tail + data)[-_KEPT:]

    def __str__(self) -> str:
        return "".join(self.head) + ("\n…\n" if self.size > 2 * _KEPT else "") + self.tail


class _Reader:
    """Expat's handlers: every finished case goes to ``found``."""

    def __init__(self, found: Callable[[Case], None]) -> None:
        self._found = found
        self._open: list[str] = []
        self._suites: list[str] = []
        self._case: Case | None = None
        self._text: Text | None = None
        self._names: dict[str, str] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = self._names.get(tag) or self._names.setdefault(tag, tag.rpartition("}")[2].rpartition(":")[2])
        if not self._open and name not in _SUITES:
            raise NotJUnit(f"its root is {name}")
        self._open.append(name)
        self._text = None
        if name == "testcase":
            self._case = Case(self._suites[-1] if self._suites else "", attributes)
            stated = attributes.get("status") or attributes.get("result")
            if stated and stated.lower() in _NOT_RUN:
                self._case.status = "skipped"
        elif name in _SUITES:
            self._suites.append(attributes.get("name", ""))
        elif name in _BAD:
            self._bad(name, attributes)
        elif self._case is not None and name in ("skipped", "disabled"):
            self._case.status, self._case.message = "skipped", attributes.get("message", "")
        elif self._case is not None and name in ("flakyFailure", "flakyError"):
            self._case.flaky = True

    def _bad(self, name: str, attributes: dict[str, str]) -> None:
        if self._case is None:  # of a whole suite
            self._case = Case(self._suites[-1] if self._suites else "", {})
        if self._case.status in ("passed", "skipped"):
            self._case.status = _BAD[name]
            self._case.kind, self._case.message = attributes.get("type", ""), attributes.get("message", "")

    def data(self, data: str) -> None:
        if self._case is not None:
            if self._text is None:
                self._text = Text()
            self._text.add(data)

    def end(self, tag: str) -> None:
        name, case, text = self._open.pop(), self._case, self._text
        self._text = None
        if name in _SUITES:
            self._suites.pop()
        if case is None:
            return
        said = "" if text is None else str(text)
        if name in _BAD:
            case.text = case.text or said
        elif name in ("system-out", "system-err") and len(case.output) < _KEPT and said.strip():
            case.output += said if case.output == "" else "\n" + said
        if name == "testcase" or (name in _BAD and not case.attributes):
            self._found(case)
            self._case = None


def read(path: Path, found: Callable[[Case], None]) -> bool:
    """Hand every case of a report to ``found``. ``False`` for a report that is cut off or broken further on.

    Raises ``NotJUnit`` for other documents and for those that declare entities.
    """
    handed = 0

    def hand(case: Case) -> None:
        nonlocal handed
        handed += 1
        found(case)

    with path.open("rb") as stream:
        try:
            _parse(stream, hand)
            return True
        except NotJUnit:
            raise
        except _BROKEN:
            pass
    return _read_mended(path.read_bytes(), handed, found)


def _read_mended(content: bytes, done: int, found: Callable[[Case], None]) -> bool:
    """Writers that do not escape control characters, or name the wrong encoding, are common: read what is left of it.

    The first ``done`` cases were handed over before.
    """
    text = _ILLEGAL_REFERENCE.sub("", _ILLEGAL.sub("", content.decode("utf-8", "replace")))
    plain = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    seen = 0

    def hand(case: Case) -> None:
        nonlocal seen
        seen += 1
        if seen > done:
            found(case)

    try:
        _parse(io.BytesIO(plain.encode()), hand)
    except NotJUnit:
        raise
    except _BROKEN:
        return False
    return True


def _parse(stream: BinaryIO, found: Callable[[Case], None]) -> None:
    reader, parser = _Reader(found), expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.data
    parser.EntityDeclHandler = _refuse
    parser.ParseFile(stream)


def _refuse(name: str, *_: object) -> None:
    raise NotJUnit(f"it declares the entity {name}")
