"""A real pseudo-terminal: live progress, colours, their absence, narrow screens."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command_line import BUGGY, CONTROL, CommandLine, answer
from support.replies import Answer

Configure = Callable[..., CommandLine]
GREEN_DIFF_LINE = "\x1b[32m+        result += price\x1b[0m"


def frames(written: str) -> list[str]:
    """Every version of the status line that was drawn."""
    return [CONTROL.sub("", part) for part in re.split(r"\r|\n", written) if part]


def test_progress_is_live_and_what_matters_stays(with_model: Configure, project: Path) -> None:
    status, written = with_model(Answer(answer(), delay=1.5)).on_terminal("fix")
    assert status == 0
    shown = frames(written)
    assert any(re.match(r"running the tests .*· \d+ s", frame) for frame in shown)
    assert any(
        re.match(r"iteration 1 · openai \(gpt-4o-mini\) 1 s · 1 passed 1 failed of 2 · ", frame) for frame in shown
    )
    assert any(re.search(r"120 tokens <?\$", frame) for frame in shown)
    assert "Iteration 1: openai (gpt-4o-mini): 1 → 0 failing, all tests pass" in shown
    assert GREEN_DIFF_LINE in written
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 1
    after = written[written.index("\x1b[?25h") :]
    assert "Repaired:" in after and "iteration 1 ·" not in CONTROL.sub("", after)
    assert (project / "cart.py").read_text() != BUGGY


@pytest.mark.parametrize("how", [{"NO_COLOR": "1"}, {}])
def test_no_colours_when_not_wanted(with_model: Configure, how: dict[str, str]) -> None:
    aion = with_model(answer())
    aion.variables |= how
    status, written = aion.on_terminal("fix", "--no-apply", *([] if how else ["--no-color"]))
    assert status == 0
    assert not re.search(r"\x1b\[[0-9;]*m", written)


def test_a_dumb_terminal_gets_plain_lines(with_model: Configure) -> None:
    aion = with_model(answer())
    aion.variables["TERM"] = "dumb"
    status, written = aion.on_terminal("fix", "--no-apply")
    assert status == 0
    assert "\x1b" not in written
    assert "Iteration 1: asking openai (gpt-4o-mini)" in written


def test_forty_columns(with_model: Configure, project: Path) -> None:
    (project / "test_cart.py").write_text(
        f"from cart import total\n\n\ndef test_{'a_very_long_name_' * 6}():\n    assert total([1, 2, 3]) == 6\n"
    )
    status, written = with_model(Answer(answer(), delay=0.5)).on_terminal("fix", "--no-apply", columns=40)
    assert status == 0
    moving = [frame for frame in frames(written) if frame.startswith(("iteration 1", "running the tests"))]
    assert moving
    assert max(map(len, moving)) < 40
    summary = CONTROL.sub("", written[written.rindex("Repaired:") :]).splitlines()
    words = [line for line in summary if " " in line.strip()]
    assert max(map(len, words)) <= 40


def test_failures_in_colour(aion: CommandLine) -> None:
    status, written = aion.on_terminal("test")
    assert status == 1
    assert "\x1b[31m1 failed\x1b[0m" in written
