"""The command line as a process, a screen to watch it on, and a project with one bug for it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import preloaded

BUGGY = "def total(prices):\n    result = 0\n    for price in prices:\n        result -= price\n    return result\n"
TESTS = """\
from cart import total


def test_total():
    assert total([1, 2, 3]) == 6


def test_total_of_nothing():
    assert total([]) == 0
"""
SEARCH, REPLACE = "        result -= price", "        result += price"
CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


def answer(replacement: str = REPLACE) -> str:
    """What a model says that turns ``-=`` into ``replacement``."""
    return f"cart.py\n```python\n<<<<<<< SEARCH\n{SEARCH}\n=======\n{replacement}\n>>>>>>> REPLACE\n```\n"


@dataclass
class CommandLine:
    """``aion-r`` in a process of its own, with an environment of its own."""

    home: Path
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        plain = {"PATH": os.environ["PATH"], "HOME": str(self.home), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        return plain | {"AION_R_HOME": str(self.home)} | self.variables

    def start(self, *arguments: str, **more: Any) -> Any:
        """The running process, as ``Popen``; stdout and stderr are pipes."""
        return preloaded.start(arguments, **self._where, **more)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """To its end, in a fresh interpreter."""
        return subprocess.run(
            self.command(*arguments),
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            **self._where,
        )

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """As ``run``, but in this process, which has imported everything already: a second sooner."""
        from click.testing import CliRunner

        from aion_r.api.cli import program

        variables = dict.fromkeys(os.environ) | self.environment
        with contextlib.chdir(self.folder):
            done = CliRunner().invoke(program, list(arguments), env=variables)
        return subprocess.CompletedProcess(list(arguments), done.exit_code, done.stdout, done.stderr)

    def on_terminal(self, *arguments: str, columns: int = 80) -> tuple[int, str]:
        """Exit status, and everything that was written to the terminal."""
        main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = preloaded.start(arguments, stdin=side, stdout=side, stderr=side, **self._where)
        os.close(side)
        with os.fdopen(main, "rb", buffering=0) as screen:
            written = b"".join(iter(lambda: _read(screen.fileno()), b""))
        return process.wait(timeout=120), written.decode()

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "aion_r", *arguments]

    @property
    def _where(self) -> dict[str, Any]:
        return {"cwd": self.folder, "env": self.environment}


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError as error:
        if error.errno == errno.EIO:  # how a terminal says that the other side is closed
            return b""
        raise


def document(output: str) -> dict[str, Any]:
    """``output``, which must be exactly one JSON document."""
    data = json.loads(output)
    assert isinstance(data, dict)
    return data
