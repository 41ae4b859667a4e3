"""Which bench runs the tests of which framework. Adding one is a row."""

from __future__ import annotations

from importlib import import_module

from ...sandbox.protocol import View
from ..job import SearchJob
from ..variants import Bench, Switcher

BENCHES: dict[str, tuple[str, str]] = {
    "go": ("golang", "GoBench"),
    "cargo": ("rust", "RustBench"),
    "mocha": ("node_bench", "NodeBench"),
    "jest": ("node_bench", "NodeBench"),
    "vitest": ("node_bench", "NodeBench"),
}
"""Framework → module below this folder, and the class in it, made with ``(view, job, switcher)``."""


def open_bench(view: View, job: SearchJob, switcher: Switcher) -> Bench:
    """The bench of ``job.framework``. Raises ``KeyError`` where there is none."""
    module, name = BENCHES[job.framework]
    made: Bench = getattr(import_module(f".{module}", __package__), name)(view, job, switcher)
    return made
