"""Whole projects of every framework, through the command line: tested, repaired, and green for the tool itself.

The offline search repairs the Python ones, a scripted model the others; everything else is real.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from aion_r.tools.frameworks.registry import FRAMEWORKS
from support.cases import Case, cases, run_plain
from support.command_line import CommandLine, document
from support.generated import RECIPES, SEEN, TESTS
from support.projects import RIGHT, block, calc, plain_pytest, snapshot, write
from support.scripted_server import ScriptedServer

KEPT = ("HOME", "TMPDIR", "CARGO_HOME", "RUSTUP_HOME", "GOPATH", "GOCACHE", "GOFLAGS", "GOPROXY")
CASES = cases()
MODULES = 20
MANY = 2_000


@pytest.fixture
def aion(tmp_path: Path) -> CommandLine:
    """``aion-r`` in ``tmp_path``, with a store of its own and the caches of this user's toolchains."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return CommandLine(home, tmp_path, kept)


def project_files(root: Path) -> dict[str, bytes]:
    """The files of the project, without what is installed."""
    return {name: data for name, data in snapshot(root).items() if "node_modules" not in Path(name).parts}


def counts(report: dict[str, Any]) -> dict[str, int]:
    """The counts as ``case.json`` writes them."""
    return {name: report[f"{name}_tests"] for name in ("passed", "failed", "skipped")}


def test_every_framework_has_three_projects() -> None:
    own = [case.framework for case in CASES] + list(RECIPES)
    assert {row.name: own.count(row.name) for row in FRAMEWORKS if own.count(row.name) < 3} == {"junit": 0}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_project_is_tested_and_repaired(
    case: Case, aion: CommandLine, server: ScriptedServer, tmp_path: Path
) -> None:
    root = case.copy(tmp_path / "project")
    before = project_files(root)
    if case.framework not in [other.framework for other in CASES[: CASES.index(case)]]:
        tested = aion.call("test", "project", "--json", *case.options)
        check_found(case, document(tested.stdout), before)
        assert tested.returncode == 1 and project_files(root) == before

    result = repair(aion, server, case.reply, case.options)
    check_found(case, result["initial_test_results"], before)
    final = result["final_test_results"]
    assert counts(result["initial_test_results"]) == case.spec["counts"]
    assert counts(final) == {
        "passed": case.spec["counts"]["passed"] + case.spec["counts"]["failed"],
        "failed": 0,
        "skipped": case.spec["counts"]["skipped"],
    }
    after = project_files(root)
    assert sorted(name for name in before | after if before.get(name) != after.get(name)) == case.spec["fixed"]
    plain = case.run_plain(root)
    assert plain.returncode == 0, plain.stdout + plain.stderr


def check_found(case: Case, report: dict[str, Any], files: dict[str, bytes]) -> None:
    """The report of the project as it was found, by ``test`` (once a framework: it is one more build) or ``fix``."""
    assert "framework" in report, report
    assert (report["framework"], report["outcome"]) == (case.framework, "completed")
    assert (counts(report), report["error_tests"]) == (case.spec["counts"], 0), report["failures"]
    assert all(failure["file"] in files and failure["line"] for failure in report["failures"]), report["failures"]


def repair(aion: CommandLine, server: ScriptedServer, reply: str | None, options: list[str]) -> dict[str, Any]:
    """``aion-r fix --json`` in ``project``, which has to repair it: by ``reply``, without one by the offline search."""
    if reply is not None:
        server.reply("openai", reply)
        aion.variables |= server.environment("openai")
    leg = "offline" if reply is None else "openai"
    fixed = aion.call("fix", "project", "--json", "--providers", leg, *options)
    result = document(fixed.stdout)
    assert (fixed.returncode, result["outcome"], result["applied"]) == (0, "repaired", True), (result, fixed.stderr)
    assert len(server.calls("openai")) == (0 if reply is None else 1)
    return result


@pytest.mark.parametrize("framework", RECIPES)
def test_twenty_modules_with_three_hundred_tests(
    framework: str, aion: CommandLine, server: ScriptedServer, tmp_path: Path
) -> None:
    recipe, broken = RECIPES[framework], [13] if framework == "pytest" else [7, 13]
    root = recipe.make(tmp_path / "project", MODULES, broken)
    red, every = SEEN * len(broken), TESTS * MODULES
    result = repair(aion, server, None if framework == "pytest" else recipe.reply(broken), [])
    report = result["initial_test_results"]
    assert (report["framework"], counts(report)) == (framework, {"passed": every - red, "failed": red, "skipped": 0})
    assert counts(result["final_test_results"]) == {"passed": every, "failed": 0, "skipped": 0}
    plain = run_plain(recipe.plain, root)
    assert plain.returncode == 0, plain.stdout + plain.stderr


def test_thousands_of_failing_tests_of_one_bug(aion: CommandLine, server: ScriptedServer, tmp_path: Path) -> None:
    many = f"import pytest\nfrom calc import add\n\n\n@pytest.mark.parametrize('n', range(1, {MANY + 1}))\n"
    many += "def test_add(n):\n    assert add(n, n) == 2 * n\n"
    calc(tmp_path / "project", test_calc=many)
    result = repair(aion, server, RIGHT, [])
    assert counts(result["initial_test_results"])["failed"] == MANY == len(result["initial_test_results"]["failures"])
    assert counts(result["final_test_results"])["passed"] == MANY
    (call,) = server.calls("openai")
    assert len(call.prompt) < 30_000


def test_names_with_line_ends_and_emoji_reach_the_model_and_come_back(
    aion: CommandLine, server: ScriptedServer, tmp_path: Path
) -> None:
    odd = "import pytest\nfrom calc import add\n\n\n"
    odd += "@pytest.mark.parametrize('n', [2], ids=['a\\nb \N{PARTY POPPER} \\x1b[8m'])\n"
    root = calc(tmp_path / "project", test_calc=odd + "def test_add(n):\n    assert add(n, n) == 2 * n\n")
    result = repair(aion, server, RIGHT, [])
    (failure,) = result["initial_test_results"]["failures"]
    assert failure["test_id"].isprintable() and failure["test_id"].startswith("test_calc.py::test_add[a")
    assert plain_pytest(root) == 0


def test_a_suite_longer_than_its_time_is_told_and_not_called_green(aion: CommandLine, tmp_path: Path) -> None:
    slow = "import time\n\n\n" + "".join(f"def test_{n}():\n    time.sleep(0.5)\n\n\n" for n in range(12))
    calc(tmp_path / "project", test_calc=slow)
    tested = aion.call("test", "project", "--json", "--test-timeout", "3")
    report = document(tested.stdout)
    assert (report["outcome"], report["all_passed"]) == ("timed_out", False)
    assert 0 < report["passed_tests"] < 12
    assert tested.returncode == 1, "they were run"


def test_where_no_framework_is_found_no_model_is_asked(
    aion: CommandLine, server: ScriptedServer, tmp_path: Path
) -> None:
    root = write(tmp_path / "project", {"package.json": "{"})
    aion.variables |= server.environment("openai")
    fixed = aion.call("fix", "project", "--json", "--providers", "openai")
    result = document(fixed.stdout)
    assert (fixed.returncode, result["outcome"], result["stop_reason"]) == (3, "error", "tests_not_run")
    assert "package.json" in result["message"]
    assert server.calls("openai") == []
    assert snapshot(root) == {"package.json": b"{"}


@pytest.mark.parametrize(("name", "text"), [("go.mod", "module\n"), ("Cargo.toml", "[package\n")])
def test_a_broken_manifest_is_a_failure_at_its_place_and_is_not_rewritten(
    name: str, text: str, aion: CommandLine, server: ScriptedServer, tmp_path: Path
) -> None:
    root = write(tmp_path / "project", {name: text})
    server.reply("openai", block(name, text.strip(), "other"))
    aion.variables |= server.environment("openai")
    fixed = aion.call("fix", "project", "--json", "--providers", "openai", "--max-iterations", "1")
    result = document(fixed.stdout)
    assert (fixed.returncode, result["outcome"], result["applied"]) == (1, "not_repaired", False)
    (failure,) = result["initial_test_results"]["failures"]
    assert (failure["file"], failure["line"], failure["assertion_type"]) == (name, 1, "build")
    assert snapshot(root) == {name: text.encode()}
