"""What our runners of compiled languages share: they may stand in for the tool that a user's own command calls.

``RUNNER SETTINGS`` runs the steps of the settings; ``RUNNER SETTINGS TOOL ARGUMENTS`` is what the stand-in for the tool
calls, which lies first on the command's ``PATH``. Standard library only: it travels with the runners.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Settings = dict[str, Any]
Steps = Callable[[Settings, Path], list[int]]
StandIn = Callable[[list[str], Settings, Path], int]


def serve(tool: str, arguments: list[str], *, run: Steps, be: StandIn) -> int:
    """A runner's whole life: ``run`` does the steps of the settings, ``be`` stands in for ``tool``. The exit status."""
    path = Path(arguments[0])
    settings: Settings = json.loads(path.read_bytes())
    if arguments[1:2] == [tool]:
        return be(arguments[2:], settings, path)
    settings["started"] = time.time()
    path.write_text(json.dumps(settings), encoding="utf-8")
    if settings["command"]:
        return _run_command(tool, settings, path)
    return next((status for status in run(settings, path) if status), 0)


def _run_command(tool: str, settings: Settings, path: Path) -> int:
    """Run the user's command with our stand-in first on its PATH."""
    folder = Path(settings["out"]) / f"aion_r_{tool}_bin"
    folder.mkdir(exist_ok=True)
    program = folder / tool
    words = f'exec "{sys.executable}" -I -S "{sys.argv[0]}" "{path}" {tool} "$@"'
    program.write_text(f"#!/bin/sh\n{words}\n", encoding="utf-8")
    program.chmod(0o755)
    env = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.call(settings["command"], env=env)
