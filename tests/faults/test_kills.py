"""SIGKILL at random instants of whole repairs. ``benchmarks/faults.py`` does the same 500 times."""

from __future__ import annotations

from pathlib import Path

from support.killing import Killer

KILLS = 25


def test_a_kill_loses_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    with Killer(tmp_path, seed=7) as killer:
        kills = [killer.kill("quick", "write" if number % 3 == 2 else "anywhere") for number in range(KILLS)]
    assert [kill for kill in kills if kill.problems] == []
    assert sum(kill.killed for kill in kills) >= KILLS // 2
    assert len({kill.stage for kill in kills if kill.killed}) >= 3, "kills must fall on several stages"
