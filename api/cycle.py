"""The Python face: ``AutocorrectionCycle``. One coroutine does the work; the sync face wraps it once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from ..core.decisions import Decision
from ..core.documents import RepairResult
from ..core.domain import GeneratedCode
from ..core.errors import AionError, TestsNotRun
from ..core.events import Emit, Event
from ..core.settings import Environment, load_settings, read_environment
from ..graph.context import open_context
from ..graph.kept import kept_of
from ..graph.legs import NO_MODELS, OwnModels, settings_with
from ..providers.own import OwnLegs, own_specs
from ..tools.delivery import DeliveryOptions
from ..tools.runs import RunStore
from .approvals import Approve, check_waiting
from .driving import drive
from .generated import materialize, with_final_code
from .hiding import hider
from .recording import RunRecord
from .result import nothing_run
from .resuming import Answers, resume
from .tracing.observed import observed

Answer = Decision | Mapping[str, Any] | bool | None
"""A decision (``core.decisions``), ``True`` to accept, ``False`` to reject."""


class AutocorrectionCycle:
    """Runs a project's tests and repairs what fails.

    Needs no argument: keys and limits come from the environment, ``.env`` files and the project's settings. Any setting
    of ``core.settings.Settings`` may be given by name and then wins: ``AutocorrectionCycle(providers=["offline"])``.

    ``approve`` is asked before anything is written, with a ``core.decisions.Question``; it answers with ``True``,
    ``False``, or a decision as described there. ``approve=True`` stops the run at its question: an event ``approval``
    has it, the result's ``stop_reason`` is ``awaiting_approval``, and ``resume(run_id, decision=…)`` goes on.

    ``legs`` are chat models of your own, as ``create_llm`` takes them: asked first, or where ``providers`` names them.
    """

    def __init__(
        self,
        *,
        apply: bool = True,
        apply_partial: bool = False,
        patch_file: str | Path | None = None,
        commit: bool = False,
        branch: str = "",
        approve: Approve | bool | None = None,
        environment: Environment | None = None,
        legs: OwnLegs = (),
        **settings: Any,
    ) -> None:
        self._delivery = DeliveryOptions(
            apply, apply_partial, Path(patch_file) if patch_file else None, commit, branch, bool(approve)
        )
        self._approve = None if isinstance(approve, bool) else approve
        self._environment = environment
        self._own = OwnModels(own_specs(legs)) if legs else NO_MODELS
        self._settings = settings

    def run_autocorrection(
        self,
        project_path: str | Path | GeneratedCode | None = None,
        language: str | None = None,
        code: GeneratedCode | None = None,
        **settings: Any,
    ) -> RepairResult:
        """Repair the project at ``project_path``, or ``code`` written to a project of its own. Blocking.

        Raises ``UsageError`` for a wrong path or setting and ``ProjectBusy`` while another run holds the project;
        everything else is told in the result. Works inside a running event loop too (in a thread of its own).
        """
        return _run_blocking(lambda: self.arun_autocorrection(project_path, language, code, **settings))

    async def arun_autocorrection(
        self,
        project_path: str | Path | GeneratedCode | None = None,
        language: str | None = None,
        code: GeneratedCode | None = None,
        **settings: Any,
    ) -> RepairResult:
        """As ``run_autocorrection``, to be awaited. Cancelling it ends the tests and leaves the project as it was."""
        async for event in self.astream(project_path, language, code, **settings):
            if event["event"] == "finished":
                result: RepairResult = event["result"]
        return result

    def astream(
        self,
        project_path: str | Path | GeneratedCode | None = None,
        language: str | None = None,
        code: GeneratedCode | None = None,
        **settings: Any,
    ) -> AsyncGenerator[Event]:
        """The run's events as they happen (``core.events``); the last one, ``finished``, has the ``result``."""
        options = self._settings | {k: v for k, v in settings.items() if v is not None}
        if language is not None:
            options["language"] = language
        return _events(lambda emit: self._run(project_path, code, options, emit))

    def resume(self, run_id: str, decision: Answer = None) -> RepairResult:
        """Go on with a run that was killed or interrupted, as it was asked for; nothing is paid for twice. Blocking.

        Where the project has changed meanwhile it starts again from a test run, and the result's ``message`` says so.
        ``decision`` answers the question at which a run stopped that asks before it writes; without it, ``approve`` is
        asked. Of this object's settings only ``home`` counts. Raises ``UsageError`` for a run that is not there, has
        ended, or had ``legs`` that this object does not have, ``NotWaiting`` for a decision that the run does not wait
        for, and ``ProjectBusy`` for one that is at work.
        """
        return _run_blocking(lambda: self.aresume(run_id, decision))

    async def aresume(self, run_id: str, decision: Answer = None) -> RepairResult:
        """As ``resume``, to be awaited."""
        async for event in self.astream_resumed(run_id, decision):
            if event["event"] == "finished":
                result: RepairResult = event["result"]
        return result

    def astream_resumed(self, run_id: str, decision: Answer = None) -> AsyncGenerator[Event]:
        """As ``resume``; the events as ``astream`` yields them."""
        chosen = None if decision is None else Decision.of(decision)
        return _events(lambda emit: self._resume(run_id, Answers(chosen, self._approve), emit))

    async def _resume(self, run_id: str, answers: Answers, emit: Emit) -> RepairResult:
        here = Path.cwd()
        given = self._settings.get("home")
        home = load_settings(here, self._environment or read_environment(here), home=given).home
        store = RunStore.find(home, run_id)
        if answers.decision:
            check_waiting(store, answers.decision)
        kept = kept_of(store, home)
        environment = self._environment or read_environment(here, kept.project)
        own = kept.models(self._own)
        record = RunRecord(emit, home, hider(environment, own.specs))
        return await resume(store, kept, environment, record, own, answers)

    async def _run(
        self,
        project_path: str | Path | GeneratedCode | None,
        code: GeneratedCode | None,
        options: dict[str, Any],
        emit: Emit,
    ) -> RepairResult:
        if isinstance(project_path, GeneratedCode):
            project_path, code = None, project_path
        with materialize(project_path, code) as project:
            if code is not None:
                options = {"language": code.language, "framework": code.framework} | options
            environment = self._environment or read_environment(Path.cwd(), project)
            settings, own = settings_with(self._own, project, environment, options)
            record = RunRecord(emit, settings.home, hider(environment, own.specs))
            asked: dict[str, Any] = {"delivery": self._delivery, "emit": record.tell, "own": own}
            try:
                with open_context(project, settings, environment, **asked) as context, record:
                    result = await drive(context, record.deciding(self._approve))
                    record.finished(result)
            except TestsNotRun as error:
                return nothing_run(str(error), settings.framework or "")
            except OSError as error:
                raise AionError(f"{error}: the project is as it was. Is the disk of {settings.home} full?") from error
        return with_final_code(result, code)


async def _events(start: Callable[[Emit], Coroutine[Any, Any, RepairResult]]) -> AsyncGenerator[Event]:
    """What the run that ``start`` begins tells, then its result. Leaving early cancels it."""
    events: asyncio.Queue[Event] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def emit(event: Event) -> None:
        loop.call_soon_threadsafe(events.put_nowait, event)

    work = asyncio.create_task(observed(start, emit))
    work.add_done_callback(lambda _: emit({"event": "finished"}))
    try:
        while (event := await events.get())["event"] != "finished":
            yield event
        yield {"event": "finished", "result": await work}
    finally:
        if not work.done():
            work.cancel()
            await asyncio.wait([work])


def _run_blocking(start: Callable[[], Coroutine[Any, Any, RepairResult]]) -> RepairResult:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(start())
    outcome: list[RepairResult] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            outcome.append(asyncio.run(start()))
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failure.append(error)

    thread = threading.Thread(target=work, name="aion-r")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]
