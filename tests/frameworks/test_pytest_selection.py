"""Which tests run: selection by id, the project's own options, other commands, nested runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

Make = Callable[[dict[str, Any]], Any]

ODD = """
import pytest, unittest
@pytest.mark.parametrize("x", ["a::b", "[c]", "d e", "ü", "n\\nl", "q'\\"", "a", "a:", "a::", "/", "-k",
    "☃", "\\x00", ""])
def test_p(x): assert 0
def test_p_more(): assert 0
class TestA:
    def test_in(self): assert 0
    class TestB:
        def test_in(self): assert 0
class TestU(unittest.TestCase):
    def test_in(self): self.fail()
"""


def test_every_id_selects_exactly_its_test(project: Make) -> None:
    made = project({"test_a.py": ODD, "sub dir/test_b.py": ODD, "pytest.ini": "[pytest]\n"})
    every = [failure.test_id for failure in made.run().report.failures]
    assert len(every) == len(set(every)) == 36
    for chosen in ([every[0]], [every[3], every[20]], every[5:15]):
        report = made.run(ids=chosen).report
        assert sorted(f.test_id for f in report.failures) == sorted(chosen)
        assert report.total_tests == len(chosen)


def test_a_file_or_a_class_selects_what_is_below(project: Make) -> None:
    made = project({"test_a.py": ODD, "test_b.py": ODD})
    assert made.run(ids=["test_b.py"]).report.total_tests == 18
    assert made.run(ids=["test_a.py::TestA"]).report.total_tests == 2


def test_options_of_the_project_cannot_hide_tests(project: Make) -> None:
    source = "def test_a(): assert 0\ndef test_b(): assert 0\ndef test_c(): pass\n"
    made = project(
        {"test_a.py": source, "pytest.ini": "[pytest]\naddopts = -x --lf -v --color=yes --maxfail=1 --tb=long --sw\n"}
    )
    made.run()
    made.write({"test_a.py": source.replace("b(): assert 0", "b(): pass")})
    report = made.run().report
    assert (report.passed_tests, report.failed_tests) == (2, 1)


def test_other_options_of_the_project_stay(project: Make) -> None:
    files = {"test_a.py": "import pytest\n@pytest.mark.slow\ndef test_a(): assert 0\ndef test_b(): pass\n"}
    files["pytest.ini"] = "[pytest]\naddopts = -m 'not slow'\nmarkers = slow\n"
    assert project(files).run().report.passed_ids == ("test_a.py::test_b",)


@pytest.mark.parametrize(
    "command",
    [
        "pytest -x tests/unit",
        "FLAG=1 python -m pytest tests/unit",
        "cd tests && pytest unit",
        f"{sys.executable} run.py",
    ],
)
def test_any_command_that_ends_in_pytest(project: Make, command: str) -> None:
    made = project(
        {
            "tests/unit/test_a.py": "def test_a(): assert 0\ndef test_b(): assert 0\n",
            "test_c.py": "def test_c(): pass\n",
        }
    )
    made.write({"run.py": "import sys, pytest\nsys.exit(pytest.main(['tests/unit', '-q']))\n"})
    report = made.run(command=command).report
    assert [f.test_id for f in report.failures] == ["tests/unit/test_a.py::test_a", "tests/unit/test_a.py::test_b"]
    again = made.run(command=command, ids=["tests/unit/test_a.py::test_b"]).report
    assert [f.test_id for f in again.failures] == ["tests/unit/test_a.py::test_b"]


def test_ids_are_relative_to_the_project_even_below_the_root_of_pytest(project: Make) -> None:
    made = project({"test_a.py": "def test_a(): assert 0\n"})
    (made.root.parent / "pytest.ini").write_text("[pytest]\n")
    (failure,) = made.run().report.failures
    assert (failure.test_id, failure.file) == ("test_a.py::test_a", "test_a.py")
    assert made.run(ids=["test_a.py::test_a"]).report.failed_tests == 1


def test_a_pytest_that_a_test_starts_is_not_our_affair(project: Make) -> None:
    source = (
        "import os, subprocess, sys, pytest\n"
        "def test_inner(tmp_path):\n"
        "    (tmp_path / 'test_x.py').write_text('def test_x(): assert 0')\n"
        "    assert subprocess.run([sys.executable, '-m', 'pytest', str(tmp_path)]).returncode == 1\n"
        "    assert pytest.main([str(tmp_path)]) == 1\n"
        "    assert not [name for name in os.environ if name.startswith('AION_R') or name == 'PYTEST_PLUGINS']\n"
        "    pid = os.fork()\n"
        "    assert pid, 'in the child'\n"
        "    os.waitpid(pid, 0)\n"
    )
    report = project({"test_a.py": source}).run().report
    assert (report.failures, report.passed_ids) == ((), ("test_a.py::test_inner",))


def test_nothing_is_left_in_the_project(project: Make) -> None:
    made = project(
        {
            "test_a.py": "import calc\ndef test_a(): pass\n",
            "calc.py": "",
            "pytest.ini": "[pytest]\naddopts = -p no:cacheprovider\n",
        }
    )
    made.run()
    assert sorted(path.name for path in made.root.rglob("*")) == ["calc.py", "pytest.ini", "test_a.py"]


def test_the_python_path_of_the_user_is_kept(project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "import os, calc\ndef test_a(): assert os.environ['PYTHONPATH'] == os.getcwd() + '/lib'\n"
    made = project({"test_a.py": source, "lib/calc.py": ""})
    monkeypatch.setenv("PYTHONPATH", str(made.root / "lib"))
    assert made.run().report.passed_tests == 1
