"""Small pytest projects with one bug, and answers a model could give for them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .subject import PYTHON

CALC = '"""Small sums."""\n\n\ndef add(a, b):\n    return a - b\n\n\ndef mul(a, b):\n    return a * b\n'
TEST_CALC = (
    "from calc import add, mul\n\n\n"
    "def test_add():\n    assert add(2, 3) == 5\n\n\n"
    "def test_mul():\n    assert mul(2, 3) == 6\n"
)


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    """``files`` below ``root``, which is returned."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def calc(root: Path, **changed: str) -> Path:
    """A project whose ``add`` subtracts; ``changed`` maps a module's name to another text."""
    files = {"calc": CALC, "test_calc": TEST_CALC} | changed
    return write(root, {f"{name}.py": text for name, text in files.items()})


def block(path: str, search: str, replace: str) -> str:
    """An answer with one SEARCH/REPLACE block."""
    return (
        f"The cause is here.\n\n{path}\n```python\n<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n```\n"
    )


RIGHT = block("calc.py", "    return a - b", "    return a + b")
"""Repairs ``calc``."""
WRONG = block("calc.py", "    return a - b", "    return a - b - 0")
"""Applies to ``calc`` and repairs nothing."""
HARMFUL = block("calc.py", "    return a * b", "    return a + b")
"""Breaks the test of ``calc`` that passes."""


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file below ``root`` with its bytes, caches left out."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and ".pytest_cache" not in path.parts
    }


def plain_pytest(root: Path) -> int:
    """The exit status of pytest on ``root`` in a fresh process with nothing of ours."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "AION"))}
    command = [str(PYTHON), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(root), str(root)]
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, timeout=120).returncode
