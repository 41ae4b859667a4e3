"""SARIF 2.1.0, by what its schema requires and what GitHub's code scanning asks for beyond that."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from aion_r.api.report.checkout import folder_in_checkout
from aion_r.api.report.sarif import RESULTS_KEPT, sarif
from aion_r.api.report.writing import check_report_path, write_report
from aion_r.core.documents import RepairResult
from aion_r.core.domain import Outcome, RunOutcome, StackFrame, TestFailure, TestReport

REQUIRED = {
    "log": {"version": str, "runs": list},
    "run": {"tool": dict, "results": list},
    "driver": {"name": str, "rules": list},
    "rule": {"id": str},
    "invocation": {"executionSuccessful": bool},
    "notification": {"message": dict},
    "result": {"message": dict, "ruleId": str, "locations": list, "partialFingerprints": dict},
}
"""What stands in each object, and its type; ``ruleId``, ``locations`` and fingerprints are GitHub's wish."""


def check(kind: str, thing: Any) -> Any:
    """``thing`` as it should be."""
    assert {name: type(thing.get(name)) for name in REQUIRED[kind]} == REQUIRED[kind]
    return thing


def checked(log: dict[str, Any]) -> dict[str, Any]:
    """The only run of ``log``, which survives JSON and holds all that it should."""
    log = json.loads(json.dumps(log))
    assert check("log", log)["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = [check("rule", rule)["id"] for rule in check("driver", check("run", run)["tool"]["driver"])["rules"]]
    for invocation in run["invocations"]:
        for notification in check("invocation", invocation)["toolExecutionNotifications"]:
            assert check("notification", notification)["message"]["text"]
    for result in run["results"]:
        assert check("result", result)["message"]["text"]
        assert rules[result["ruleIndex"]] == result["ruleId"]
        places = [*result["locations"], *(f["location"] for s in result.get("stacks", ()) for f in s["frames"])]
        for place in places:
            check_place(place["physicalLocation"], run["originalUriBaseIds"])
    return run  # type: ignore[no-any-return]


def check_place(place: dict[str, Any], bases: dict[str, Any]) -> None:
    """A relative reference of legal characters from a base that is told, and lines from 1."""
    uri = place["artifactLocation"]["uri"]
    assert re.fullmatch(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+", uri)
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
    assert not uri.startswith("/") and ".." not in unquote(uri).split("/")
    assert place["artifactLocation"]["uriBaseId"] in bases
    assert place.get("region", {}).get("startLine", 1) >= 1


def result(*failures: TestFailure, **changed: Any) -> RepairResult:
    report = TestReport("pytest", RunOutcome.COMPLETED, 9, 9 - len(failures), len(failures), failures=failures)
    made = RepairResult(
        run_id="20260101-000000-abcdef", success=False, outcome=Outcome.NOT_REPAIRED, stop_reason="no_fix",
        iterations_completed=1, convergence_achieved=True, applied=False, patch="", sandbox="overlay",
        initial_test_results=report, final_test_results=report, corrections_applied=(), message="nobody has a fix",
    )  # fmt: skip
    return replace(made, **changed)


PLACED = TestFailure(
    "tests/test_a.py::test_it", "tests/test_a.py", 7, "assert 1 == 2", "assert ==", "2", "1",
    (StackFrame("tests/test_a.py", 7, "test_it"), StackFrame("/usr/lib/json.py", 3), StackFrame("a.py", 2, "f")),
)  # fmt: skip


def test_a_failure_with_its_place_its_stack_and_its_values() -> None:
    run = checked(sarif(result(PLACED), "backend"))
    (found,) = run["results"]
    assert found["message"]["text"] == "tests/test_a.py::test_it: assert 1 == 2"
    (location,) = found["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "backend/tests/test_a.py"
    assert location["physicalLocation"]["region"] == {"startLine": 7}
    assert location["logicalLocations"][0]["fullyQualifiedName"] == PLACED.test_id
    frames = [
        frame["location"]["physicalLocation"]["artifactLocation"]["uri"] for frame in found["stacks"][0]["frames"]
    ]
    assert frames == ["backend/a.py", "backend/tests/test_a.py"], "the innermost first, and none of this machine"
    assert found["properties"] == {"assertion_type": "assert ==", "expected": "2", "actual": "1"}
    assert run["invocations"][0]["exitCode"] == 1


def test_a_failure_keeps_its_fingerprint_while_it_moves() -> None:
    moved = replace(PLACED, line=9, message="assert 3 == 2")
    prints = [checked(sarif(result(one)))["results"][0]["partialFingerprints"] for one in (PLACED, moved)]
    assert prints[0] == prints[1] != {}
    other = checked(sarif(result(replace(PLACED, test_id="x"))))["results"][0]["partialFingerprints"]
    assert other != prints[0]


@pytest.mark.parametrize("file", ["a b/ü#?%.py", "a:b.py", "C\\d.py", "-.py"])
def test_odd_names_of_files_are_legal_addresses(file: str) -> None:
    (found,) = checked(sarif(result(replace(PLACED, file=file, stack=()))))["results"]
    uri = found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri) == file.replace("\\", "/")


@pytest.mark.parametrize("file", [None, "", "/etc/passwd", "../outside.py", "<string>", "C:\\x.py", "a/../../b.py"])
def test_a_failure_that_lies_nowhere_in_the_project_is_a_notification(file: str | None) -> None:
    run = checked(sarif(result(replace(PLACED, file=file))))
    assert run["results"] == []
    said = [each["message"]["text"] for each in run["invocations"][0]["toolExecutionNotifications"]]
    assert said == ["tests/test_a.py::test_it: assert 1 == 2", "nobody has a fix"]


def test_words_of_tests_are_no_links_and_no_escapes() -> None:
    (found,) = checked(sarif(result(replace(PLACED, message="[click](https://example.org) \x1b[31m\x00\ud800"))))[
        "results"
    ]
    assert "](" not in found["message"]["text"]
    assert "\x1b" not in found["message"]["text"] and "\x00" not in found["message"]["text"]


def test_only_what_the_project_is_left_with() -> None:
    green = TestReport("pytest", RunOutcome.COMPLETED, 9, 9)
    mended = {"success": True, "outcome": Outcome.REPAIRED, "final_test_results": green, "message": ""}
    assert checked(sarif(result(PLACED, **mended, applied=True)))["results"] == []
    better = replace(result(PLACED).final_test_results, failures=(), failed_tests=0)
    assert len(checked(sarif(result(PLACED, final_test_results=better)))["results"]) == 1, "the patch was not written"
    assert checked(sarif(result(PLACED, final_test_results=better, applied=True)))["results"] == []


def test_tests_that_did_not_run_are_told() -> None:
    none = TestReport("pytest", RunOutcome.NO_TESTS, message="nothing collected")
    lost = {"outcome": Outcome.ERROR, "stop_reason": "tests_not_run", "initial_test_results": none}
    run = checked(sarif(result(**lost, final_test_results=none, message="nothing collected")))
    assert run["invocations"] == [
        {
            "executionSuccessful": False,
            "exitCode": 3,
            "toolExecutionNotifications": [{"level": "error", "message": {"text": "nothing collected"}}],
        }
    ]


def test_no_more_than_services_take() -> None:
    many = (replace(PLACED, stack=()),) * (RESULTS_KEPT + 1)
    assert len(sarif(result(*many))["runs"][0]["results"]) == RESULTS_KEPT


def test_the_file_of_a_report(tmp_path: Path, checkout: Path) -> None:
    path = tmp_path / "failures.sarif"
    check_report_path(str(path))
    write_report(str(path), result(replace(PLACED, message="key-1")), lambda text: text.replace("key-1", "[KEY]"),
                 project=str(checkout / "shop"))  # fmt: skip
    (found,) = checked(json.loads(path.read_text(encoding="utf-8")))["results"]
    assert found["message"]["text"].endswith("[KEY]")
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("shop/tests/")


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({}, "shop"),
        ({"GITHUB_WORKSPACE": "{parent}"}, "checkout/shop"),
        ({"CI_PROJECT_DIR": "{checkout}/shop"}, ""),
        ({"WORKSPACE": "/elsewhere"}, "shop"),
    ],
)
def test_where_the_checkout_begins(checkout: Path, variables: dict[str, str], folder: str) -> None:
    given = {name: value.format(parent=checkout.parent, checkout=checkout) for name, value in variables.items()}
    assert folder_in_checkout(checkout / "shop", given) == folder
