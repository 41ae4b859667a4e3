"""The tools, a row each: what it is called, takes and answers, and the work behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcp_types import InputRequiredResult, ToolAnnotations
from pydantic import BaseModel

from ...core.errors import UsageError
from ...core.events import Emit
from ...core.settings import Environment, load_settings
from .answers import Explained, Repair, TestsRun, Undone
from .arguments import ExplainFailure, FixTests, OnProject, RunTests, UndoFix
from .known import KnownTests
from .repairing import fix_tests
from .reviewer import Reviewer
from .texts import explanation_text, tests_text, undone_text


@dataclass(frozen=True)
class Call:
    """One call: the project, the arguments, and what is the server's. ``given`` are settings fixed for all calls,
    ``approve`` says that nothing is written before ``reviewer`` was asked."""

    project: Path
    arguments: Any
    environment: Environment
    emit: Emit
    given: Mapping[str, Any]
    may_write: bool
    known: KnownTests
    allowed: Callable[[Path], bool]
    reviewer: Reviewer
    approve: bool = False

    def settings(self) -> dict[str, Any]:
        """The server's, and the caller's beside them."""
        names = ("framework", "max_iterations", "time_limit")
        asked = {name: getattr(self.arguments, name, None) for name in names}
        return dict(self.given) | {name: value for name, value in asked.items() if value is not None}

    def count(self, passed: int, failed: int) -> None:
        """Tests that ended so far."""
        self.emit({"event": "tests", "passed": passed, "failed": failed})


Answer = tuple[BaseModel, str]
"""As data and as text."""


@dataclass(frozen=True)
class Row:
    """One tool."""

    name: str
    title: str
    description: str
    arguments: type[OnProject]
    answer: type[BaseModel]
    hints: ToolAnnotations
    work: Callable[[Call], Awaitable[Answer | InputRequiredResult]]


async def _run_tests(call: Call) -> Answer:
    from ..looking import run_once

    report = await run_once(call.project, load_settings(call.project, call.environment, **call.settings()), call.count)
    call.known.note(call.project, report)
    return TestsRun.of(report), tests_text(report)


async def _explain_failure(call: Call) -> Answer:
    from ..explaining import explain

    settings = load_settings(call.project, call.environment, **call.settings())
    known = call.known.of(call.project)
    explained = await explain(call.project, settings, call.arguments.test_id, known, call.count)
    return Explained.of(explained), explanation_text(explained)


async def _undo_fix(call: Call) -> Answer:
    return await asyncio.to_thread(_undone, call)


def _undone(call: Call) -> Answer:
    from ..commands.run_records import find_run
    from ..commands.undoing import last_written, put_back

    if not call.may_write:
        raise UsageError("this server does not write: undo with `aion-r undo`.")
    kept = load_settings(call.project, call.environment, **call.given).home
    run = call.arguments.run_id
    store = find_run(kept, run) if run else last_written(kept, call.project)
    project = Path(store.facts["project"])
    if not call.allowed(project):
        raise UsageError(f"run {store.run_id} is of another project: name one of {call.project}.")
    files = put_back(store, kept)
    return Undone(run_id=store.run_id, project=str(project), files=list(files)), undone_text(store.run_id, files)


_LOOKS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_WRITES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True)
_RESTORES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)

ROWS = (
    Row(
        "run_tests",
        "Run tests",
        "Run a project's test suite in a sandbox and say what fails, where, and what was expected. Changes nothing.",
        RunTests,
        TestsRun,
        _LOOKS,
        _run_tests,
    ),
    Row(
        "explain_failure",
        "Explain a failing test",
        "Run one failing test alone and say what it said, its stack, and the functions most likely at fault with their"
        " source. Asks no model, changes nothing.",
        ExplainFailure,
        Explained,
        _LOOKS,
        _explain_failure,
    ),
    Row(
        "fix_tests",
        "Repair a project",
        "Run a project's tests and repair its source until all of them pass, with the configured models and an offline"
        " search. Tests are never edited; files are written only when all tests pass, and undo_fix takes that back."
        " Takes from seconds to minutes and tells its progress.",
        FixTests,
        Repair,
        _WRITES,
        fix_tests,
    ),
    Row(
        "undo_fix",
        "Undo a repair",
        "Put the files that a run of fix_tests has written back, byte for byte. Refuses when one was edited since.",
        UndoFix,
        Undone,
        _RESTORES,
        _undo_fix,
    ),
)
"""In the order in which an agent needs them."""
