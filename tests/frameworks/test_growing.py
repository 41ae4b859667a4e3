"""Results are read while hostile tests live: what they put in their place holds nobody up and leads nowhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from aion_r.tools.frameworks.golang.go import Go
from aion_r.tools.frameworks.growing import lines_since, size_so_far
from aion_r.tools.frameworks.node.vitest import Vitest
from aion_r.tools.frameworks.protocol import Framework, TestJob
from aion_r.tools.frameworks.python.pytest import Pytest
from aion_r.tools.frameworks.rust.cargo import Cargo

PLANTED: dict[str, Callable[[Path], None]] = {
    "pipe": os.mkfifo,
    "folder": os.mkdir,
    "endless device": lambda path: path.symlink_to("/dev/zero"),
    "link elsewhere": lambda path: path.symlink_to(path.parent.parent / "private"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_only_ordinary_files_are_read(tmp_path: Path, planted: str) -> None:
    (tmp_path / "private").write_bytes(b"secret\n")
    out = tmp_path / "out"
    out.mkdir()
    PLANTED[planted](out / "report")
    assert lines_since(out / "report", 0) == b""
    assert size_so_far(out / "report") == 0


def test_whole_lines_from_the_offset_on(tmp_path: Path) -> None:
    report = tmp_path / "report"
    report.write_bytes(b"one\ntwo\nthr")
    assert lines_since(report, 4) == b"two\n"
    assert size_so_far(report) == 11


@pytest.mark.parametrize("framework", [Pytest(), Go(), Cargo(), Vitest()], ids=lambda framework: framework.name)
def test_progress_is_not_held_up(framework: Framework, tmp_path: Path) -> None:
    job = TestJob(root=tmp_path / "project", out=tmp_path / "out")
    job.root.mkdir()
    job.out.mkdir()
    for name in _results(framework):
        os.mkfifo(job.out / name)
    told: list[tuple[int, int]] = []
    thread = Thread(target=lambda: told.append(framework.progress(job)), daemon=True)
    thread.start()
    thread.join(timeout=20)
    assert told == [(0, 0)]


def _results(framework: Framework) -> list[str]:
    from aion_r.tools.frameworks.golang import go
    from aion_r.tools.frameworks.node import node_framework
    from aion_r.tools.frameworks.python import pytest as adapter
    from aion_r.tools.frameworks.rust import cargo

    return {
        "pytest": [adapter.REPORT],
        "go": [go.REPORT],
        "cargo": [cargo.REPORT, cargo.STREAM],
        "vitest": [node_framework.REPORT],
    }[framework.name]
