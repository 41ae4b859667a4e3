"""What changed since a run read its project, to the tick of the file system's clock."""

from __future__ import annotations

import time
from pathlib import Path

from aion_r.tools.workspace.changes import TICK, changed_since, stamp_now


def test_a_change_of_the_same_instant_is_seen(tmp_path: Path) -> None:
    for number in range(50):
        time.sleep(1.1 * TICK)
        moment = stamp_now()
        (tmp_path / f"{number}.py").touch()
        assert changed_since(tmp_path, moment, ours=["."]) == f"{number}.py"


def test_a_project_is_not_taken_for_changed_because_it_is_young(tmp_path: Path) -> None:
    (tmp_path / "new.py").touch()
    time.sleep(2 * TICK)
    assert changed_since(tmp_path, stamp_now()) is None
