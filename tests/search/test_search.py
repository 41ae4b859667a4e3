"""The whole search on real projects in real scratch views: what it finds must pass a plain pytest afterwards."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from aion_r.core.domain import Patch, TestFailure
from aion_r.tools.sandbox import open_sandbox
from aion_r.tools.search_repair import SearchJob, SearchProgress, SearchResult, search

from .bugs import BUGS, Bug
from .projects import build, job_for, repair_project, run_plain

CHOSEN = (
    "boundary",
    "missing return",
    "mutable default",
    "swapped arguments",
    "missing await",
    "missing import",
    "wrong import name",
    "date format",
    "super not called",
    "module constant",
    "syntax",
    "dataclass order",
)


def apply(project: Path, result: SearchResult) -> None:
    for edit in result.edits:
        assert (project / edit.path).read_bytes() == edit.before
        assert edit.after is not None
        (project / edit.path).write_bytes(edit.after)


@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.name in CHOSEN], ids=lambda bug: bug.name)
def test_a_planted_bug_is_repaired(bug: Bug, tmp_path: Path) -> None:
    result = repair_project(tmp_path, bug.tree(), patience=0.2)
    assert result.plausible
    assert result.explanation
    assert result.candidates > 0
    apply(tmp_path / "project", result)
    failing, passed = run_plain(tmp_path / "project")
    assert (failing, bool(passed)) == ((), True)


def test_every_chosen_bug_exists() -> None:
    assert {bug.name for bug in BUGS} >= set(CHOSEN)


def test_a_value_against_itself_is_no_repair_where_a_constant_is(tmp_path: Path) -> None:
    source = "def total(items, discount=0):\n    s = 0\n    for price, n in items:\n        s += price * n\n"
    source += "    return s - s * discount / 10\n"
    tests = "from shop import total\n\ndef test_total():\n    assert total([(10, 2), (5, 1)]) == 25\n\n"
    tests += "def test_discount():\n    assert total([(100, 1)], discount=10) == 90\n"
    result = repair_project(tmp_path, {"shop.py": source, "test_shop.py": tests}, patience=0.2)
    assert result.edits[0].after == source.replace("/ 10", "/ 100").encode(), "not `discount * discount`, which passes"


def test_line_ends_encoding_and_the_rest_of_the_file_stay_as_they_were(tmp_path: Path) -> None:
    source = (
        "# -*- coding: latin-1 -*-\r\n# caf\xe9\r\ndef f(a,  b):   # odd  spacing\r\n\treturn a-b # \xe9\r\n".encode(
            "latin-1"
        )
    )
    files = {
        "m.py": source,
        "test_m.py": "from m import f\n\ndef test_f():\n    assert f(1, 2) == 3\n    assert f(2, 2) == 4\n",
    }
    result = repair_project(tmp_path, files, patience=0.2)
    assert result.plausible
    assert result.edits[0].after == source.replace(b"a-b", b"a+b")


def test_a_file_with_a_byte_order_mark_keeps_it(tmp_path: Path) -> None:
    source = b"\xef\xbb\xbfdef f(a, b):\n    return a - b\n"
    files = {
        "m.py": source,
        "test_m.py": "from m import f\n\ndef test_f():\n    assert f(1, 2) == 3\n    assert f(2, 2) == 4\n",
    }
    result = repair_project(tmp_path, files, patience=0.2)
    assert result.edits[0].after == source.replace(b"a - b", b"a + b")


TWO_BUGS = {
    "m.py": "def add(a, b):\n    return a - b\n\n\ndef last(items):\n    return items[0]\n",
    "test_m.py": (
        "from m import add, last\n\ndef test_add():\n    assert add(1, 2) == 3\n    assert add(2, 2) == 4\n\n"
        "def test_last():\n    assert last([1, 2, 3]) == 3\n\ndef test_one():\n    assert last([1]) == 1\n"
    ),
}


def test_two_bugs_at_once_are_both_repaired(tmp_path: Path) -> None:
    result = repair_project(tmp_path, TWO_BUGS, patience=0.2)
    assert result.plausible
    apply(tmp_path / "project", result)
    assert run_plain(tmp_path / "project")[0] == ()


def test_when_one_of_two_bugs_is_out_of_reach_the_other_is_still_repaired(tmp_path: Path) -> None:
    files = {
        "m.py": "def add(a, b):\n    return a - b\n\n\ndef poem():\n    return 'x'\n",
        "test_m.py": (
            "from m import add, poem\n\ndef test_add():\n    assert add(1, 2) == 3\n    assert add(2, 2) == 4\n\n"
            "def test_poem():\n    assert poem() == 'shall I compare thee'\n"
        ),
    }
    result = repair_project(tmp_path, files, seconds=25)
    assert not result.plausible
    assert b"a + b" in (result.edits[0].after or b"")


def test_what_would_break_a_passing_test_is_not_taken(tmp_path: Path) -> None:
    files = {
        "m.py": "def sign(x):\n    if x > 0:\n        return 1\n    return -1\n",
        "test_m.py": (
            "from m import sign\n\ndef test_zero():\n    assert sign(0) == 0\n\n"
            "def test_up():\n    assert sign(3) == 1\n\n"
            "def test_down():\n    assert sign(-3) == -1\n"
        ),
    }
    result = repair_project(tmp_path, files, patience=0.2)
    if result.edits:
        apply(tmp_path / "project", result)
        assert run_plain(tmp_path / "project")[0] == ()
    assert result.plausible


def test_an_endless_loop_is_repaired(tmp_path: Path) -> None:
    files = {
        "m.py": (
            "def bits(n):\n    count = 0\n    while n:\n        count += n & 1\n        n = n << 1\n    return count\n"
        ),
        "test_m.py": (
            "from m import bits\n\ndef test_three():\n    assert bits(3) == 2\n\n"
            "def test_eight():\n    assert bits(8) == 1\n"
        ),
    }
    project = build(tmp_path, files)
    failing = ("test_m.py::test_three", "test_m.py::test_eight")
    with open_sandbox(project, scratch=tmp_path / "scratch").view(Patch()) as view:
        result = search(job_for(project, failing, (), 60, 0.2), view)
    assert result.plausible
    assert b">>" in (result.edits[0].after or b"") or b"//" in (result.edits[0].after or b"")


def test_tests_are_never_edited_and_no_edit_is_better_than_a_wrong_one(tmp_path: Path) -> None:
    files = {"m.py": "def f():\n    return 1\n", "test_m.py": "def test_f():\n    assert 1 == 2\n"}
    result = repair_project(tmp_path, files, seconds=20)
    assert (result.edits, result.plausible) == ((), False)
    assert result.explanation


def test_a_cancelled_search_ends_at_once(tmp_path: Path) -> None:
    project = build(tmp_path, TWO_BUGS)
    cancel, seen = threading.Event(), []
    job = job_for(project, ("test_m.py::test_last", "test_m.py::test_add"), (), 60, 30.0)
    job = SearchJob(**{**vars(job), "cancel": cancel})

    def on_progress(progress: SearchProgress) -> None:
        seen.append(progress)
        cancel.set()

    started = time.monotonic()
    with open_sandbox(project, scratch=tmp_path / "scratch").view(Patch()) as view:
        result = search(job, view, on_progress)
    assert seen
    assert not result.plausible
    assert time.monotonic() - started < 30


def test_an_unknown_language_or_a_missing_interpreter_is_told_not_raised(tmp_path: Path) -> None:
    project = build(tmp_path, TWO_BUGS)
    job = job_for(project, ("test_m.py::test_add",), (), 20, 0.2)
    with open_sandbox(project, scratch=tmp_path / "scratch").view(Patch()) as view:
        other = search(SearchJob(**{**vars(job), "language": "java", "framework": "junit"}), view)
        broken = search(SearchJob(**{**vars(job), "python": (sys.executable, "-c", "raise SystemExit(1)")}), view)
    assert (other.edits, broken.edits) == ((), ())
    assert "java" in other.explanation
    assert "worker" in broken.explanation


def test_the_same_input_gives_the_same_repair(tmp_path: Path) -> None:
    bug = next(bug for bug in BUGS if bug.name == "boundary")
    first = repair_project(tmp_path / "a", bug.tree(), patience=0.2)
    second = repair_project(tmp_path / "b", bug.tree(), patience=0.2)
    assert first.edits == second.edits


def test_failures_are_found_by_the_ids_of_the_framework(tmp_path: Path) -> None:
    project = build(
        tmp_path,
        {"pkg/m.py": TWO_BUGS["m.py"], "tests/test_m.py": TWO_BUGS["test_m.py"].replace("from m", "from pkg.m")},
    )
    failing, passed = run_plain(project)
    assert TestFailure(failing[0]).test_id.startswith("tests/test_m.py::")
    with open_sandbox(project, scratch=tmp_path / "scratch").view(Patch()) as view:
        result = search(job_for(project, failing, passed, 60, 0.2), view)
    assert result.plausible


def test_a_definition_gets_the_name_that_the_tests_import(tmp_path: Path) -> None:
    files = {
        "m.py": "def celcius(f):\n    return (f - 32) * 5 / 9\n",
        "test_m.py": (
            "from m import celsius\n\ndef test_zero():\n    assert celsius(32) == 0\n\n"
            "def test_boil():\n    assert celsius(212) == 100\n"
        ),
    }
    result = repair_project(tmp_path, files, patience=0.2)
    assert result.plausible
    assert (result.edits[0].after or b"").startswith(b"def celsius(f)")


def test_a_bug_in_a_large_class_is_found_by_coverage(tmp_path: Path) -> None:
    body = "        y = x + {0}\n        return y if y > {0} else x * {0}\n\n"
    methods = "".join(f"    def m{i}(self, x):\n{body.format(i)}" for i in range(150))
    source = f"class Big:\n{methods}    def size(self, items):\n        return len(items) - 1\n"
    test = (
        "from m import Big\n\ndef test_all():\n    assert [getattr(Big(), f'm{i}')(2) for i in range(150)]\n\n"
        "def test_size():\n    assert Big().size([1, 2]) == 2\n"
    )
    result = repair_project(tmp_path, {"m.py": source, "test_m.py": test}, patience=0.2, seconds=60)
    assert result.plausible
    assert b"len(items)" in (result.edits[0].after or b"")


def test_progress_counts_up(tmp_path: Path) -> None:
    project = build(tmp_path, TWO_BUGS)
    seen: list[SearchProgress] = []
    with open_sandbox(project, scratch=tmp_path / "scratch").view(Patch()) as view:
        result = search(job_for(project, ("test_m.py::test_last",), (), 60, 0.2), view, seen.append)
    assert seen
    assert [p.candidates for p in seen] == sorted(p.candidates for p in seen)
    assert result.candidates >= seen[-1].candidates > 0
    assert result.test_executions >= result.candidates
