"""The suite's own rules: in CI a skip fails, elsewhere it does not; live tests wait to be asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SKIPS = {
    "call": "import pytest\ndef test_a(): pytest.skip('no tool')\n",
    "marker": "import pytest\n@pytest.mark.skip(reason='no tool')\ndef test_a(): pass\n",
    "setup": "import pytest\n@pytest.fixture\ndef f(): pytest.skip('no tool')\ndef test_a(f): pass\n",
    "module": "import pytest\npytest.importorskip('no_such_module', reason='no tool')\ndef test_a(): pass\n",
}
EXPECTED_FAILURE = "import pytest\n@pytest.mark.xfail(strict=True)\ndef test_a(): assert False\ndef test_b(): pass\n"
LIVE = "import pytest\n@pytest.mark.live\ndef test_a(): assert False\ndef test_b(): pass\n"


def suite(root: Path, folder: Path, text: str, *, ci: bool, options: tuple[str, ...] = ()) -> tuple[int, str]:
    """Exit status and output of a suite of one file under the house's own conftest and configuration."""
    (folder / "tests").mkdir()
    shutil.copyfile(root / "tests" / "conftest.py", folder / "tests" / "conftest.py")
    shutil.copyfile(root / "pyproject.toml", folder / "pyproject.toml")
    (folder / "tests" / "test_it.py").write_text(text)
    environment = {name: value for name, value in os.environ.items() if name != "CI" and "PYTEST" not in name}
    command = [sys.executable, "-m", "pytest", "-rs", "-o", f"pythonpath={root / 'tests'}", *options]
    done = subprocess.run(
        command, cwd=folder, env=environment | ({"CI": "true"} if ci else {}), capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("kind", SKIPS)
def test_a_skip_fails_in_ci(root: Path, tmp_path: Path, kind: str) -> None:
    status, output = suite(root, tmp_path, SKIPS[kind], ci=True)
    assert status in (1, 2)
    assert "nothing may be skipped" in output
    assert "no tool" in output


def test_a_skip_is_allowed_elsewhere(root: Path, tmp_path: Path) -> None:
    status, output = suite(root, tmp_path, SKIPS["call"], ci=False)
    assert status == 0
    assert "1 skipped" in output


def test_an_expected_failure_is_not_a_skip(root: Path, tmp_path: Path) -> None:
    status, output = suite(root, tmp_path, EXPECTED_FAILURE, ci=True)
    assert status == 0
    assert "1 passed, 1 xfailed" in output


def test_live_tests_are_deselected_and_said_to_be(root: Path, tmp_path: Path) -> None:
    status, output = suite(root, tmp_path, LIVE, ci=True)
    assert status == 0
    assert "1 passed, 1 deselected" in output
    assert "run them with: pytest -m live" in output


def test_live_tests_run_when_asked_for(root: Path, tmp_path: Path) -> None:
    status, output = suite(root, tmp_path, LIVE, ci=True, options=("-m", "live"))
    assert status == 1
    assert "1 failed, 1 deselected" in output
