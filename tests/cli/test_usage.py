"""Wrong usage: exit 2, one line on stderr that says what to do, and a document where one was asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aion_r.api.cli import COMMANDS, program


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AION_R_HOME", str(tmp_path / "home"))


def call(*arguments: str) -> Result:
    return CliRunner().invoke(program, list(arguments))


WRONG = [
    (("fix", "--max-iterations", "0"), "'0' is not a whole number from 1"),
    (("fix", "--max-iterations", "1.5"), "'1.5' is not a whole number"),
    (("fix", "--min-improvement", "-1"), "'-1' is not a number from 0"),
    (("fix", "--min-improvement", "101"), "min-improvement"),
    (("fix", "--samples", "0"), "--samples"),
    (("fix", "--budget-usd", "0"), "'0' is not a number above 0"),
    (("fix", "--budget-usd", "nan"), "'nan' is not a number above 0"),
    (("fix", "--budget-tokens", "-5"), "--budget-tokens"),
    (("fix", "--time-limit", "inf"), "--time-limit"),
    (("fix", "--test-timeout", "soon"), "--test-timeout"),
    (("fix", "--providers", "groq,foo"), "unknown provider foo: choose from groq, openai"),
    (("fix", "--providers", ","), "choose from groq, openai"),
    (("fix", "--sandbox", "jail"), "--sandbox"),
    (("fix", "--framework", "nose"), "unknown framework 'nose': choose from"),
    (("fix", "nowhere"), "nowhere does not exist"),
    (("test", "nowhere"), "nowhere does not exist"),
    (("fix", "--report", "report.txt"), "must end in .html, .md, .sarif or .json"),
    (("fix", "--report", "missing/report.md"), "folder missing does not exist"),
    (("fix", "--patch", "."), "this is a folder"),
    (("fix", "--system-prompt", "missing.md"), "missing.md cannot be read"),
    (("fix", "--no-apply", "--apply-partial"), "contradict each other"),
    (("fix", "--no-apply", "--branch", "x"), "--no-apply and --branch contradict each other"),
    (("fix", "--approve"), "--approve asks on the terminal, and this is none: use --no-apply"),
    (("fix", ".", "."), "unexpected extra argument"),
    (("mend",), "No such command 'mend'"),
    (("runs", "show", "20200101"), "no run '20200101'"),
    (("undo",), "no run has written to"),
    (("providers", "--providers", "foo"), "unknown provider foo"),
]


@pytest.mark.parametrize(
    ("arguments", "said"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_wrong_usage_is_one_clear_line(arguments: tuple[str, ...], said: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert said in result.stderr
    assert result.stderr.startswith("aion-r: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_file_in_place_of_a_folder_names_the_folder(tmp_path: Path) -> None:
    file = tmp_path / "cart.py"
    file.write_text("")
    result = call("fix", str(file))
    assert result.exit_code == 2
    assert f"{file} is a file: name the folder of the project, such as {tmp_path}." in result.stderr


@pytest.mark.parametrize(
    "arguments", [("fix", "nowhere"), ("fix", "--budget-usd", "0"), ("fix", "--frobnicate"), ("test", "nowhere")]
)
def test_wrong_usage_with_json_is_a_document(arguments: tuple[str, ...]) -> None:
    result = call(*arguments, "--json")
    told = json.loads(result.stdout)
    assert (told["success"], told["outcome"], told["stop_reason"]) == (False, "error", "usage")
    assert told["message"] in result.stderr
    assert result.exit_code == 2


def test_a_key_in_a_wrong_value_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_averysecretkey0001")
    result = call("fix", "--providers", "gsk_averysecretkey0001", "--json")
    assert "averysecret" not in result.output
    assert "[GROQ_API_KEY]" in result.stderr


def test_a_broken_env_file_is_named_without_its_content(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KEY sk-thisisalmostasecret\n")
    result = call("providers")
    assert result.exit_code == 2
    assert f"{tmp_path / '.env'}:1" in result.stderr
    assert "almostasecret" not in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_every_option_on_one_line_and_examples_last(name: str) -> None:
    shown = CliRunner().invoke(program, [name, "--help"], terminal_width=80, max_content_width=80).stdout
    options = [line for line in shown.splitlines() if line.startswith("  -")]
    assert options
    assert all(len(line.split("  ", 2)[-1].strip()) > 10 for line in options if "--help" not in line), options
    assert shown.index("Examples:") > shown.rindex("--help")
    assert max(map(len, shown.splitlines())) <= 80


def test_help_lists_the_commands_by_section() -> None:
    shown = call("--help").stdout
    assert [shown.index(f"\n  {name} ") for name in COMMANDS] == sorted(
        shown.index(f"\n  {name} ") for name in COMMANDS
    )
    for row in COMMANDS.values():
        assert row.help in shown


def test_the_version_is_the_package_s() -> None:
    from importlib.metadata import version

    assert call("--version").stdout == f"aion-r {version('aion-r')}\n"


def test_a_bug_of_ours_is_told_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aion_r.api.commands.run_records.list_runs", lambda home: 1 / 0)
    result = call("runs", "list")
    assert result.exit_code == 1
    assert "internal error: ZeroDivisionError" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in call("runs", "list", "--debug").stderr
    monkeypatch.setenv("AION_R_DEBUG", "1")
    assert "Traceback" in call("runs", "list").stderr
