"""Real processes: exit status, one document on stdout, what is written and what is not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command_line import BUGGY, REPLACE, CommandLine, answer, document
from support.replies import Status

Configure = Callable[..., CommandLine]


def test_a_repair_is_written_and_summed_up_in_plain_lines(with_model: Configure, project: Path) -> None:
    done = with_model(answer()).run("fix")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("pytest (") and "; sandbox: " in lines[0]
    assert lines[1].startswith("OpenAI initialised: model gpt-4o-mini")
    assert "  test_cart.py::test_total  assert -6 == 6" in lines
    assert any(line.startswith("Iteration 1: openai (gpt-4o-mini): 1 → 0 failing") for line in lines)
    assert f"+{REPLACE}" in lines
    assert lines[-1].startswith("Repaired: 1 of 2 tests failed (test_cart.py::test_total: assert -6 == 6).")
    assert "cart.py:4; openai (gpt-4o-mini) mended it" in lines[-1]
    assert "aion-r undo " in lines[-1]
    assert "\x1b" not in done.stdout + done.stderr
    assert REPLACE in (project / "cart.py").read_text()


def test_json_is_one_document_and_the_rest_goes_to_stderr(with_model: Configure) -> None:
    done = with_model(answer()).run("fix", "--json")
    result = document(done.stdout)
    assert (done.returncode, result["outcome"], result["applied"]) == (0, "repaired", True)
    assert done.stderr.startswith("pytest (")
    assert "Repaired: " in done.stderr


def test_green_as_found_is_success(aion: CommandLine, project: Path) -> None:
    (project / "cart.py").write_text(BUGGY.replace("-=", "+="))
    done = aion.call("fix", "--providers", "offline")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("Green: All 2 tests pass already")


def test_not_repaired_is_1_and_leaves_the_project_alone(with_model: Configure, project: Path) -> None:
    aion = with_model(answer("        result = price"))
    done = aion.call("fix", "--providers", "openai", "--max-iterations", "1", "--json")
    result = document(done.stdout)
    assert (done.returncode, result["success"], result["stop_reason"]) == (1, False, "iteration_limit")
    assert (project / "cart.py").read_text() == BUGGY
    assert "The project is as it was." in done.stderr


def test_a_spent_budget_is_4(with_model: Configure) -> None:
    aion = with_model(answer("        result = price"))
    done = aion.call("fix", "--providers", "openai", "--budget-tokens", "1", "--json")
    assert (done.returncode, document(done.stdout)["outcome"]) == (4, "limit")


@pytest.mark.parametrize("command", ["fix", "test"])
def test_nothing_to_run_is_3(aion: CommandLine, project: Path, command: str) -> None:
    (project / "test_cart.py").write_text("")
    done = aion.call(command, "--json")
    assert done.returncode == 3, done.stderr
    document(done.stdout)
    assert "Traceback" not in done.stderr


def test_no_apply_shows_the_patch_and_keeps_it(with_model: Configure, project: Path, tmp_path: Path) -> None:
    patch = tmp_path / "fix.diff"
    done = with_model(answer()).call("fix", "--no-apply", "--patch", str(patch))
    assert done.returncode == 0
    assert (project / "cart.py").read_text() == BUGGY
    assert f"+{REPLACE}" in patch.read_text()
    assert "The project is as it was; the patch is in " in done.stdout


@pytest.mark.parametrize("ending", ["json", "md", "html"])
def test_the_report_file(with_model: Configure, tmp_path: Path, ending: str) -> None:
    report = tmp_path / f"report.{ending}"
    assert with_model(answer()).call("fix", "--report", str(report)).returncode == 0
    text = report.read_text()
    if ending == "json":
        assert json.loads(text)["outcome"] == "repaired"
    elif ending == "html":
        assert text.startswith("<!doctype html>")
        assert "1 of 1 pass with the patch" in text
    else:
        assert text.startswith("# AION-R: repaired\n\nRepaired: 1 of 2 tests failed")
        assert "| passed | 1 | 2 |" in text
        assert f"+{REPLACE}" in text


@pytest.mark.parametrize("ending", ["json", "md", "html"])
def test_the_report_file_holds_no_key(with_model: Configure, project: Path, tmp_path: Path, ending: str) -> None:
    key = "sk-scriptedopenaikey0000000002"
    (project / "test_cart.py").write_text(f"def test_key():\n    assert '{key}' == ''\n")
    report = tmp_path / f"report.{ending}"
    aion = with_model(answer("        result = price"))
    assert aion.call("fix", "--providers", "openai", "--max-iterations", "1", "--report", str(report)).returncode == 1
    assert key not in report.read_text()
    assert "OPENAI_API_KEY" in report.read_text().replace("\\", "")  # Markdown escapes underscores


def test_options_reach_the_run(with_model: Configure, server: object, tmp_path: Path) -> None:
    instructions = tmp_path / "prompt.md"
    instructions.write_text("Answer as a pirate would.")
    with_model(answer()).call("fix", "--model", "small-model", "--system-prompt", str(instructions))
    call = server.calls("openai")[0]  # type: ignore[attr-defined]
    assert call.json["model"] == "small-model"
    assert "Answer as a pirate would." in call.prompt


def test_a_failing_provider_is_told_and_no_key_is_shown(with_model: Configure) -> None:
    aion = with_model(Status(401, message="wrong key sk-scriptedopenaikey0000000002"))
    done = aion.call("fix", "--providers", "openai", "--debug")
    assert done.returncode == 1
    assert "openai (gpt-4o-mini): auth 401" in done.stdout
    assert "scriptedopenaikey" not in done.stdout + done.stderr


def test_test_shows_each_failure(aion: CommandLine) -> None:
    done = aion.call("test")
    assert done.returncode == 1
    assert "pytest: 1 failed, 1 passed in " in done.stdout
    block = done.stdout.split("\n\n")[1].splitlines()
    assert block == [
        "test_cart.py::test_total",
        "  test_cart.py:5",
        "  assert -6 == 6",
        "  expected 6",
        "  actual   -6",
    ]


def test_test_json_is_the_report(aion: CommandLine, project: Path) -> None:
    red = aion.call("test", "--json")
    report = document(red.stdout)
    assert (red.returncode, report["all_passed"], report["failed_tests"]) == (1, False, 1)
    assert list(report)[:3] == ["framework", "outcome", "all_passed"]
    (project / "cart.py").write_text(BUGGY.replace("-=", "+="))
    green = aion.call("test", "--json")
    assert (green.returncode, document(green.stdout)["all_passed"]) == (0, True)


def test_test_leaves_no_run_behind(aion: CommandLine) -> None:
    aion.call("test")
    assert document(aion.call("runs", "list", "--json").stdout) == {"runs": []}
    assert [path.name for path in aion.home.iterdir() if path.name.startswith("test-")] == []


def test_a_reader_that_leaves_is_no_error(aion: CommandLine) -> None:
    process = aion.start("providers")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 1
    process.stderr.close()


def test_output_is_safe_where_the_locale_knows_no_unicode(with_model: Configure) -> None:
    aion = with_model(answer("        result += price  # größer"))
    aion.variables |= {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = aion.run("fix", "--no-apply")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert "1 -> 0 failing" in done.stdout
    assert "gr\\xf6\\xdfer" in done.stdout


def test_the_module_and_the_script_are_the_same_program(aion: CommandLine) -> None:
    script = Path(sys.executable).parent / "aion-r"
    shown = subprocess.run([str(script), "--help"], capture_output=True, text=True, env=aion.environment)
    assert shown.stdout == aion.run("--help").stdout != ""
