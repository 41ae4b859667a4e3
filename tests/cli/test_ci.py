"""``fix --ci``: annotations that a CI service reads, its job summary, and nothing that a test could slip in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command_line import BUGGY, CommandLine, answer, document

Configure = Callable[..., CommandLine]
WRONG = ("fix", "--ci", "--providers", "openai", "--max-iterations", "1")


@pytest.fixture
def github(aion: CommandLine, tmp_path: Path) -> Path:
    """The job summary of a GitHub job whose checkout holds the project in a folder."""
    summary = tmp_path / "summary.md"
    summary.write_text("# Before\n")
    aion.variables |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_WORKSPACE": str(tmp_path),
    }
    return summary


def commands(output: str) -> list[str]:
    """The workflow commands that a runner would obey: it trims lines, heeds a stop until its token comes, and takes the
    old form ``##[…]`` anywhere in a line."""
    obeyed, stopped = [], ""
    for line in map(str.strip, output.splitlines()):
        if stopped:
            stopped = "" if line == f"::{stopped}::" else stopped
        elif match := re.fullmatch(r"::stop-commands::(\w+)", line):
            stopped = match[1]
        elif line.startswith("::") or re.search(r"##\w*\[", line):
            obeyed.append(line)
    return obeyed


def test_what_still_fails_is_annotated(with_model: Configure, github: Path) -> None:
    done = with_model(answer("        result = price")).call(*WRONG)
    assert done.returncode == 1
    (error,) = commands(done.stdout)
    assert error.startswith("::error file=shop/test_cart.py,line=5,title=test_cart.py%3A%3Atest_total::assert ")
    page = github.read_text()
    assert page.startswith("# Before\n# AION-R: not repaired\n")
    assert "\x1b" not in done.stdout


def test_green_is_not_annotated_but_summed_up(with_model: Configure, github: Path, project: Path) -> None:
    done = with_model(answer()).call("fix", "--ci", "--json")
    assert (done.returncode, document(done.stdout)["applied"]) == (0, True)
    assert commands(done.stderr) == []
    assert "# AION-R: repaired" in github.read_text()
    assert (project / "cart.py").read_text() != BUGGY


def test_output_of_tests_gives_no_commands(with_model: Configure, github: Path, project: Path) -> None:
    message = "'100%, a:b\\n::error file=evil.py::gone\\r\\n  ::add-path::/tmp/evil'"
    (project / "test_cart.py").write_text(
        f"from cart import total\n\n\ndef test_{'long_' * 30}():\n    assert total([1]) == 1, {message}\n"
    )
    done = with_model(answer("        result = 0  # none\n::set-env name=A::B")).call(*WRONG)
    (error,) = commands(done.stdout)
    assert error.startswith("::error file=shop/test_cart.py,line=5,")
    assert "100%25, a:b%0A  ::error file=evil.py::gone%0A    ::add-path::/tmp/evil" in error


HOSTILE = ["::set-output name=a::b", "a,line=9::warning::x", "%0A::add-mask::e", "##[add-path]evil", "x\n::debug::y"]


def test_names_of_tests_give_no_commands(with_model: Configure, github: Path, project: Path) -> None:
    """Nor do they in the document that is printed beside."""
    marked = f"@pytest.mark.parametrize('a', range(5), ids={HOSTILE!r})\ndef test_it(a):\n    assert a < 0\n"
    (project / "test_cart.py").write_text(f"import pytest\n\n\n{marked}")
    done = with_model(answer("        result = price")).call(*WRONG, "--json")
    found = commands(done.stderr)
    assert [line.partition(" file=shop/test_cart.py,line=6,title=test_cart.py%3A%3Atest_it[")[0] for line in found] == [
        "::error"
    ] * len(HOSTILE)
    assert not [line for line in found if line.split("::")[1].count(",") != 2], "a property more"
    assert commands(done.stdout) == []
    assert [row["test_id"] for row in document(done.stdout)["final_test_results"]["failures"]][3].endswith(
        f"[{HOSTILE[3]}]"
    )


@pytest.mark.parametrize(
    "command", ["##vso[task.setvariable variable=a]b", "##teamcity[buildStatus text='ok']", "##[group]x"]
)
def test_elsewhere_nothing_is_a_command_of_the_service(with_model: Configure, project: Path, command: str) -> None:
    (project / "test_cart.py").write_text(f"def test_it():\n    assert 1 == 2, {command!r}\n")
    done = with_model(answer(f"        result = price  {command}")).call(*WRONG)
    assert command.replace("##", "# #", 1) in done.stdout
    assert command not in done.stdout


def test_tests_that_cannot_run_are_one_annotation(aion: CommandLine, github: Path, project: Path) -> None:
    (project / "test_cart.py").write_text("")
    done = aion.call("fix", "--ci", "--providers", "offline")
    assert done.returncode == 3
    (error,) = commands(done.stdout)
    assert error.startswith("::error::")


def test_elsewhere_plain_lines(with_model: Configure) -> None:
    done = with_model(answer("        result = price")).call(*WRONG)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("test_cart.py:5: error: test_cart.py::test_total: assert -6 == 6")
    assert "::error" not in done.stdout and "::stop" not in done.stdout


def test_no_live_display_even_on_a_terminal(with_model: Configure) -> None:
    status, written = with_model(answer()).on_terminal("fix", "--ci", "--no-apply")
    assert status == 0
    assert "\x1b[?25l" not in written
    assert "Iteration 1: asking openai (gpt-4o-mini)" in written


def test_a_summary_that_cannot_be_written_changes_nothing(with_model: Configure, github: Path) -> None:
    github.unlink()
    github.mkdir()
    done = with_model(answer()).call("fix", "--ci")
    assert done.returncode == 0
    assert "cannot be written: Is a directory" in done.stdout
