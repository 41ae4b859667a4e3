"""How a run can end badly, and who is named for it: crashes, hangs, broken configuration, nothing to run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aion_r.core.domain import RunOutcome
from aion_r.tools.frameworks.python.pytest_watchdog import Watchdog

Make = Callable[[dict[str, Any]], Any]

FIRST = "import os, sys, time, ctypes, signal, pytest\ndef test_first(): pass\ndef test_culprit():\n"


@pytest.mark.parametrize(
    ("body", "kind", "words", "line"),
    [
        ("os._exit(0)", "crash", "exited with status 0", 3),
        ("os.kill(os.getpid(), signal.SIGKILL)", "crash", "killed by SIGKILL", 3),
        ("ctypes.string_at(0)", "crash", "killed by SIGSEGV", 4),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", "KeyboardInterrupt", 4),
        ("pytest.exit('enough')", "Exit", "enough", 4),
    ],
)
def test_a_crash_names_its_culprit_and_keeps_what_ran(
    project: Make, body: str, kind: str, words: str, line: int
) -> None:
    report = project({"test_a.py": FIRST + f"    {body}\ndef test_last(): pass\n"}).run().report
    assert report.outcome is RunOutcome.CRASHED
    assert report.passed_ids == ("test_a.py::test_first",)
    (failure,) = report.failures
    assert (failure.test_id, failure.assertion_type, failure.line) == ("test_a.py::test_culprit", kind, line)
    assert words in failure.message and (report.passed_tests, report.failed_tests) == (1, 1)


def test_a_segmentation_fault_has_its_stack(project: Make) -> None:
    report = project({"test_a.py": FIRST + "    ctypes.string_at(0)\n"}).run().report
    assert [(f.file, f.line, f.function) for f in report.failures[0].stack] == [("test_a.py", 4, "test_culprit")]


def test_a_module_that_exits_while_it_is_imported(project: Make) -> None:
    report = project({"test_a.py": "import sys\nsys.exit(1)\n"}).run().report
    (failure,) = report.failures
    assert report.outcome is RunOutcome.CRASHED
    assert (failure.test_id, failure.line, failure.message) == ("test_a.py", 2, "SystemExit: 1")


@pytest.mark.usefixtures("with_xdist")
def test_a_worker_that_dies_under_xdist_is_a_failure_and_the_rest_runs(project: Make) -> None:
    source = FIRST + "    os._exit(3)\ndef test_last(): pass\n"
    report = project({"test_a.py": source, "pytest.ini": "[pytest]\naddopts = -p xdist -n 1\n"}).run().report
    (failure,) = report.failures
    assert failure.test_id == "test_a.py::test_culprit" and "crashed while running" in failure.message
    assert report.passed_ids == ("test_a.py::test_first", "test_a.py::test_last")


def test_hanging_tests_are_ended_and_the_others_run(project: Make) -> None:
    source = FIRST + "    while True: time.sleep(1)\ndef test_second():\n    while True: pass\ndef test_last(): pass\n"
    ran = project({"test_a.py": source}).run(timeout=4)
    assert ran.report.outcome is RunOutcome.TIMED_OUT and not ran.completed.timed_out
    culprit, second = ran.report.failures
    assert (culprit.test_id, culprit.line, culprit.assertion_type) == ("test_a.py::test_culprit", 4, "timeout")
    assert "after 3.2 s" in culprit.message and "--test-timeout" in culprit.message
    assert (second.test_id, second.line) == ("test_a.py::test_second", 6)
    assert second.assertion_type == "timeout"
    assert ran.report.passed_ids == ("test_a.py::test_first", "test_a.py::test_last")


def test_limits_of_the_watchdog() -> None:
    watchdog = Watchdog(300.0)
    assert (watchdog.current_limit(), Watchdog(3000.0).limit, Watchdog(5.0).limit) == (
        20,
        200,
        4,
    )
    watchdog.hung = 1
    assert watchdog.current_limit() == 2
    watchdog.longest = 3.0
    assert watchdog.current_limit() == 15
    watchdog.born -= 290
    assert 4 < watchdog.current_limit() < 6


def test_a_test_that_swallows_the_alarm_is_named_with_its_stack(project: Make) -> None:
    source = FIRST + "    while True:\n        try: time.sleep(9)\n        except BaseException: pass\n"
    ran = project({"test_a.py": source}).run(timeout=3)
    (failure,) = ran.report.failures
    assert (ran.completed.timed_out, ran.report.outcome) == (False, RunOutcome.TIMED_OUT)
    assert (failure.test_id, failure.assertion_type) == ("test_a.py::test_culprit", "timeout")
    assert failure.stack[-1].function == "test_culprit" and failure.line in (5, 6)


def test_a_hang_that_no_alarm_reaches_is_named_with_its_stack(project: Make) -> None:
    source = FIRST + "    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})\n    time.sleep(99)\n"
    ran = project({"test_a.py": source}).run(timeout=2, axe=7)
    (failure,) = ran.report.failures
    assert (ran.completed.timed_out, ran.report.outcome) == (True, RunOutcome.TIMED_OUT)
    assert (failure.test_id, failure.line, failure.assertion_type) == ("test_a.py::test_culprit", 5, "timeout")
    assert [frame.function for frame in failure.stack] == ["test_culprit"]


def test_a_test_that_survives_the_alarm_has_not_passed(project: Make) -> None:
    source = FIRST + "    try: time.sleep(60)\n    except BaseException: pass\n"
    report = project({"test_a.py": source}).run(timeout=4).report
    assert [f.assertion_type for f in report.failures] == ["timeout"], report
    assert report.passed_ids == ("test_a.py::test_first",)


def test_alarms_of_the_project_are_its_own(project: Make) -> None:
    source = (
        "import signal, time, pytest\n"
        "class Rang(Exception): pass\n"
        "def ring(*_): raise Rang\n"
        "def test_own():\n"
        "    before = signal.signal(signal.SIGALRM, ring)\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.1)\n"
        "    with pytest.raises(Rang): time.sleep(5)\n"
        "    signal.signal(signal.SIGALRM, before)\n"
        "def test_default():\n"
        "    signal.signal(signal.SIGALRM, signal.SIG_DFL)\n"
        "def test_after():\n"
        "    time.sleep(2)\n"
        "def test_kept():\n"
        "    signal.signal(signal.SIGALRM, ring)\n"
        "def test_with_it():\n"
        "    assert signal.getsignal(signal.SIGALRM) is ring\n"
    )
    report = project({"test_a.py": source}).run(timeout=4).report
    assert (report.passed_tests, report.failures) == (5, ())


def test_an_import_that_hangs(project: Make) -> None:
    report = project({"test_a.py": "while True: pass\n", "test_b.py": "def test_b(): pass\n"}).run(timeout=4).report
    (failure,) = report.failures
    assert (failure.test_id, failure.line, failure.assertion_type) == ("test_a.py", 1, "timeout")
    assert (report.outcome, report.passed_ids) == (RunOutcome.TIMED_OUT, ("test_b.py::test_b",))


def test_a_conftest_that_raises(project: Make) -> None:
    made = project(
        {
            "tests/conftest.py": "import lib\n",
            "lib.py": "raise RuntimeError('no')\n",
            "tests/test_a.py": "def test_a(): pass\n",
        }
    )
    made.write({"pytest.ini": "[pytest]\ntestpaths = tests\npythonpath = .\n"})
    report = made.run().report
    (failure,) = report.failures
    assert (report.outcome, report.error_tests) == (RunOutcome.BUILD_FAILED, 1)
    assert (failure.file, failure.line, failure.message) == ("tests/conftest.py", 1, "RuntimeError: no")
    assert [frame.file for frame in failure.stack] == ["tests/conftest.py", "lib.py"]


def test_options_that_pytest_does_not_know(project: Make) -> None:
    ran = project(
        {"pytest.ini": "[pytest]\naddopts = --cov=src --nonsense\n", "test_a.py": "def test_a(): pass\n"}
    ).run()
    (failure,) = ran.report.failures
    assert ran.report.outcome is RunOutcome.BUILD_FAILED
    assert failure.file == "pytest.ini" and "unrecognized arguments: --cov=src" in failure.message
    assert ran.framework.missing_dependency(ran.job.root, ran.report) == "pytest-cov"


def test_nothing_to_run_is_not_green(project: Make) -> None:
    report = project({"pytest.ini": "[pytest]\n", "test_a.py": "x = 1\n"}).run().report
    assert (report.outcome, report.all_passed) == (RunOutcome.NO_TESTS, False)


def test_a_hundred_megabytes_of_output(project: Make) -> None:
    source = "def test_a():\n    for _ in range(100): print('x' * 1_000_000)\n    assert 0\n"
    ran = project({"test_a.py": source}).run()
    assert ran.report.failed_tests == 1
    assert len(ran.report.failures[0].output) < 5_000
    assert (ran.job.out / "aion_r_pytest.jsonl").stat().st_size < 20_000


def test_a_command_that_never_reaches_pytest(project: Make) -> None:
    report = project({"test_a.py": "def test_a(): pass\n"}).run(command="sh -c 'echo broken; exit 7'").report
    assert report.outcome is RunOutcome.BUILD_FAILED
    assert "status 7" in report.message and "broken" in report.message


def test_damaged_records_are_left_out(project: Make) -> None:
    ran = project({"test_a.py": "def test_a(): pass\ndef test_b(): assert 0\n"}).run()
    path = ran.job.out / "aion_r_pytest.jsonl"
    whole = path.read_bytes()
    hostile = (
        b'{"k":"finish","s":Infinity,"status":NaN}\n{"k":"start","id":null,"line":1e999}\n{"k":"collected","n":1e400}\n'
        b'\x00\xff\n[1]\n{"k":1}\n{"k":"report","c":"failed","id":7,"stack":[1,[],["a"]],"line":"x"}\n'
        + b"[" * 100_000
        + b"\n"
    )
    path.write_bytes(whole + hostile + b"9" * 1_000_000 + b'\n{"k":"report","c":"pas')
    report = ran.framework.parse(ran.job, ran.completed)
    assert (report.passed_tests, report.failed_tests) == (1, 2)
    for cut in range(0, len(whole), 37):
        path.write_bytes(whole[:cut])
        assert ran.framework.parse(ran.job, ran.completed).passed_tests <= 1
