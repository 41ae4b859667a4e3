"""The boundary behind which reports hold nothing hostile, and inputs that once took seconds for each kilobyte."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from aion_r.benchmarks.fuzz_seeds import adapter
from aion_r.core.domain import RunOutcome, StackFrame, TestFailure, TestReport
from aion_r.tools.frameworks.protocol import TestJob
from aion_r.tools.frameworks.sound import sound
from aion_r.tools.sandbox.protocol import Completed

FAILURE = TestFailure(
    "t",
    "a.go",
    3,
    "got 1\n\twant 2",
    "t.Errorf",
    "2",
    "1",
    (StackFrame("a.go", 3, "TestA"), StackFrame("/go/x.go")),
    "o",
)
REPORT = TestReport(
    "go", RunOutcome.COMPLETED, 3, 1, 1, 0, 1, failures=(FAILURE,), passed_ids=("p",), skipped_ids=("s",)
)


def test_a_sound_report_comes_back_as_it_is() -> None:
    assert sound(REPORT) == REPORT
    plain = replace(FAILURE, stack=FAILURE.stack[:1])
    assert sound(replace(REPORT, failures=(plain,))).failures[0] is plain  # and costs next to nothing


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"test_id": "a\ud800b"}, {"test_id": "ab"}),
        ({"message": "\x1b[31mred\u202e"}, {"message": "red"}),
        ({"file": "../a.go"}, {"file": None, "line": None}),
        ({"file": "/etc/passwd"}, {"file": None, "line": None}),
        ({"file": None}, {"file": None, "line": None}),
        ({"line": 0}, {"line": None}),
        ({"line": True}, {"line": None}),
        ({"expected": "\x07", "actual": None}, {"expected": "", "actual": None}),
        (
            {"stack": (StackFrame("a/../../b"), StackFrame("a.go", -1, "f\x00"))},
            {"stack": (StackFrame("a.go", None, "f"),)},
        ),
    ],
)
def test_what_is_hostile_is_taken_away(before: dict[str, object], after: dict[str, object]) -> None:
    report = replace(REPORT, failures=(replace(FAILURE, **before),))  # type: ignore[arg-type]
    assert sound(report).failures == (replace(FAILURE, **after),)  # type: ignore[arg-type]


def test_ids_and_messages_are_cleaned_and_cut() -> None:
    report = sound(replace(REPORT, passed_ids=("p\n\x07",), skipped_ids=("s" * 30_000,), message="m" * 50_000))
    assert report.passed_ids == ("p\n",)
    assert len(report.skipped_ids[0]) < 11_000
    assert len(report.message) < 21_000


PROGRAM = {"type": "program", "id": "a::b", "folder": "", "source": "src/lib.rs"}
PANIC = "thread 't' panicked at src/lib.rs:1:1:\n"
UNEQUAL = f"{PANIC}assertion `left == right` failed\n"


def _said(text: str) -> dict[str, str]:
    test = {"type": "test", "name": "t", "event": "failed", "stdout": text}
    return {"aion_r_cargo_tests.jsonl": f"{json.dumps(PROGRAM)}\n{json.dumps(test)}\n", "aion_r_cargo_stream.txt": ""}


def _broken(packages: int, complaints: int) -> dict[str, str]:
    rows = [json.dumps({"Action": "fail", "Package": f"p{number}", "FailedBuild": "x"}) for number in range(packages)]
    words = [f"x{number}.go:{number + 1}:2: undefined: y" for number in range(complaints)]
    return {"aion_r_go.jsonl": "\n".join(rows) + "\n", "aion_r_go_stderr.txt": "\n".join(words)}


DEEP = {"Action": "passed", "Package": "p", "Tests": ["T" + "/a" * 100_000]}
SLOW = {
    "many broken packages share the compiler's words": ("go", _broken(2_000, 4_000)),
    "subtests in subtests": ("go", {"aion_r_go.jsonl": json.dumps(DEEP) + "\n"}),
    "a header that does not end": ("cargo", {"aion_r_cargo_stream.txt": " Running unittests " + " (" * 300_000 + "\n"}),
    "left sides without end": ("cargo", _said(UNEQUAL + " left: `x`,\n right: `y\n" * 700)),
    "matchers without end": ("cargo", _said(PANIC + "Value of: \nExpected: \n" * 800)),
}  # fmt: skip


@pytest.mark.parametrize("what", SLOW)
def test_time_does_not_grow_with_the_square_of_the_input(what: str, tmp_path: Path) -> None:
    name, files = SLOW[what]
    for file, content in files.items():
        (tmp_path / file).write_text(content, encoding="utf-8")
    started = time.process_time()
    adapter(name).parse(TestJob(tmp_path / "gone", tmp_path), Completed(1, b"", 1.0))
    assert time.process_time() - started < 3.0


def test_no_run_ends_before_it_begins() -> None:
    assert sound(TestReport("pytest", RunOutcome.COMPLETED, duration_ms=-1000.0)).duration_ms == 0.0
