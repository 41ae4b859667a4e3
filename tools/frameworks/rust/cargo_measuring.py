"""Has what cargo builds count its lines, by cargo-llvm-cov where it is installed. Part of the runner: standard library.

``show-env`` says which variables make cargo build and run with counters; afterwards ``report`` joins what they wrote.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_VARIABLE = re.compile(r"^(?:export )?(\w+)=(?:\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|(.*))$", re.M)
MOST_SECONDS = 60.0


@contextmanager
def measured(cargo: str, export: str | None) -> Iterator[None]:
    """Count lines while inside, and leave LLVM's JSON in the file ``export``; nothing where that is not to be had."""
    variables = _variables(cargo) if export else {}
    if not export or not variables:
        yield
        return
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        _quietly([cargo, "llvm-cov", "report", "--json", "--output-path", export])
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})
        if not Path(export).is_file():
            print("cargo llvm-cov left no report: no coverage.")


def _variables(cargo: str) -> dict[str, str]:
    """What ``show-env`` prints: ``KEY="value"``, in newer versions with other quotes or with ``export``."""
    printed = _quietly([cargo, "llvm-cov", "show-env"])
    found = {}
    for name, double, single, bare in _VARIABLE.findall(printed):
        found[name] = re.sub(r"\\(.)", r"\1", double) or single or bare
    return found if "LLVM_PROFILE_FILE" in found else {}


def _quietly(words: list[str]) -> str:
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=MOST_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
