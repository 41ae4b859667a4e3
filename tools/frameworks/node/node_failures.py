"""One record of a reporter as a failure: its words, its place, its values, the same for Jest, Vitest and Mocha."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from ....core.domain import TestFailure
from ..cleaning import clean, inside, line_of
from .node_stack import Place, Places, load_place, without_code_frame, without_stack

Record = dict[str, Any]
_EXPECTED = re.compile(r"^[^\S\n]*+Expected(?: [a-z]+)*: +(.+)$", re.M)
_RECEIVED = re.compile(r"^[^\S\n]*+Received(?: [a-z]+)*: +(.+)$", re.M)
_NODE_ASSERT = re.compile(
    r"^assert(?:\.(?P<kind>\w+))?\([^\n]*\)\n(?:\nExpected value [^\n]*:\n(?P<expected>(?: {2}.*\n)+)"
    r"Received:\n(?P<actual>(?: {2}.*(?:\n|$))+))?"
)
"""Jest's own words for an error of Node's ``assert`` or of chai."""
_TWO_LINES = re.compile(r"^\+ actual - expected\n\n\+ (?P<actual>[^\n]+)\n- (?P<expected>[^\n]+)$", re.M)
_MATCHER = re.compile(r"expect\((?:received|jest\.fn\(\)|[^()\n]{0,80})\)(?:\.\w+)*?\.(to\w+)\(")
CLASS = re.compile(r"^(?:Uncaught )?((?:[A-Za-z_$][\w$.]*)?(?:Error|Exception))\b")
HEADINGS = re.compile(r"^(?:\s*● Test suite failed to run\s*\n|\s*(?:Exception during run|✖ ERROR): )")


def plain(text: object, limit: int = 10_000) -> str:
    """``clean``, at once for text that is clean: ten thousand failures are ten thousand stacks."""
    if not text or not isinstance(text, str):
        return ""
    return text if len(text) <= limit and text.replace("\n", "").isprintable() else clean(text, limit)


def failure_of(places: Places, name: str, record: Record, file: str | None, hook: str = "") -> TestFailure:
    """A failing test's record as a failure; missing or odd fields are left empty."""
    said, stack = plain(record.get("message")), plain(record.get("stack"))
    frames = places.frames(stack or said)
    line = next((frame.line for frame in reversed(frames) if frame.file == file), None)
    message = without_code_frame(without_stack(said))
    if "matcher" in record:
        message = message.removeprefix("Error: ")
    kind = _kind(record, message)
    thrown = plain(record.get("name"), 100)
    if thrown and not message.startswith(thrown) and "AssertionError" not in thrown:
        message = f"{thrown}: {message}"
    expected, actual = _values(record, message)
    return TestFailure(
        name, file, line or line_of(record.get("line")), f"{hook}: {message}" if hook else message, kind,
        expected, actual, frames, plain(record.get("output"), 4_000),
    )  # fmt: skip


def load_failure_of(places: Places, record: Record, file: str) -> TestFailure:
    """A file that could not be loaded, named by its path, placed where the error says."""
    said, stack = clean(record.get("message")), clean(record.get("stack"))
    place = _told_place(places, record) or load_place(places, f"{said}\n{stack}", inside(file))
    message = bare(without_code_frame(without_stack(said))) or "the file could not be loaded"
    name = clean(record.get("name"), 100)
    if name and name not in message and not CLASS.match(message):
        message = f"{name}: {message}"
    kind = CLASS.search(message) or re.search(r"\b([A-Z]\w*Error|Error(?=:)|TS\d{4,5}(?=: ))", message)
    where = f"{place}: " if place.line else ""
    return TestFailure(
        file, place.file, place.line, where + message, kind[1] if kind else "load error",
        stack=places.frames(stack or said), output=clean(record.get("output"), 4_000),
    )  # fmt: skip


def _told_place(places: Places, record: Record) -> Place | None:
    file, line = places.relative(record.get("errorFile")), line_of(record.get("errorLine"))
    return Place(file, line, line_of(record.get("errorColumn"))) if file and line else None


def _kind(record: Record, message: str) -> str | None:
    matcher, operator = plain(record.get("matcher"), 100), plain(record.get("operator"), 100)
    named = _MATCHER.search(message) if "expect(" in message else None
    if named:
        return named[1]
    asserted = _NODE_ASSERT.match(message) if message.startswith("assert") else None
    if asserted:
        return asserted["kind"] or "assert"
    thrown = plain(record.get("name"), 100) or (found[1] if (found := CLASS.match(message)) else "")
    return (matcher if matcher != "expect" else "") or operator or thrown or None


def _values(record: Record, message: str) -> tuple[str | None, str | None]:
    """Expected and actual: as the message shows them where it does so in one line, else as the record has them."""
    asserted = _NODE_ASSERT.match(message) if message.startswith("assert") else None
    if asserted and asserted["expected"]:
        return textwrap.dedent(asserted["expected"]).strip(), textwrap.dedent(asserted["actual"]).strip()
    expected = _EXPECTED.search(message) if "Expected" in message else None
    actual = _RECEIVED.search(message) if "Received" in message else None
    if expected and actual:
        return expected[1].strip(), actual[1].strip()
    told = (_optional(record.get("expected")), _optional(record.get("actual")))
    if told != (None, None):
        return told
    both = _TWO_LINES.search(message)
    if both:
        return both["expected"], both["actual"]
    return (expected[1].strip() if expected else None), (actual[1].strip() if actual else None)


def _optional(value: object) -> str | None:
    return plain(value, 3_000) if isinstance(value, str) else None


def bare(message: str) -> str:
    """Without the heading that a framework puts over it, its lines as far left as the first."""
    plain_text = textwrap.dedent(HEADINGS.sub("", message)).strip()
    advice, details, told = plain_text.partition("Details:\n")
    return told.strip() if details and advice.startswith("Jest encountered an unexpected token") else plain_text
