"""What stands behind a failing test, found without a model."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from aion_r.api.explaining import Explanation, explain, matching
from aion_r.core.errors import UsageError
from aion_r.core.settings import load_settings, read_environment
from support.projects import calc, write

SHARED = """
from calc import add

seen = []


def test_first():
    seen.append(1)


def test_second():
    assert seen == []
"""


def explained(project: Path, wanted: str, *known: str) -> Explanation:
    settings = load_settings(project, read_environment(environ={}), home=project.parent / "home")
    return asyncio.run(explain(project, settings, wanted, known))


def test_a_test_that_is_known_is_run_alone(tmp_path: Path):
    found = explained(calc(tmp_path / "shop"), "test_add", "test_calc.py::test_add", "test_calc.py::test_mul")
    assert found.failure is not None
    assert (found.test_id, found.alone, found.failure.expected) == ("test_calc.py::test_add", True, "5")
    assert [(one.file, one.function) for one in found.suspects] == [("calc.py", "add")]


def test_a_test_that_fails_only_with_the_others(tmp_path: Path):
    project = calc(tmp_path / "shop", test_calc=SHARED)
    found = explained(project, "test_second", "test_calc.py::test_second")
    assert found.failure is not None and found.alone is False


def test_a_test_that_is_there_no_more(tmp_path: Path):
    with pytest.raises(UsageError, match=r"'test_calc.py::test_gone' is not .*give one such as test_calc.py::test_"):
        explained(calc(tmp_path / "shop"), "test_calc.py::test_gone", "test_calc.py::test_gone")


def test_a_file_that_does_not_load(tmp_path: Path):
    project = write(calc(tmp_path / "shop"), {"test_calc.py": "from calc import nothing\n"})
    found = explained(project, "test_calc.py::test_add")
    assert found.test_id == "test_calc.py" and found.failure is not None
    assert "nothing" in found.failure.message


@pytest.mark.parametrize(
    ("wanted", "test"),
    [("a::x", "a::x"), ("::y", "a::y"), ("x", ""), ("b", "b::x"), ("nowhere", ""), ("", "")],
)
def test_which_test_a_name_means(wanted: str, test: str):
    assert matching(wanted, ("a::x", "a::y", "b::x")) == test
