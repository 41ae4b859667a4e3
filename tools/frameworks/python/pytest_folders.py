"""Runs pytest in one folder after the other, in each with its own interpreter. Runs in a project's interpreter, alone.

``PROGRAM SETTINGS``, a JSON file with the keys ``parts`` (``argv``, ``cwd``, ``env``, ``settings`` and ``title`` of
each run), ``timeout`` (seconds for all) and ``runs`` (a file to which a line is added when a part starts and when it
ends). Python 3.8 or later, standard library only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any, Dict, List

GREEN = (0, 5)
"""What pytest's exit status is where no test failed; 5 where there are none."""


def main(path: str) -> int:
    """Run all parts; the status of the first that is not green."""
    with open(path, encoding="utf-8") as stream:
        settings = json.load(stream)
    end = time.monotonic() + settings["timeout"]
    statuses = []
    for number, part in enumerate(settings["parts"]):
        note(settings["runs"], {"n": number})
        sys.stdout.write("\n" + part["title"] + "\n")
        sys.stdout.flush()
        started = time.monotonic()
        limit(part["settings"], max(1.0, end - started))
        status = subprocess.call(part["argv"], cwd=part["cwd"], env={**os.environ, **part["env"]})
        note(settings["runs"], {"n": number, "status": status, "s": time.monotonic() - started})
        statuses.append(status)
    return worst(statuses)


def worst(statuses: List[int]) -> int:
    """One exit status for all; a signal's as a shell tells it."""
    red = [status for status in statuses if status not in GREEN]
    status = red[0] if red else min(statuses)
    return status if status >= 0 else 128 - status


def limit(path: str, seconds: float) -> None:
    """Tell a run how much of the time is left."""
    with open(path, encoding="utf-8") as stream:
        told = json.load(stream)
    with open(path, "w", encoding="utf-8") as stream:
        json.dump({**told, "timeout": seconds}, stream)


def note(path: str, record: Dict[str, Any]) -> None:
    """Add a line."""
    with open(path, "a", encoding="utf-8") as stream:
        stream.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
