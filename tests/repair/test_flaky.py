"""Tests that fail and pass with nothing changed: reported, and neither repaired nor regressed."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.projects import CALC, RIGHT, block, calc, snapshot, write

FAILS_ON = """
from pathlib import Path


def count():
    runs = Path({counter!r})
    n = int(runs.read_text()) if runs.exists() else 0
    runs.write_text(str(n + 1))
    return n


def test_moody():
    assert count() not in {fails_on}
"""


def moody(folder: Path, *fails_on: int) -> str:
    """A test that fails in the runs of these numbers; only the copy level lets it count outside of the view."""
    return FAILS_ON.format(counter=str(folder / "counter"), fails_on=fails_on)


def test_what_is_only_flaky_is_not_repaired(server, cycle, tmp_path: Path):
    green = CALC.replace("a - b", "a + b")
    project = calc(tmp_path / "project", calc=green, test_moody=moody(tmp_path, 0))
    before = snapshot(project)
    server.reply("openai", block("calc.py", "    return a * b", "    return b * a"))
    result = cycle("openai", sandbox="copy").run_autocorrection(project)
    assert (result.success, result.stop_reason, result.exit_status) == (False, "flaky", 1)
    assert result.flaky == ("test_moody.py::test_moody",)
    assert "test_moody" in result.message
    assert snapshot(project) == before


@pytest.mark.parametrize("fails_on", [(0, 3), (3,)])
def test_a_flaky_test_beside_a_real_fault(fails_on: tuple[int, ...], server, cycle, tmp_path: Path):
    """Run 0 is the project as found; in (0, 3) runs 1 and 2 repeat what failed; the candidate's own run is among 3."""
    project = calc(tmp_path / "project", test_moody=moody(tmp_path, *fails_on))
    server.reply("openai", RIGHT)
    result = cycle("openai", sandbox="copy").run_autocorrection(project)
    assert result.success, result.to_dict()
    assert len(result.corrections_applied) == 1


def test_order_dependent_failures_are_real(server, cycle, tmp_path: Path):
    """The second test fails only behind the first: alone it passes, and yet it is the source that is wrong."""
    source = "def collect(item, seen=[]):\n    seen.append(item)\n    return seen\n"
    tests = "from calc import collect\n\n\ndef test_one():\n    assert collect(1) == [1]\n\n\n"
    tests += "def test_two():\n    assert collect(2) == [2]\n"
    project = write(tmp_path / "project", {"calc.py": source, "test_calc.py": tests})
    right = "def collect(item, seen=None):\n    seen = [] if seen is None else seen"
    server.reply("openai", block("calc.py", "def collect(item, seen=[]):", right))
    result = cycle("openai").run_autocorrection(project)
    assert result.success and not result.flaky
