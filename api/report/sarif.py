"""The tests that still fail as SARIF 2.1.0, which code scanning services and editors read."""

from __future__ import annotations

import hashlib
import re
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from ...core.documents import RepairResult
from ...core.domain import StackFrame, TestFailure
from ..screen.terminal import clean, shorten
from .remaining import still_failing

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RESULTS_KEPT = 5000
"""GitHub shows no more of one file."""
_MESSAGE, _VALUE = 2000, 500
_ROOT = "SRCROOT"
_ELSEWHERE = re.compile(r"[/<]|[A-Za-z]:[\\/]")

_RULE = {
    "id": "failing-test",
    "name": "FailingTest",
    "shortDescription": {"text": "A test fails."},
    "fullDescription": {"text": "The test failed, and no fix under which all tests pass was written to the project."},
    "help": {"text": "Run `aion-r test` to see it fail, and `aion-r fix` to have it repaired."},
    "defaultConfiguration": {"level": "error"},
    "properties": {"tags": ["test"]},
}


def sarif(result: RepairResult, folder: str = "") -> dict[str, Any]:
    """A SARIF log with one result a test that fails in the project as the run leaves it.

    ``folder`` is the project's own, relative to the checkout's root, with ``/``: places are told from that root. A
    failure without a place, which code scanning would refuse, and tests that could not be run, are notifications.
    """
    failing = still_failing(result)
    placed = [one for one in failing if _is_inside(one.file)][:RESULTS_KEPT]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "AION-R", "version": version("aion-r"), "rules": [_RULE]}},
                "automationDetails": {"id": f"aion-r/{folder}/" if folder else "aion-r/"},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the checkout."}}},
                "invocations": [_invocation(result, [one for one in failing if not _is_inside(one.file)])],
                "results": [_result(one, folder) for one in placed],
                "properties": {"run_id": result.run_id, "outcome": str(result.outcome)},
            }
        ],
    }


def _invocation(result: RepairResult, unplaced: list[TestFailure]) -> dict[str, Any]:
    said = [_told(failure) for failure in unplaced[:RESULTS_KEPT]]
    if not result.success and result.message:
        said.append(_message(result.message))
    return {
        "executionSuccessful": result.final_test_results.total_tests > 0,
        "exitCode": result.exit_status,
        "toolExecutionNotifications": [{"level": "error", "message": {"text": text}} for text in said],
    }


def _result(failure: TestFailure, folder: str) -> dict[str, Any]:
    document: dict[str, Any] = {
        "ruleId": _RULE["id"],
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": _told(failure)},
        "locations": [_location(failure.file or "", failure.line, folder) | {"logicalLocations": [_logical(failure)]}],
        "partialFingerprints": {"testId/v1": hashlib.sha256(failure.test_id.encode("utf-8", "replace")).hexdigest()},
    }
    frames = [_frame(frame, folder) for frame in reversed(failure.stack) if _is_inside(frame.file)]
    if frames:
        document["stacks"] = [{"frames": frames}]
    values = {name: getattr(failure, name) for name in ("assertion_type", "expected", "actual")}
    told = {name: shorten(clean(value), _VALUE) for name, value in values.items() if value is not None}
    return document | ({"properties": told} if told else {})


def _logical(failure: TestFailure) -> dict[str, str]:
    return {"fullyQualifiedName": clean(failure.test_id), "kind": "function"}


def _frame(frame: StackFrame, folder: str) -> dict[str, Any]:
    """SARIF's first frame is the innermost one."""
    location = _location(frame.file, frame.line, folder)
    return {"location": location | ({"message": {"text": clean(frame.function)}} if frame.function else {})}


def _location(file: str, line: int | None, folder: str) -> dict[str, Any]:
    address = _address(f"{folder}/{file}" if folder else file)
    place: dict[str, Any] = {"artifactLocation": {"uri": address, "uriBaseId": _ROOT}}
    if line and line > 0:
        place["region"] = {"startLine": line}
    return {"physicalLocation": place}


def _is_inside(file: str | None) -> bool:
    """Whether ``file`` is the project's: what lies elsewhere is of this machine alone."""
    return bool(file) and not _ELSEWHERE.match(str(file)) and ".." not in str(file).split("/")


def _address(path: str) -> str:
    """A relative reference: a colon in its first part would read as a scheme."""
    return quote(path.replace("\\", "/"), safe="/", errors="replace")


def _told(failure: TestFailure) -> str:
    return _message(f"{failure.test_id}: {failure.message}" if failure.message else f"{failure.test_id} fails")


def _message(text: str) -> str:
    """Plain text: ``[words](address)`` in a message would be shown as a link."""
    return shorten(clean(text).replace("](", "] ("), _MESSAGE)
