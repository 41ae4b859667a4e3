"""Several frameworks in one repository: pytest, Vitest and go, all with their real toolchains."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aion_r.core.domain import Edit, Patch, RunOutcome, TestReport
from aion_r.core.settings import load_settings, read_environment
from aion_r.tools.frameworks.registry import detect_used
from aion_r.tools.frameworks.together import together
from aion_r.tools.runs import RunStore
from aion_r.tools.suite import TestSuite, open_suite
from support import subject
from support.command_line import CommandLine
from support.node import installed, manifest
from support.projects import block, plain_pytest, snapshot, write

PYTHON = {
    "pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["tests"]\npythonpath = ["."]\n',
    "backend/prices.py": "def total(prices):\n    result = 0\n    for price in prices:\n        result -= price\n    return result\n",  # noqa: E501
    "tests/test_prices.py": (
        "import pytest\n\nfrom backend.prices import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n\n\n"
        "def test_none():\n    assert total([]) == 0\n\n\n@pytest.mark.skip\ndef test_later():\n    pass\n"
    ),
}
VITEST = {
    "frontend/package.json": manifest("vitest run", "vitest", type="module"),
    "frontend/tsconfig.json": "{}",
    "frontend/src/cart.ts": "export function count(items: number[]): number {\n  return items.length - 1;\n}\n",
    "frontend/src/cart.test.ts": (
        "import { expect, test } from 'vitest';\nimport { count } from './cart';\n\ntest('counts', () => {\n"
        "  expect(count([7, 8])).toBe(2);\n});\n\ntest('is a number', () => {\n"
        "  expect(count([])).toBeLessThan(5);\n});\n"
    ),
}
GO = {
    "service/go.mod": "module example.com/service\n\ngo 1.21\n",
    "service/sum.go": "package service\n\nfunc Sum(a, b int) int {\n\treturn a + b\n}\n",
    "service/sum_test.go": (
        'package service\n\nimport "testing"\n\nfunc TestSum(t *testing.T) {\n\tif Sum(2, 3) != 5 {\n'
        '\t\tt.Fatal("no")\n\t}\n}\n'
    ),
}
MIXED = PYTHON | VITEST | GO
RIGHT_PYTHON = block("backend/prices.py", "        result -= price", "        result += price")
RIGHT_TYPESCRIPT = block("frontend/src/cart.ts", "  return items.length - 1;", "  return items.length;")
TOTAL, COUNTS = "tests/test_prices.py::test_total", "frontend/src/cart.test.ts > counts"


def mixed(root: Path, *, packages: bool = True, **changed: str) -> Path:
    """The repository with a fault on each side; ``changed`` names the sides that are right."""
    files = dict(MIXED)
    if "python" in changed:
        files["backend/prices.py"] = files["backend/prices.py"].replace("-=", "+=")
    if "typescript" in changed:
        files["frontend/src/cart.ts"] = files["frontend/src/cart.ts"].replace(" - 1", "")
    write(root, files)
    if packages:
        (root / "frontend" / "node_modules").symlink_to(installed("vitest-4"))
    return root


@pytest.fixture
def with_cli(home: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``with_cli("test", …, PATH=…)``: the command line in this process, with an environment of its own."""
    home.mkdir()

    def call(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        kept = {"HOME": str(Path.home()), "AION_R_HOME": str(home)} | variables
        return CommandLine(home, tmp_path, kept).call(*arguments)

    return call


@pytest.fixture
def suite_of(home: Path) -> Iterator[Callable[[Path], TestSuite]]:
    """``suite_of(project)``: its suite, closed at the end."""
    suites = []

    def opened(project: Path) -> TestSuite:
        settings = load_settings(project, read_environment(environ={}), home=home)
        suites.append(open_suite(project, settings, RunStore.create(home, project))[0])
        return suites[-1]

    yield opened
    for suite in suites:
        suite.close()


def counts(report: TestReport) -> tuple[int, int, int, int]:
    return report.total_tests, report.passed_tests, report.failing, report.skipped_tests


def sources(project: Path) -> dict[str, bytes]:
    return {name: data for name, data in snapshot(project).items() if "node_modules" not in name}


def test_the_report_is_the_sum_of_what_the_tools_say(with_cli, tmp_path: Path):
    project = mixed(tmp_path / "project")
    done = with_cli("test", str(project), "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert (report["framework"], report["outcome"]) == ("pytest, vitest, go", "completed")
    said = [one_by_one(project, name) for name in ("pytest", "vitest", "go")]
    summed = [sum(numbers) for numbers in zip(*said, strict=True)]
    assert [report[key] for key in ("total_tests", "passed_tests", "failed_tests", "skipped_tests")] == summed
    assert summed == [6, 3, 2, 1]
    assert [failure["test_id"] for failure in report["failures"]] == [TOTAL, COUNTS]
    for part in ("pytest", "vitest", "go"):
        assert part in done.stderr


def one_by_one(project: Path, name: str) -> tuple[int, int, int, int]:
    """Total, passed, failed, skipped as the tool itself counts them, with nothing of ours."""
    if name == "pytest":
        argv = [str(subject.PYTHON), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        text = subprocess.run(argv, cwd=project, capture_output=True, text=True).stdout
        found = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|skipped)", text)}
        return sum(found.values()), found["passed"], found["failed"], found["skipped"]
    if name == "vitest":
        argv = ["node_modules/.bin/vitest", "run", "--reporter=json"]
        done = subprocess.run(argv, cwd=project / "frontend", capture_output=True, text=True)
        told = json.loads(done.stdout)
        return told["numTotalTests"], told["numPassedTests"], told["numFailedTests"], told["numPendingTests"]
    done = subprocess.run(["go", "test", "-json", "./..."], cwd=project / "service", capture_output=True, text=True)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    ends = [event["Action"] for event in events if event.get("Test") and event["Action"] in ("pass", "fail", "skip")]
    return len(ends), ends.count("pass"), ends.count("fail"), ends.count("skip")


def test_a_fault_on_each_side_is_repaired_one_after_the_other(server, cycle, tmp_path: Path):
    project = mixed(tmp_path / "project")
    server.reply("openai", RIGHT_PYTHON, RIGHT_TYPESCRIPT)
    result = cycle("openai").run_autocorrection(project)
    assert (result.success, result.stop_reason) == (True, "all_passed"), result.message
    assert counts(result.initial_test_results) == (6, 3, 2, 1)
    assert counts(result.final_test_results) == (6, 5, 0, 1)
    first, second = (call.prompt for call in server.calls("openai"))
    assert "backend/prices.py" in first and "python" in first and "pytest" in first and "cart" not in first
    assert "frontend/src/cart.ts" in second and "typescript" in second and "vitest" in second
    assert plain_pytest(project) == 0
    assert one_by_one(project, "vitest")[2] == 0


def test_offline_repairs_what_it_can_and_keeps_it(cycle, tmp_path: Path):
    project = mixed(tmp_path / "project")
    before = sources(project)
    result = cycle(protect=("frontend/**",)).run_autocorrection(project)
    assert (result.success, result.exit_status, result.stop_reason) == (False, 1, "no_fix")
    assert [failure.test_id for failure in result.final_test_results.failures] == [COUNTS]
    assert "backend/prices.py" in result.patch and "cart.ts" not in result.patch
    assert result.patch_file and Path(result.patch_file).is_file()
    assert "no failing test leads to code that may be changed" in result.message
    assert sources(project) == before


def test_offline_repairs_both_sides(cycle, tmp_path: Path):
    project = mixed(tmp_path / "project")
    result = cycle().run_autocorrection(project)
    assert (result.success, result.stop_reason) == (True, "all_passed"), result.message
    assert "backend/prices.py" in result.patch and "cart.ts" in result.patch
    assert plain_pytest(project) == 0
    assert one_by_one(project, "vitest")[2] == 0


def test_the_search_repairs_one_side_and_the_model_the_other(server, cycle, tmp_path: Path):
    """A model that has no answer for Python is asked again for TypeScript: what it could not do there is past."""
    project = mixed(tmp_path / "project")
    server.reply("openai", "I do not know.", "I do not know.", RIGHT_TYPESCRIPT)
    result = cycle("openai", providers=("openai", "offline")).run_autocorrection(project)
    assert result.success, result.message
    written = [str(fix.strategy) for attempt in result.corrections_applied for fix in attempt.fixes_applied]
    assert written == ["offline", "llm"]


def test_who_has_no_answer_for_one_side_is_asked_for_the_other(server, cycle, tmp_path: Path):
    project = mixed(tmp_path / "project")
    server.reply("openai", "I do not know.", "I do not know.", RIGHT_TYPESCRIPT)
    result = cycle("openai").run_autocorrection(project)
    assert not result.success and result.stop_reason == "no_fix"
    assert [failure.test_id for failure in result.final_test_results.failures] == [TOTAL]
    assert "pytest" in result.message


def test_what_nobody_mends_does_not_hold_up_the_others(server, cycle, tmp_path: Path):
    """Two answers for Python do not help: it is given up, and TypeScript's turn comes."""
    project = mixed(tmp_path / "project")
    wrong = [block("backend/prices.py", "        result -= price", f"        result -= price * {n}") for n in (2, 3)]
    server.reply("openai", *wrong, RIGHT_TYPESCRIPT)
    result = cycle("openai").run_autocorrection(project)
    assert not result.success and result.stop_reason == "no_fix"
    assert [failure.test_id for failure in result.final_test_results.failures] == [TOTAL]
    assert "cart.ts" in result.patch and "prices.py" not in result.patch


def test_every_id_selects_its_test_again(suite_of, tmp_path: Path):
    project = mixed(tmp_path / "project")
    suite = suite_of(project)
    whole = suite.parse(asyncio.run(suite.execute(Patch())))
    ids = [TOTAL, COUNTS, "example.com/service.TestSum"]
    for test in ids:
        one = suite.parse(asyncio.run(suite.execute(Patch(), [test])))
        assert [*one.passed_ids, *(failure.test_id for failure in one.failures)] == [test]
    chosen = suite.parse(asyncio.run(suite.execute(Patch(), ids)))
    assert counts(chosen) == (3, 1, 2, 0)
    assert suite.frameworks.failing_in(whole) == ["pytest", "vitest"]
    other, _ = detect_used(project)
    assert [other.owner(test).name for test in ids] == ["pytest", "vitest", "go"], "known in another process, too"


LEAVES_A_FILE = """package service

import (
	"os"
	"testing"
)

func TestLeft(t *testing.T) {
	if _, err := os.Stat("left"); err != nil {
		os.WriteFile("left", nil, 0o644)
		t.Fatal("the first run in this view")
	}
}
"""


def test_green_is_confirmed_in_a_fresh_view_beside_a_framework_without_tests(suite_of, tmp_path: Path):
    """go runs in a view that serves many runs; pytest ends with status 5 where there is no test."""
    files = GO | {"service/left_test.go": LEAVES_A_FILE, "pyproject.toml": PYTHON["pyproject.toml"]}
    suite = suite_of(write(tmp_path / "project", files))
    assert suite.parse(asyncio.run(suite.execute(Patch()))).failing == 1
    edit = Edit("service/sum.go", files["service/sum.go"].encode(), files["service/sum.go"].encode() + b"\n")
    report = suite.parse(asyncio.run(suite.execute(Patch((edit,)))))
    assert (report.framework, report.failing) == ("pytest, go", 1)
    assert [suite.frameworks.owner(failure.test_id).name for failure in report.failures] == ["go"]


@pytest.mark.parametrize(
    ("name", "numbers"), [("pytest", (3, 1, 1, 1)), ("vitest", (2, 1, 1, 0)), ("go", (1, 1, 0, 0))]
)
def test_a_name_picks_one(name: str, numbers: tuple[int, int, int, int], with_cli, tmp_path: Path):
    project = mixed(tmp_path / "project")
    report = json.loads(with_cli("test", str(project), "--json", "--framework", name).stdout)
    assert report["framework"] == name
    keys = ("total_tests", "passed_tests", "failed_tests", "skipped_tests")
    assert tuple(report[key] for key in keys) == numbers


def test_missing_packages_stop_it_before_anything_runs(with_cli, tmp_path: Path):
    project = mixed(tmp_path / "project", packages=False, python="right")
    ran = tmp_path / "ran"
    write(project, {"tests/conftest.py": f"open({str(ran)!r}, 'w').close()\n"})
    done = with_cli("fix", str(project), "--json", "--providers", "offline", "--sandbox", "copy")
    result = json.loads(done.stdout)
    assert (done.returncode, result["stop_reason"]) == (3, "tests_not_run")
    assert "npm install" in result["message"] and str(project / "frontend") in result["message"]
    assert "--framework pytest or --framework go" in result["message"]
    assert with_cli("test", str(project), "--json", "--sandbox", "copy").returncode == 3
    assert not ran.exists()
    assert with_cli("test", str(project), "--json", "--sandbox", "copy", "--framework", "pytest").returncode == 0
    assert ran.exists()


def test_a_missing_toolchain_names_the_way_out(with_cli, tmp_path: Path):
    project = write(tmp_path / "project", PYTHON | GO)
    here = tmp_path / "bin"
    here.mkdir()
    for program in ("sh", "git"):
        (here / program).symlink_to(shutil.which(program) or "")
    done = with_cli("test", str(project), "--json", PATH=str(here))
    message = json.loads(done.stdout)["message"]
    assert done.returncode == 3
    assert "go is not on PATH" in message and message.endswith("--framework pytest")


def test_a_missing_dependency_of_one_side_is_nothing_to_repair(server, cycle, tmp_path: Path):
    project = mixed(tmp_path / "project", python="right", typescript="right")
    write(project, {"frontend/src/cart.test.ts": "import left from 'left-pad-of-old';\n\nleft();\n"})
    result = cycle("openai").run_autocorrection(project)
    assert result.exit_status == 3
    assert "left-pad-of-old is missing" in result.message and "without vitest" in result.message
    assert not server.calls("openai")


def test_all_that_is_missing_is_installed_where_it_belongs(tmp_path: Path):
    project = mixed(tmp_path / "project", packages=False)
    frameworks, _ = detect_used(project)
    empty = TestReport("pytest, vitest, go", RunOutcome.NO_TESTS)
    assert frameworks.install_commands(empty) == [("/bin/sh", "-c", "(cd frontend && npm install)")]


LONE = {"scripts/test_release.py": "def test_one():\n    assert True\n"}
RUST = {"Cargo.toml": '[package]\nname = "calc"\nversion = "0.1.0"\n', "src/lib.rs": "#[test]\nfn one() {}\n"}
BINDINGS = {"bindings/pyproject.toml": "", "bindings/tests/test_calc.py": LONE["scripts/test_release.py"]}
TOOLS_ONLY = {"package.json": json.dumps({"devDependencies": {"vitest": "*"}})}
EXAMPLE = {f"examples/app/{name.removeprefix('frontend/')}": text for name, text in VITEST.items()}
VENDORED = {f"third_party/{name}": text for name, text in GO.items()}
TWO_IN_ONE = {
    "package.json": manifest("vitest run", "vitest", "jest", "mocha"),
    "cart.test.js": "",
}
WORKSPACES = {
    "package.json": json.dumps({"private": True, "workspaces": ["packages/*"]}),
    "packages/a/package.json": manifest("vitest run", "vitest"),
    "packages/b/package.json": manifest("jest", "jest", "vitest"),
    "packages/b/b.test.js": "",
}
CASES = [
    (MIXED, "pytest, vitest, go"),
    (RUST | BINDINGS, "pytest, cargo"),
    (RUST | LONE, "cargo"),
    (LONE, "pytest"),
    (PYTHON | TOOLS_ONLY, "pytest"),
    (PYTHON | TOOLS_ONLY | {"web/cart.test.js": ""}, "pytest, vitest"),
    (PYTHON | EXAMPLE, "pytest"),
    (EXAMPLE, "vitest"),
    (PYTHON | VENDORED, "pytest"),
    (PYTHON | {f"tests/projects/{name}": text for name, text in (GO | RUST).items()}, "pytest"),
    (GO | VENDORED | LONE, "go"),
    (PYTHON | {"go.mod": "module m\n"}, "pytest"),
    (TWO_IN_ONE, "vitest"),
    (TWO_IN_ONE | {"old/package.json": manifest("mocha", "mocha")}, "vitest, mocha"),
    (WORKSPACES, "vitest, jest"),
]


@pytest.mark.parametrize(("files", "names"), CASES)
def test_what_is_really_used(files: dict[str, str], names: str, tmp_path: Path):
    frameworks, detection = detect_used(write(tmp_path, files))
    assert frameworks.name == detection.framework == names


def test_what_is_left_out_is_told(tmp_path: Path):
    _, detection = detect_used(write(tmp_path, RUST | LONE))
    assert "left out pytest: scripts/test_release.py is a pytest file" in detection.reason
    frameworks, _ = detect_used(tmp_path, framework="pytest")
    assert frameworks.name == "pytest"


def test_one_node_package_has_one_framework(tmp_path: Path):
    frameworks, _ = detect_used(write(tmp_path, WORKSPACES))
    ran = {one.name: [package.folder for package, _, _ in one.framework.used(tmp_path)] for one in frameworks.used}
    assert ran == {"vitest": ["packages/a"], "jest": ["packages/b"]}


def test_a_command_of_the_users_own_is_one_frameworks(with_cli, tmp_path: Path):
    project = mixed(tmp_path / "project")
    own = ("--test-command", "python3 -m pytest tests -k none")
    report = json.loads(with_cli("test", str(project), "--json", *own).stdout)
    assert (report["framework"], report["passed_tests"]) == ("pytest", 1)


def test_a_framework_without_tests_does_not_speak_for_the_others():
    green = TestReport("pytest", RunOutcome.COMPLETED, total_tests=1, passed_tests=1, passed_ids=("a",))
    empty = TestReport("vitest", RunOutcome.NO_TESTS, message="vitest found no tests")
    dead = TestReport("go", RunOutcome.CRASHED, message="killed")
    assert together([green, empty]).all_passed
    assert together([green, empty]).message == "vitest: vitest found no tests"
    assert not together([green, dead]).all_passed
    assert together([empty, empty]).outcome is RunOutcome.NO_TESTS
