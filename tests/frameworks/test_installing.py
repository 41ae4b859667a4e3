"""What ``--install`` would run for each ecosystem; nothing is installed here."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from aion_r.core.domain import RunOutcome, TestReport
from aion_r.tools.frameworks.installing import in_folders, install_command
from aion_r.tools.frameworks.node.jest import Jest

NOTHING_RAN = TestReport("jest", RunOutcome.NO_TESTS)


@pytest.mark.parametrize(
    ("lock", "command"),
    [
        (None, "npm install"),
        ("package-lock.json", "npm ci"),
        ("yarn.lock", "yarn install --frozen-lockfile"),
        ("pnpm-lock.yaml", "pnpm install --frozen-lockfile"),
    ],
)
def test_node_packages_by_the_lock_file(lock: str | None, command: str, tmp_path: Path):
    (tmp_path / "package.json").write_text("{}")
    if lock:
        (tmp_path / lock).write_text("")
    told = install_command(Jest(), tmp_path, NOTHING_RAN)
    assert told is not None and command.startswith(" ".join(told))
    (tmp_path / "node_modules").mkdir()
    assert install_command(Jest(), tmp_path, NOTHING_RAN) is None


def test_each_command_is_run_in_its_own_folder(tmp_path: Path):
    assert in_folders([(".", "npm ci")]) == ("npm", "ci")
    (tmp_path / "web app").mkdir()
    (tmp_path / "service").mkdir()
    command = in_folders([("service", "pwd"), ("web app", "pwd")])
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == [str(tmp_path / "service"), str(tmp_path / "web app")]
