"""A project, run once by its framework's adapter, and what a search of it starts from."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aion_r.core.domain import Patch
from aion_r.tools.frameworks.protocol import TestJob, touches_tests
from aion_r.tools.frameworks.registry import detect
from aion_r.tools.sandbox import open_sandbox
from aion_r.tools.sandbox.protocol import View
from aion_r.tools.search_repair import SearchJob
from support.projects import write


@contextmanager
def searched(folder: Path, framework: str, files: dict[str, str], **more: Any) -> Iterator[tuple[View, SearchJob]]:
    """``files`` in a view, and the job of searching them; ``more`` are fields of the job."""
    root = write(folder / "project", dict(files))
    adapter, _ = detect(root, framework)
    sandbox = open_sandbox(root, scratch=folder / "scratch")
    with sandbox.view(Patch()) as view:
        work = TestJob(view.root, view.out, None, None, 100.0)
        report = adapter.parse(work, view.run(adapter.command(work), 100.0))

        def read(path: str) -> bytes | None:
            return (root / path).read_bytes() if (root / path).is_file() else None

        def may_edit(path: str) -> bool:
            return (root / path).is_file() and not adapter.is_test_file(path)

        job = SearchJob(
            adapter.languages[0], framework, report.failures, report.passed_ids, (), may_edit, read,
            **{"adapter": adapter, "objection": lambda edit: touches_tests(adapter, edit), **more},
        )  # fmt: skip
        yield view, job


def cancelled_after(seconds: float) -> threading.Event:
    """An event that sets itself."""
    event = threading.Event()
    timer = threading.Timer(seconds, event.set)
    timer.daemon = True
    timer.start()
    return event
