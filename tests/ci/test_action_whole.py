"""The GitHub Action from its first step to its outputs, as a runner has it: the schema, then all steps of one job."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.command_line import BUGGY
from support.projects import write

from .conftest import BIN, git, plain

ROOT = Path(__file__).parents[2]
EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")
TOP = {"name", "author", "description", "inputs", "outputs", "runs", "branding"}
STEP = {"name", "id", "if", "run", "shell", "env", "uses", "with", "working-directory", "continue-on-error"}


@pytest.fixture(scope="module")
def action() -> dict[str, Any]:
    document = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def test_it_is_a_composite_action(action: dict[str, Any]) -> None:
    """By GitHub's metadata syntax: what it does not know it passes over in silence."""
    assert {"name", "description", "runs"} <= set(action) <= TOP
    assert set(action["runs"]) == {"using", "steps"} and action["runs"]["using"] == "composite"
    for name, given in action["inputs"].items():
        assert re.fullmatch(r"[a-z_][a-z0-9_-]*", name)
        assert set(given) <= {"description", "required", "default", "deprecationMessage"} and given["description"]
        assert isinstance(given["default"], str), "a runner knows texts only"
    for given in action["outputs"].values():
        assert set(given) == {"description", "value"} and EXPRESSION.fullmatch(given["value"])
    for step in action["runs"]["steps"]:
        assert set(step) <= STEP and ("run" in step) != ("uses" in step)
        assert "uses" in step or step["shell"] == "bash"
    ids = [step["id"] for step in action["runs"]["steps"] if "id" in step]
    assert len(ids) == len(set(ids))
    read = {match for given in action["outputs"].values() for match in re.findall(r"steps\.(\w+)\.", given["value"])}
    assert read <= set(ids)


def test_expressions_stand_in_environments_only(action: dict[str, Any]) -> None:
    for step in action["runs"]["steps"]:
        places = {name: value for name, value in step.items() if name != "env"}
        assert not EXPRESSION.search(json.dumps(places))
        assert all(EXPRESSION.fullmatch(value) for value in step["env"].values())


def test_each_variable_of_a_script_is_quoted(action: dict[str, Any]) -> None:
    """But where bash splits nothing: assignments, tests, here-strings and cases are quoted too, for the eye."""
    for step in action["runs"]["steps"]:
        script = re.sub(r"<<'END'\n.*?\nEND\n", "\n", step["run"], flags=re.DOTALL)
        bare = re.sub(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'", "", script)
        assert re.findall(r"\$\w+|\$\{[^}]*\}", bare) == []
        assert subprocess.run(["bash", "-n", "-c", step["run"]]).returncode == 0


@pytest.fixture
def job(action: dict[str, Any], checkout: Path, tmp_path: Path) -> Any:
    """Runs all steps with ``inputs``; the results, and what the action puts out. Every path has a space in it."""
    folder = tmp_path / "a runner's place"
    moved = folder / "work space"
    folder.mkdir()
    checkout.rename(moved)
    (folder / "temp").mkdir()

    def run(**inputs: str) -> tuple[list[subprocess.CompletedProcess[str]], dict[str, str]]:
        results: list[subprocess.CompletedProcess[str]] = []
        steps: dict[str, dict[str, str]] = {}
        given = {name: one["default"] for name, one in action["inputs"].items()} | inputs
        for number, step in enumerate(action["runs"]["steps"]):
            results.append(_step(step, folder / f"step {number}", moved, given))
            steps[step.get("id", "")] = _written(folder / f"step {number}" / "output")
            if results[-1].returncode:
                break
        values = {name: EXPRESSION.fullmatch(one["value"])[1] for name, one in action["outputs"].items()}
        path = {name: value.removeprefix("steps.").split(".outputs.") for name, value in values.items()}
        return results, {name: steps.get(step, {}).get(key, "") for name, (step, key) in path.items()}

    run.checkout = moved  # type: ignore[attr-defined]
    return run


def _step(step: dict[str, Any], files: Path, checkout: Path, inputs: dict[str, str]) -> Any:
    files.mkdir()
    (files / "script.sh").write_text(step["run"], encoding="utf-8")
    runner = {
        "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": str(files.parent / "action's code"),
        "GITHUB_OUTPUT": str(files / "output"), "GITHUB_STEP_SUMMARY": str(files / "summary"),
        "GITHUB_WORKSPACE": str(checkout), "RUNNER_TEMP": str(files.parent / "temp"),
    }  # fmt: skip
    environment = plain(checkout, **runner)
    for name, value in step["env"].items():
        environment[name] = EXPRESSION.sub(lambda match: inputs[match[1].removeprefix("inputs.")], value)
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(files / "script.sh")],
        cwd=checkout, env=environment, capture_output=True, text=True, timeout=240,
    )  # fmt: skip


def _written(output: Path) -> dict[str, str]:
    lines = output.read_text("utf-8").splitlines() if output.exists() else []
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def python(tmp_path: Path) -> str:
    """An interpreter whose ``-m venv`` lends this environment, and whose pip has nothing to do: no network is here."""
    lending = f"""#!/bin/sh
case "$1 $2" in
"-m venv") mkdir -p "$3/bin" && ln -s '{BIN}/aion-r' "$3/bin/aion-r" && cp "$0" "$3/bin/python" ;;
"-m pip") for last; do :; done; echo "$last" > "$RUNNER_TEMP/installed" ;;
*) exec '{sys.executable}' "$@" ;;
esac
"""
    program = write(tmp_path / "other pythons", {"python3": lending}) / "python3"
    program.chmod(0o755)
    return str(program)


def test_a_job_from_its_start_to_its_outputs(job: Any, python: str) -> None:
    results, outputs = job(project="shop", python=python)
    assert [done.returncode for done in results] == [0, 0], results[-1].stderr
    assert (outputs["outcome"], outputs["exit-status"], outputs["applied"]) == ("repaired", "0", "false")
    temp = job.checkout.parent / "temp"
    assert (temp / "installed").read_text() == f"{job.checkout.parent}/action's code\n"
    assert (job.checkout / "shop/cart.py").read_text() == BUGGY
    git(job.checkout, "apply", "--directory=shop", outputs["patch"])
    assert "result += price" in (job.checkout / "shop/cart.py").read_text()
    assert all(Path(outputs[name]).is_relative_to(temp) for name in ("patch", "sarif", "report"))
    assert "# AION-R: repaired" in (job.checkout.parent / "step 1/summary").read_text()


@pytest.mark.parametrize("name", ["project", "providers", "args", "version", "apply", "fail"])
def test_no_input_is_ever_a_command(job: Any, python: str, name: str, tmp_path: Path) -> None:
    pwned = tmp_path / "pwned"
    hostile = f"$(touch '{pwned}')`touch '{pwned}'`\"; touch '{pwned}'; #\n--branch\n"
    results, outputs = job(**{"project": "shop", "python": python, name: hostile})
    assert not pwned.exists()
    understood = name in ("version", "apply", "fail")
    assert (results[-1].returncode, outputs["outcome"]) == ((0, "repaired") if understood else (2, "error"))
    assert git(job.checkout, "status", "--short") == ""
