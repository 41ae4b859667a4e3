"""SIGKILL at every step and at random instants of a write-back and of an undo: the tree is old or new, never torn."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DRIVER = Path(__file__).with_name("kill_driver.py")


def kills(folder: Path, kind: str, count: int) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(DRIVER), str(folder), kind, str(count)], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(("kind", "count", "least"), [("steps", 200, 40), ("random", 20, 10)])
def test_a_kill_leaves_the_tree_old_or_new(tmp_path: Path, kind: str, count: int, least: int) -> None:
    seen = kills(tmp_path, kind, count)
    assert sum(line["killed"] for line in seen) >= least
    assert any(line["torn"].startswith("torn") for line in seen if kind == "steps") or kind == "random"
    for line in seen:
        assert line["state"] in ("old", "new"), line
        assert line["mode"] == "0o751", line
        assert line["again"] == ("old" if line["undoing"] else "new"), line
        assert line["left"] == [], line
