"""Python projects in folders of a repository, each run by its own pytest as ``cd backend && pytest`` would."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aion_r.core.domain import Patch, RunOutcome, TestReport
from aion_r.core.settings import load_settings, read_environment
from aion_r.tools.runs import RunStore
from aion_r.tools.suite import TestSuite, open_suite
from support.command_line import CommandLine
from support.projects import block, snapshot, write
from support.subject import FOLDER, PYTHON

SUBTRACTS = "def total(prices):\n    result = 0\n    for price in prices:\n        result -= price\n    return result\n"
BACKEND = {
    "package.json": '{"private": true, "scripts": {"build": "true"}}',
    "frontend/package.json": '{"name": "frontend"}',
    "backend/pyproject.toml": (
        '[project]\nname = "backend"\nversion = "1"\n\n'
        '[tool.pytest.ini_options]\npythonpath = ["src"]\ntestpaths = ["checks"]\npython_files = ["check_*.py"]\n'
    ),
    "backend/src/prices.py": SUBTRACTS,
    "backend/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef basket():\n    return [1, 2]\n",
    "backend/checks/check_prices.py": (
        "from pathlib import Path\n\nfrom prices import total\n\n\n"
        "def test_total(basket):\n    assert total(basket) == 3\n\n\n"
        "def test_none():\n    assert total([]) == 0\n\n\n"
        "def test_place(pytestconfig):\n    assert Path.cwd() == pytestconfig.rootpath == Path(__file__).parents[1]\n"
    ),
    "backend/scratch/check_never.py": "def test_never():\n    raise RuntimeError\n",
}
TOTAL = "backend/checks/check_prices.py::test_total"


def package(name: str, module: str) -> dict[str, str]:
    """A member of a workspace; every member's test module has the same name."""
    return {
        f"packages/{name}/pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
        f"packages/{name}/{name}_lib.py": module,
        f"packages/{name}/tests/test_lib.py": (
            f"from {name}_lib import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n\n\n"
            "def test_none():\n    assert total([]) == 0\n"
        ),
    }


WORKSPACE = {
    "pyproject.toml": '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
    **package("a", SUBTRACTS),
    **package("b", SUBTRACTS.replace("result = 0", "result = 1").replace("-=", "+=")),
    "examples/shop/pyproject.toml": "[tool.pytest.ini_options]\n",
    "examples/shop/test_shop.py": "def test_shop():\n    raise RuntimeError\n",
}
A_TOTAL = "packages/a/tests/test_lib.py::test_total"
B_BOTH = ["packages/b/tests/test_lib.py::test_total", "packages/b/tests/test_lib.py::test_none"]


@pytest.fixture
def with_cli(home: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``with_cli("test", …)``: the command line in this process."""
    home.mkdir()
    kept = {"HOME": str(Path.home()), "VIRTUAL_ENV": sys.prefix}  # which has pip
    return CommandLine(home, tmp_path, kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}).call


@pytest.fixture
def suite_of(home: Path) -> Iterator[Callable[..., TestSuite]]:
    """``suite_of(project)``: its suite, closed at the end."""
    suites = []

    def opened(project: Path, **settings: object) -> TestSuite:
        known = load_settings(project, read_environment(environ={}), home=home, **settings)
        suites.append(open_suite(project, known, RunStore.create(home, project))[0])
        return suites[-1]

    yield opened
    for suite in suites:
        suite.close()


def run(suite: TestSuite, ids: list[str] | None = None) -> TestReport:
    return suite.parse(suite._run(Patch(), ids))


def ran(report: TestReport) -> set[str]:
    return {*report.passed_ids, *report.skipped_ids, *(failure.test_id for failure in report.failures)}


def test_a_backend_runs_in_its_own_folder(with_cli, tmp_path: Path):
    project = write(tmp_path / "project", BACKEND)
    done = with_cli("test", str(project), "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 1, done.stderr
    assert (report["framework"], report["total_tests"], report["failed_tests"]) == ("pytest", 3, 1)
    (failure,) = report["failures"]
    assert (failure["test_id"], failure["file"]) == (TOTAL, "backend/checks/check_prices.py")
    assert [frame["file"] for frame in failure["stack"]] == ["backend/checks/check_prices.py"]
    assert "backend/pyproject.toml configures pytest" in done.stderr


def test_each_package_runs_apart_from_the_others(suite_of, tmp_path: Path):
    """Modules of one name in two packages: pytest called once, in the root, cannot even collect them."""
    suite = suite_of(write(tmp_path / "project", WORKSPACE))
    report = run(suite)
    assert (report.framework, report.outcome, report.total_tests) == ("pytest", RunOutcome.COMPLETED, 4)
    assert [failure.test_id for failure in report.failures] == [A_TOTAL, *B_BOTH]
    assert [failure.file for failure in report.failures] == ["packages/a/tests/test_lib.py"] + [
        "packages/b/tests/test_lib.py"
    ] * 2
    assert report.passed_ids == ("packages/a/tests/test_lib.py::test_none",)


def test_every_id_selects_its_test_again(suite_of, tmp_path: Path):
    suite = suite_of(write(tmp_path / "project", WORKSPACE | BACKEND))
    assert len(ran(run(suite))) == 7
    for chosen in ([TOTAL], [A_TOTAL], [B_BOTH[1], TOTAL]):
        assert ran(run(suite, chosen)) == set(chosen)
    assert ran(run(suite, ["packages/b/tests/test_lib.py"])) == set(B_BOTH)


def test_each_folder_has_its_own_interpreter(suite_of, tmp_path: Path):
    says = "import sys\n\n\ndef test_where():\n    assert sys.prefix == ''\n"
    project = write(tmp_path / "project", WORKSPACE | {"packages/b/tests/test_lib.py": says})
    environment = project / "packages" / "b" / ".venv"
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", environment), check=True)
    (site,) = environment.glob("lib/python3*/site-packages")
    (site / "shared.pth").write_text(f"{next(FOLDER.glob('lib/python3*/site-packages'))}\n")
    report = run(suite_of(project))
    (where,) = [failure for failure in report.failures if failure.test_id.endswith("test_where")]
    assert where.actual == repr(str(environment)), report


def test_one_that_crashes_hides_no_other(suite_of, tmp_path: Path):
    dies = "import os\n\n\ndef test_dies():\n    os._exit(3)\n"
    suite = suite_of(write(tmp_path / "project", WORKSPACE | {"packages/a/tests/test_lib.py": dies}))
    report = run(suite)
    assert report.outcome is RunOutcome.CRASHED
    assert [failure.test_id for failure in report.failures] == ["packages/a/tests/test_lib.py::test_dies", *B_BOTH]
    assert "pytest in packages/a: pytest did not reach its end" in report.message


def test_a_wrong_option_is_told_of_its_folder(suite_of, tmp_path: Path):
    wrong = '[tool.pytest.ini_options]\naddopts = "--nonsense"\n'
    report = run(suite_of(write(tmp_path / "project", WORKSPACE | {"packages/b/pyproject.toml": wrong})))
    assert report.outcome is RunOutcome.BUILD_FAILED
    (failure,) = [one for one in report.failures if one.test_id != A_TOTAL]
    assert failure.file == "packages/b/pyproject.toml" and "--nonsense" in failure.message
    assert "packages/a" not in failure.output


def test_what_was_not_run_for_want_of_time_is_told(suite_of, tmp_path: Path):
    endless = {"packages/a/conftest.py": "import time\n\nwhile True:\n    time.sleep(60)\n"}
    report = run(suite_of(write(tmp_path / "project", WORKSPACE | endless), test_timeout=6.0))
    assert report.outcome is RunOutcome.TIMED_OUT
    assert "pytest in packages/b was not run" in report.message


def test_lines_of_all_folders(suite_of, tmp_path: Path):
    report = run(suite_of(write(tmp_path / "project", WORKSPACE), coverage=True))
    assert report.coverage is not None
    assert set(report.coverage["files"]) == {"packages/a/a_lib.py", "packages/b/b_lib.py"}
    assert (report.coverage["spectrum"]["failed"], report.coverage["spectrum"]["passed"]) == (3, 1)


def test_offline_repairs_the_backend(cycle, tmp_path: Path):
    project = write(tmp_path / "project", BACKEND)
    before = snapshot(project)
    result = cycle().run_autocorrection(project)
    assert result.success, result.message
    changed = {name for name, data in snapshot(project).items() if before.get(name) != data}
    assert changed == {"backend/src/prices.py"}
    command = (PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert subprocess.run(command, cwd=project / "backend", capture_output=True).returncode == 0


def test_offline_repairs_each_package_in_turn(cycle, tmp_path: Path):
    project = write(tmp_path / "project", WORKSPACE)
    result = cycle().run_autocorrection(project)
    assert result.success, result.message
    assert {"packages/a/a_lib.py", "packages/b/b_lib.py"} == {
        fix.file for attempt in result.corrections_applied for fix in attempt.fixes_applied
    }


def test_a_package_that_nobody_mends_does_not_hold_up_the_other(cycle, tmp_path: Path):
    """The search finds nothing in the first, and looks in the second."""
    hopeless = "from a_lib import total\n\n\ndef test_total():\n    assert total([1, 2]) == 'three, please'\n"
    project = write(tmp_path / "project", WORKSPACE | {"packages/a/tests/test_lib.py": hopeless})
    result = cycle(search_seconds=8.0, max_iterations=1).run_autocorrection(project)
    assert not result.success
    assert "packages/b/b_lib.py" in result.patch and "packages/a" not in result.patch


def test_a_model_repairs_the_backend(server, cycle, tmp_path: Path):
    project = write(tmp_path / "project", BACKEND)
    server.reply("openai", block("backend/src/prices.py", "        result -= price", "        result += price"))
    result = cycle("openai").run_autocorrection(project)
    assert result.success, result.message
    (call,) = server.calls("openai")
    assert "backend/src/prices.py" in call.prompt


def test_a_missing_package_is_installed_in_its_folder(with_cli, tmp_path: Path):
    needs = "import nowhere_to_be_found\n\n" + SUBTRACTS
    project = write(tmp_path / "project", BACKEND | {"backend/src/prices.py": needs})
    done = with_cli("fix", str(project), "--providers", "offline", "--json")
    assert done.returncode == 3, done.stdout
    assert "nowhere_to_be_found" in done.stderr and "(cd backend && " in done.stderr
