"""Recorded outputs of the real tools, read again without the tools and without the projects."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from aion_r.tools.frameworks.protocol import TestJob
from aion_r.tools.sandbox.protocol import Completed
from support.recording import FOLDER, adapter, read, summary

RECORDS = sorted(path.parent for path in FOLDER.glob("*/*/expected.json"))


@pytest.mark.parametrize("folder", RECORDS, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_a_record_is_read_as_it_was(folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    expected.pop("status")
    assert summary(read(folder)) == expected


@pytest.mark.parametrize("folder", RECORDS, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_a_damaged_record_does_no_harm(folder: Path, tmp_path: Path) -> None:
    rng = random.Random(str(folder.name))
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "expected.json"}
    framework, whole = adapter(folder.parent.name), read(folder).total_tests
    for _ in range(60):
        for name, data in files.items():
            (tmp_path / name).write_bytes(_damaged(data, rng))
        report = framework.parse(
            TestJob(Path("/project"), tmp_path), Completed(rng.choice([0, 1, -9]), b"\xff\x00", 1.0)
        )
        assert report.total_tests == report.passed_tests + report.failing + report.skipped_tests
        assert report.total_tests <= whole + 60


def _damaged(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(changed) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            del changed[at : at + rng.randint(1, 200)]
        elif kind == 1:
            changed[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 20)))
        elif kind == 2:
            changed[at:at] = changed[: rng.randint(1, 300)]
        else:
            changed[at:at] = rng.choice(
                [b"\n", b"{}", b"[]", b"null", b'"Output":7', b'"event": []', b"\\ud800", b"1e999"]
            )
    return bytes(changed)
