"""The records of ``cargo test``: what the compiler said, what each test program said, what rustdoc printed as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..growing import open_ordinary

LONGEST_LINE = 4_000_000
MOST_TEXT = 1_000_000
LONGEST_NAME = 500
"""Characters of what a program, its folder or its source is called; ids repeat it."""
Decode = Callable[[bytes], Any]
_HEADER = re.compile(r"^ +(?:Running (?:unittests )?(?=.*\)$)(?P<source>.*) \((?P<exe>.*)\)|Doc-tests (?P<crate>\S+))$")
_LINE = re.compile(
    r"^test (?P<name>.*?)(?: - (?:should panic|compile fail|compile))? \.\.\. (?P<end>ok|FAILED|ignored)(?:, .*)?$"
)
_SECTION = re.compile(r"^---- (?P<name>.*) stdout ----$")


@dataclass(slots=True)
class Program:
    """One test program's run: ``tests`` maps names to ``""`` (under way), ``ok``, ``ignored``, or a failing event."""

    name: str
    folder: str = ""
    source: str = ""
    tests: dict[str, str | dict[str, Any]] = field(default_factory=dict)
    status: int | None = None
    stderr: str = ""


@dataclass
class Records:
    """Everything that one run said."""

    programs: list[Program] = field(default_factory=list)
    diagnostics: list[dict[str, Any]] = field(default_factory=list)
    libraries: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Crate → package and its manifest's folder."""
    built: bool = False
    unfinished: str = ""
    """Why the tests did not run to their end, where nextest says so."""
    silence: float | None = None
    """Seconds after which our runner ended doc tests, where it did."""
    text: str = ""
    """What cargo and rustdoc printed that is no message."""


def read_records(report: Path, stream: Path) -> Records:
    """The records of a run; files that are missing count as empty, lines that are damaged are left out."""
    from pydantic_core import from_json

    records = _read_stream(stream)
    for line in _lines(report):
        _event(records.programs, line, from_json)
    records.programs += _printed(records)
    return records


def printed_counts(stream: Path) -> tuple[int, int]:
    """How many tests that are told in words alone, which doc tests are, have passed and failed so far."""
    ends = [end for program in _printed(_read_stream(stream)) for end in program.tests.values()]
    return ends.count("ok"), sum(isinstance(end, dict) for end in ends)


def _read_stream(stream: Path) -> Records:
    from pydantic_core import from_json

    records = Records()
    lines: list[str] = []
    size = 0
    for line in _lines(stream):
        message = _decoded(line, from_json) if line.startswith(b'{"') else None
        if message is not None:
            _message(records, message)
        elif size < MOST_TEXT:
            size += len(line)
            lines.append(line.decode("utf-8", "replace"))
    records.text = "".join(lines)
    return records


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with open_ordinary(path) as stream:
            while line := stream.readline(LONGEST_LINE):
                yield line
    except OSError:
        return


def _decoded(line: bytes, decode: Decode) -> dict[str, Any] | None:
    try:
        record = decode(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _message(records: Records, message: dict[str, Any]) -> None:
    if message.get("reason") == "compiler-message" and isinstance(message.get("message"), dict):
        records.diagnostics.append(message)
    elif message.get("reason") == "unfinished":
        records.unfinished = _string(message.get("message"))
    elif message.get("reason") == "hung":
        records.silence = _seconds(message.get("silence")) or 0.0
    elif message.get("reason") == "targets":
        records.built = True
        libraries = message.get("libraries")
        for crate, place in libraries.items() if isinstance(libraries, dict) else ():
            if isinstance(place, list) and len(place) == 2:
                records.libraries[crate] = (_named(place[0]), _named(place[1]))


def _event(programs: list[Program], line: bytes, decode: Decode) -> None:
    event = _decoded(line, decode)
    if event is None:
        return
    kind, name = event.get("event"), event.get("name")
    if event.get("type") == "program":
        identifier, folder, source = (_named(event.get(key)) for key in ("id", "folder", "source"))
        programs.append(Program(identifier, folder, source))
    elif not programs:
        return
    elif event.get("type") == "passed":
        names = event.get("names")
        programs[-1].tests.update(dict.fromkeys((one for one in names if isinstance(one, str)), "ok")
                                  if isinstance(names, list) else {})  # fmt: skip
    elif event.get("type") == "end":
        programs[-1].status = _status(event.get("status"))
        programs[-1].stderr = _string(event.get("stderr"))
    elif event.get("type") == "test" and isinstance(name, str):
        known = programs[-1].tests
        if kind == "started":
            known.setdefault(name, "")
        elif kind == "gone":
            known.pop(name, None)
        elif kind in ("ok", "ignored"):
            known[name] = kind
        elif kind in ("failed", "crashed", "hung"):
            known[name] = {
                "event": kind, "stdout": _string(event.get("stdout")), "message": _string(event.get("message")),
                "status": _status(event.get("status")), "silence": _seconds(event.get("silence")),
            }  # fmt: skip


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _named(value: object) -> str:
    return _string(value)[:LONGEST_NAME]


def _status(value: object) -> int | None:
    return value if isinstance(value, int) and abs(value) < 1 << 32 else None


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and 0 <= value < 1e9 else None


def _printed(records: Records) -> Iterator[Program]:
    """The programs whose results stand as text: doc tests, and those that the project starts through its own runner."""
    program: Program | None = None
    section: list[str] | None = None
    for line in records.text.splitlines():
        header = _HEADER.match(line)
        if header:
            if program is not None and program.tests:
                yield program
            program, section = _opened(header, records), None
        elif program is None:
            continue
        elif found := _LINE.match(line):
            program.tests[found["name"]] = {"ok": "ok", "ignored": "ignored"}.get(found["end"], {"event": "failed"})
        elif found := _SECTION.match(line):
            section = []
            program.tests[found["name"]] = {"event": "failed", "stdout": section, "silence": records.silence}
        elif line.startswith(("failures:", "test result: ", "running ")):
            section = None
        elif section is not None and len(section) < 2_000:
            section.append(line)
    if program is not None and program.tests:
        yield program


def _opened(header: re.Match[str], records: Records) -> Program:
    if header["crate"]:
        crate = header["crate"].replace("-", "_")
        package, folder = records.libraries.get(crate, (header["crate"], ""))
        return Program(f"{package}::doc", folder)
    return Program(Path(header["exe"]).name.rpartition("-")[0] or header["exe"], "", header["source"])
