"""The warm runner: what swapping shows, what needs a fresh import, what it survives. Real processes, real pytest."""

from __future__ import annotations

import ast
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from aion_r.core.domain import Patch
from aion_r.tools import search_repair
from aion_r.tools.sandbox import open_sandbox
from aion_r.tools.search_repair.model import Answer, Change, Trial
from aion_r.tools.search_repair.python.generator import PythonGenerator
from aion_r.tools.search_repair.python.runner import WarmPytest
from support.subject import PYTHON

from .projects import build

Open = Callable[[Mapping[str, str | bytes]], AbstractContextManager[WarmPytest]]


@pytest.fixture
def warm(tmp_path: Path) -> Open:
    @contextmanager
    def opened(files: Mapping[str, str | bytes]) -> Iterator[WarmPytest]:
        project = build(tmp_path, files)
        with (
            open_sandbox(project, scratch=tmp_path / "scratch").view(Patch()) as view,
            WarmPytest(view, (str(PYTHON),), time.monotonic() + 60, threading.Event()) as runner,
        ):
            yield runner

    return opened


def run(runner: WarmPytest, trial: Trial) -> Answer:
    return runner.wait(runner.submit(trial))


def outcomes(answer: Answer) -> dict[str, str]:
    return {run.id.split("::")[-1]: run.outcome for run in answer.runs}


def change(path: str, before: str, after: str) -> tuple[Change, ...]:
    return PythonGenerator().changes(path, after, before)


ADD = "def add(a, b):\n    return a - b\n\n\nBASE = 10\n\n\ndef more(a):\n    return add(a, BASE)\n"
TESTS = (
    "from m import add, more\n\ndef test_add():\n    assert add(1, 2) == 3\n\n"
    "def test_more():\n    assert more(1) == 12\n"
)
BOTH = ("test_m.py::test_add", "test_m.py::test_more")


def test_a_swapped_function_is_seen_through_every_name_that_was_imported(warm: Open) -> None:
    with warm({"m.py": ADD, "test_m.py": TESTS}) as runner:
        runner.open({})
        after = ADD.replace("a - b", "a + b")
        assert outcomes(run(runner, Trial(BOTH, stop=False))) == {"test_add": "failed", "test_more": "failed"}
        assert outcomes(run(runner, Trial(BOTH, change("m.py", ADD, after), stop=False))) == {
            "test_add": "passed",
            "test_more": "failed",
        }
        assert outcomes(run(runner, Trial(BOTH, stop=False)))["test_add"] == "failed"


def test_a_changed_constant_is_seen_by_a_fresh_import(warm: Open) -> None:
    with warm({"m.py": ADD, "test_m.py": TESTS}) as runner:
        runner.open({})
        after = ADD.replace("BASE = 10", "BASE = -11")
        assert outcomes(run(runner, Trial(BOTH, change("m.py", ADD, after), stop=False)))["test_more"] == "passed"


IMPORTED = "def make():\n    return [1]\n\n\nTABLE = make()\n\n\ndef get():\n    return TABLE[0]\n"


def test_a_function_that_ran_at_import_is_not_swapped_too_late(warm: Open) -> None:
    test = "import m\n\ndef test_get():\n    assert m.get() == 2\n"
    with warm({"m.py": IMPORTED, "test_m.py": test}) as runner:
        runner.open({})
        changes = change("m.py", IMPORTED, IMPORTED.replace("[1]", "[2]"))
        assert outcomes(run(runner, Trial(("test_m.py::test_get",), changes))) == {"test_get": "passed"}


METHODS = (
    "import functools\n\n\ndef twice(f):\n    @functools.wraps(f)\n    def inner(*a):\n        return f(*a) * 2\n\n"
    "    return inner\n\n\nclass A:\n    @twice\n    def f(self, x):\n        return x - 1\n\n"
    "    @property\n    def p(self):\n        return 1\n\n"
    "    @staticmethod\n    def s():\n        return [x for x in range(2)]\n"
)


@pytest.mark.parametrize(
    ("before", "after", "test"),
    [
        ("x - 1", "x + 1", "A().f(1) == 4"),
        ("return 1\n", "return 7\n", "A().p == 7"),
        ("range(2)", "range(1)", "A.s() == [0]"),
        ("* 2", "* 3", "A().f(2) == 3"),
    ],
)
def test_methods_properties_decorated_functions_and_closures_are_swapped(
    warm: Open, before: str, after: str, test: str
) -> None:
    with warm({"m.py": METHODS, "test_m.py": f"from m import A\n\ndef test_it():\n    assert {test}\n"}) as runner:
        runner.open({})
        changes = change("m.py", METHODS, METHODS.replace(before, after))
        assert changes[0].old is not None
        assert outcomes(run(runner, Trial(("test_m.py::test_it",), changes))) == {"test_it": "passed"}


@pytest.mark.parametrize(
    ("body", "end"),
    [
        ("while True: pass", "ended"),
        ("import os; os._exit(3)", "died"),
        ("import ctypes; ctypes.string_at(0)", "died"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "died"),
        ("import sys; print('x' * 10_000_000); sys.stderr.write('y' * 10_000_000)", "ended"),
        ("x = [0] * 10 ** 10", "ended"),
    ],
)
def test_a_candidate_that_misbehaves_costs_only_itself(warm: Open, body: str, end: str) -> None:
    with warm({"m.py": ADD, "test_m.py": TESTS}) as runner:
        runner.open({})
        bad = change("m.py", ADD, ADD.replace("    return a - b", f"    {body}"))
        answer = run(runner, Trial(BOTH, bad, limit=0.2, total=5.0))
        assert (answer.end, "passed" in outcomes(answer).values()) == (end, False)
        good = change("m.py", ADD, ADD.replace("a - b", "a + b"))
        assert outcomes(run(runner, Trial(BOTH[:1], good))) == {"test_add": "passed"}


def test_a_candidate_that_swallows_its_alarm_is_killed_from_outside(warm: Open) -> None:
    with warm({"m.py": ADD, "test_m.py": TESTS}) as runner:
        runner.open({})
        stubborn = "    while True:\n        try:\n            pass\n        except BaseException:\n            pass"
        started = time.monotonic()
        answer = run(
            runner, Trial(BOTH, change("m.py", ADD, ADD.replace("    return a - b", stubborn)), limit=0.1, total=1.5)
        )
        assert answer.end == "timeout" or answer.runs[0].error is not None
        assert time.monotonic() - started < 20


def test_coverage_tells_the_lines_of_each_test_apart(warm: Open) -> None:
    source = "def f(x):\n    if x:\n        return 1\n    return 2\n"
    test = "from m import f\n\ndef test_a():\n    assert f(1)\n\ndef test_b():\n    assert f(0)\n"
    with warm({"m.py": source, "test_m.py": test}) as runner:
        runner.open({})
        a, b = run(runner, Trial(("test_m.py::test_a", "test_m.py::test_b"), cover=True)).runs
        assert (set(a.lines["m.py"]), set(b.lines["m.py"])) == ({2, 3}, {2, 4})


def test_errors_carry_frames_and_the_names_that_were_there(warm: Open) -> None:
    source = "class A:\n    size = 1\n\n\ndef f():\n    return A().siez\n"
    with warm({"pkg/m.py": source, "test_m.py": "from pkg.m import f\n\ndef test_f():\n    f()\n"}) as runner:
        runner.open({})
        error = run(runner, Trial(("test_m.py::test_f",))).runs[0].error
        assert error is not None
        assert error.type == "AttributeError"
        assert error.frames[-1] == ("pkg/m.py", 6, "f")
        assert "size" in error.names


def test_a_file_that_cannot_be_imported_is_an_error_with_its_place(warm: Open) -> None:
    files = {"m.py": "def f(:\n    pass\n", "test_m.py": "import m\n\ndef test_f():\n    m.f()\n"}
    with warm(files) as runner:
        opened = runner.open({})
        assert [(name, e.type, e.frames[-1][:2]) for name, e in opened.errors] == [
            ("test_m.py", "SyntaxError", ("m.py", 1))
        ]
        fixed = Change("m.py", "def f():\n    pass\n")
        answer = run(runner, Trial(("test_m.py",), (fixed,), stop=False))
        assert {r.id: r.outcome for r in answer.runs} == {"test_m.py": "passed", "test_m.py::test_f": "passed"}


def test_a_conftest_that_cannot_be_imported_is_an_error_with_its_place(warm: Open) -> None:
    files = {"m.py": "x = y\n", "conftest.py": "import m\n", "test_m.py": "def test_f():\n    pass\n"}
    with warm(files) as runner:
        opened = runner.open({})
        assert [(e.type, e.frames[-1][:2]) for _, e in opened.errors] == [("NameError", ("m.py", 1))]
        answer = run(runner, Trial(("test_m.py::test_f",), (Change("m.py", "x = 1\n"),)))
        assert outcomes(answer) == {"test_f": "passed"}


def test_fixtures_marks_unittest_and_async_options_behave_as_in_pytest(warm: Open) -> None:
    test = (
        "import unittest, pytest\n\n@pytest.fixture\ndef one(tmp_path, monkeypatch, capsys):\n    yield 1\n\n"
        "def test_fixture(one):\n    assert one == 1\n\n@pytest.mark.skip\ndef test_skipped():\n    assert 0\n\n"
        "@pytest.mark.xfail\ndef test_expected():\n    assert 0\n\n"
        "@pytest.mark.xfail(strict=True)\ndef test_unexpected():\n    pass\n\n"
        "class T(unittest.TestCase):\n    def setUp(self):\n        self.x = 1\n\n"
        "    def test_equal(self):\n        self.assertEqual(self.x, 2)\n"
    )
    with warm({"test_m.py": test}) as runner:
        opened = runner.open({})
        assert outcomes(run(runner, Trial(opened.items, stop=False))) == {
            "test_fixture": "passed",
            "test_skipped": "skipped",
            "test_expected": "skipped",
            "test_unexpected": "failed",
            "test_equal": "failed",
        }


def test_a_project_behind_a_symbolic_link_is_swapped_as_well(tmp_path: Path) -> None:
    project = build(tmp_path, {"m.py": ADD, "test_m.py": TESTS})
    link = tmp_path / "link"
    link.symlink_to(project)
    with (
        open_sandbox(link, "copy", scratch=tmp_path / "scratch").view(Patch()) as view,
        WarmPytest(view, (str(PYTHON),), time.monotonic() + 60, threading.Event()) as runner,
    ):
        runner.open({})
        good = change("m.py", ADD, ADD.replace("a - b", "a + b"))
        assert outcomes(run(runner, Trial(BOTH[:1], good))) == {"test_add": "passed"}


def test_nothing_is_written_into_the_project(warm: Open, tmp_path: Path) -> None:
    with warm({"m.py": ADD, "test_m.py": TESTS}) as runner:
        runner.open({})
        run(runner, Trial(BOTH, change("m.py", ADD, ADD.replace("BASE = 10", "BASE = 3"))))
    assert sorted(p.name for p in (tmp_path / "project").rglob("*")) == ["m.py", "test_m.py"]


def test_a_suite_whose_process_is_killed_is_loaded_again(warm: Open) -> None:
    with warm({"m.py": ADD, "test_m.py": TESTS}) as runner:
        runner.open({})
        murder = ADD.replace("    return a - b", "    import os, signal; os.kill(os.getppid(), signal.SIGKILL)")
        assert "passed" not in outcomes(run(runner, Trial(BOTH, change("m.py", ADD, murder)))).values()
        good = change("m.py", ADD, ADD.replace("a - b", "a + b"))
        assert outcomes(run(runner, Trial(BOTH[:1], good))) == {"test_add": "passed"}


def test_options_of_the_project_are_honoured_and_plugins_do_not_stand_in_the_way(warm: Open) -> None:
    files = {
        "pytest.ini": "[pytest]\ntestpaths = checks\npython_functions = check_*\naddopts = -q -p no:cacheprovider -x\n",
        "checks/test_m.py": "def check_a():\n    assert 0\n\ndef check_b():\n    pass\n\ndef test_no():\n    pass\n",
    }
    with warm(files) as runner:
        opened = runner.open({})
        assert opened.items == ("checks/test_m.py::check_a", "checks/test_m.py::check_b")
        assert outcomes(run(runner, Trial(opened.items, stop=False))) == {"check_a": "failed", "check_b": "passed"}


WORKER = sorted((Path(search_repair.__file__).parent / "python" / "worker").glob("*.py"))
BUILTIN_GENERICS = {"dict", "list", "tuple", "set", "frozenset", "type"}


@pytest.mark.parametrize("file", WORKER, ids=lambda file: file.name)
def test_the_worker_runs_on_python_3_8(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 8))
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    subscripts = [n for value in values for n in ast.walk(value) if isinstance(n, ast.Subscript)]
    names = {n.value.id for n in subscripts if isinstance(n.value, ast.Name)}
    assert not names & BUILTIN_GENERICS
    assert not any(isinstance(n, ast.Match) for n in ast.walk(tree))


@pytest.mark.parametrize("file", WORKER, ids=lambda file: file.name)
def test_the_worker_imports_nothing_but_itself_pytest_and_the_standard_library(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    froms = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    names = {(n.module or "").split(".")[0] for n in froms if n.level == 0}
    names |= {alias.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    assert names <= {*sys.stdlib_module_names, "pytest", "_pytest", "pluggy", "__future__"}
    assert all(n.level <= 1 for n in froms)
