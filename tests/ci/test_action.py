"""The GitHub Action: its own steps, run by bash as a runner runs them, with the runner's files and variables."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import setuptools
import yaml

from support.command_line import BUGGY
from support.projects import write

from .conftest import BIN, git, plain

EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")


@pytest.fixture(scope="module")
def action() -> dict[str, Any]:
    document = yaml.safe_load((Path(__file__).parents[2] / "action.yml").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


@dataclass
class Runner:
    """A runner's view of one job. ``outputs`` are those of the action."""

    action: dict[str, Any]
    checkout: Path
    temp: Path
    files: Path

    def run(
        self, name: str, inputs: dict[str, str] | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """The step called ``name``, with ``inputs`` and the defaults of the others."""
        step = next(step for step in self.action["runs"]["steps"] if step["name"] == name)
        given = {key: value.get("default", "") for key, value in self.action["inputs"].items()} | (inputs or {})
        script = self.temp / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        environment = plain(self.checkout, **self.environment) | variables
        for key, value in step.get("env", {}).items():
            environment[key] = EXPRESSION.sub(lambda match: given[match[1].removeprefix("inputs.")], value)
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.checkout, env=environment, capture_output=True, text=True, timeout=240,
        )  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        return {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(Path(__file__).parents[2]),
            "GITHUB_OUTPUT": str(self.files / "output"),
            "GITHUB_STEP_SUMMARY": str(self.files / "summary.md"),
            "GITHUB_WORKSPACE": str(self.checkout),
            "RUNNER_TEMP": str(self.temp),
        }

    @property
    def outputs(self) -> dict[str, str]:
        lines = (self.files / "output").read_text(encoding="utf-8").splitlines()
        written = dict(line.split("=", 1) for line in lines)
        named = {name: EXPRESSION.fullmatch(each["value"]) for name, each in self.action["outputs"].items()}
        return {name: written[match[1].removeprefix("steps.fix.outputs.")] for name, match in named.items() if match}


@pytest.fixture
def runner(action: dict[str, Any], checkout: Path, tmp_path: Path) -> Runner:
    """AION-R is installed already: where the first step puts it stands this environment."""
    made = Runner(action, checkout, tmp_path / "temp", tmp_path / "files")
    (made.temp / "aion-r" / "venv").mkdir(parents=True)
    (made.temp / "aion-r" / "venv" / "bin").symlink_to(BIN)
    made.files.mkdir()
    return made


def test_no_input_becomes_part_of_a_script(action: dict[str, Any]) -> None:
    steps = action["runs"]["steps"]
    assert [step["name"] for step in steps if "${{" in step.get("run", "")] == []
    assert [step["name"] for step in steps if step.get("shell") != "bash" or "uses" in step] == []
    read = {name for step in steps for text in step["env"].values() for name in EXPRESSION.findall(text)}
    assert read == {f"inputs.{name}" for name in action["inputs"]}


def test_what_is_red_is_annotated_and_the_patch_is_offered(runner: Runner) -> None:
    done = runner.run("Repair", {"project": "shop"})
    assert done.returncode == 0, done.stderr
    assert (runner.checkout / "shop" / "cart.py").read_text() == BUGGY
    outputs = runner.outputs
    assert (outputs["outcome"], outputs["exit-status"], outputs["applied"]) == ("repaired", "0", "false")
    assert json.loads(Path(outputs["report"]).read_text())["sandbox"] in ("overlay", "landlock", "copy")
    git(runner.checkout, "apply", "--directory=shop", outputs["patch"])
    assert "result += price" in (runner.checkout / "shop" / "cart.py").read_text()
    assert "# AION-R: repaired" in (runner.files / "summary.md").read_text()
    assert "::error" not in done.stdout + done.stderr


def test_a_repair_is_written_when_asked_for_and_more_options_are_never_commands(runner: Runner) -> None:
    args = "--max-iterations=1\n\n--protect=*.cfg; touch pwned $(touch pwned)\n"
    done = runner.run("Repair", {"project": "shop", "apply": "true", "args": args})
    assert done.returncode == 0, done.stderr
    assert runner.outputs["applied"] == "true"
    assert git(runner.checkout, "status", "--short") == " M shop/cart.py\n"


def test_what_cannot_be_repaired_fails_the_step(runner: Runner) -> None:
    write(runner.checkout / "shop", {"test_cart.py": "def test_never():\n    raise RuntimeError('no')\n"})
    done = runner.run("Repair", {"project": "shop"})
    assert done.returncode == 1, done.stderr
    outputs = runner.outputs
    assert (outputs["outcome"], outputs["exit-status"], outputs["patch"]) == ("not_repaired", "1", "")
    assert "::error file=shop/test_cart.py,line=2,title=test_cart.py%3A%3Atest_never::" in done.stderr
    (run,) = json.loads(Path(outputs["sarif"]).read_text())["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "shop/test_cart.py", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 2},
    }


def test_it_does_not_where_it_is_not_to(runner: Runner) -> None:
    write(runner.checkout / "shop", {"test_cart.py": ""})
    done = runner.run("Repair", {"project": "shop", "fail": "false"})
    assert (done.returncode, runner.outputs["exit-status"]) == (0, "3")


@pytest.mark.parametrize("inputs", [{"project": "--help"}, {"args": "--nonsense"}, {"providers": "$(id)"}])
def test_wrong_inputs_always_fail_the_step(runner: Runner, inputs: dict[str, str]) -> None:
    done = runner.run("Repair", {"project": "shop", "fail": "false"} | inputs)
    assert done.returncode == 2
    assert "aion-r: " in done.stderr
    assert runner.outputs["outcome"] == "error"


def test_files_of_an_earlier_use_are_gone(runner: Runner) -> None:
    kept = runner.temp / "aion-r"
    write(kept, {"fix.patch": "old", "failures.sarif": "old", "result.json": "old"})
    runner.run("Repair", {"project": "nowhere"})
    assert (runner.outputs["patch"], runner.outputs["sarif"]) == ("", "")


def test_an_old_python_is_told_what_to_do(runner: Runner, tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = runner.run("Install AION-R", {"python": str(old)})
    assert done.returncode == 2
    assert done.stdout.startswith("::error::AION-R needs Python 3.11 or newer")


def test_the_action_installs_the_code_beside_it(runner: Runner, tmp_path: Path) -> None:
    """Here a stand-in of a few lines, built without an index: setuptools is lent. The real wheel has its own tests."""
    project = '[project]\nname = "aion-r"\nversion = "7"\n[project.scripts]\naion-r = "stand_in:main"\n'
    code = write(tmp_path / "code", {"pyproject.toml": project, "stand_in.py": "def main():\n    print('stands in')\n"})
    here = Path(setuptools.__file__).parents[1]
    lent = write(tmp_path / "lent", {})
    lent.mkdir()
    for entry in (*here.glob("*setuptools*"), here / "_distutils_hack"):
        (lent / entry.name).symlink_to(entry)
    shutil.rmtree(runner.temp / "aion-r")
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PYTHONPATH": str(lent)}
    done = runner.run("Install AION-R", {"python": sys.executable}, GITHUB_ACTION_PATH=str(code), **offline)
    assert done.returncode == 0, done.stderr
    installed = runner.temp / "aion-r" / "venv" / "bin" / "aion-r"
    assert subprocess.run([str(installed)], capture_output=True, text=True).stdout == "stands in\n"
