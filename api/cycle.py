"""The Python face: ``AutocorrectionCycle``. One coroutine does the work; the sync face wraps it once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

from ..core.documents import RepairResult
from ..core.domain import GeneratedCode, Patch
from ..core.errors import AionError, TestsNotRun
from ..core.events import Event
from ..core.settings import Environment, load_settings, read_environment
from ..core.state import RepairState
from ..graph.context import RepairContext, open_context
from ..tools.delivery import DeliveryOptions
from .generated import materialize, with_final_code
from .result import nothing_run, result_of


class AutocorrectionCycle:
    """Runs a project's tests and repairs what fails.

    Needs no argument: keys and limits come from the environment, ``.env`` files and the project's settings. Any setting
    of ``core.settings.Settings`` may be given by name and then wins: ``AutocorrectionCycle(providers=["offline"])``.
    """

    def __init__(
        self,
        *,
        apply: bool = True,
        apply_partial: bool = False,
        patch_file: str | Path | None = None,
        commit: bool = False,
        branch: str = "",
        approve: Callable[[Patch], bool] | None = None,
        environment: Environment | None = None,
        **settings: Any,
    ) -> None:
        self._delivery = DeliveryOptions(
            apply, apply_partial, Path(patch_file) if patch_file else None, commit, branch, approve
        )
        self._environment = environment
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

    async def astream(
        self,
        project_path: str | Path | GeneratedCode | None = None,
        language: str | None = None,
        code: GeneratedCode | None = None,
        **settings: Any,
    ) -> AsyncIterator[Event]:
        """The run's events as they happen (``core.events``); the last one, ``finished``, has the ``result``."""
        events: asyncio.Queue[Event] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def emit(event: Event) -> None:
            loop.call_soon_threadsafe(events.put_nowait, event)

        options = self._settings | {k: v for k, v in settings.items() if v is not None}
        if language is not None:
            options["language"] = language
        work = asyncio.create_task(self._run(project_path, code, options, emit))
        work.add_done_callback(lambda _: emit({"event": "finished"}))
        try:
            while (event := await events.get())["event"] != "finished":
                yield event
            yield {"event": "finished", "result": await work}
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait([work])

    async def _run(
        self,
        project_path: str | Path | GeneratedCode | None,
        code: GeneratedCode | None,
        options: dict[str, Any],
        emit: Callable[[Event], None],
    ) -> RepairResult:
        if isinstance(project_path, GeneratedCode):
            project_path, code = None, project_path
        with materialize(project_path, code) as project:
            if code is not None:
                options = {"language": code.language, "framework": code.framework} | options
            environment = self._environment or read_environment(Path.cwd(), project)
            settings = load_settings(project, environment, **options)
            try:
                with open_context(project, settings, environment, delivery=self._delivery, emit=emit) as context:
                    result = await _drive(context)
            except TestsNotRun as error:
                return nothing_run(str(error), settings.framework or "")
            except OSError as error:
                raise AionError(f"{error}: the project is as it was. Is the disk of {settings.home} full?") from error
        return with_final_code(result, code)


async def _drive(context: RepairContext) -> RepairResult:
    state: RepairState = {"project_path": str(context.project)}
    context.suite.prime()  # the first test run goes on while LangGraph is imported
    try:
        async with asyncio.timeout(context.settings.time_limit):
            async for values in _values(state, context):
                state = values
    except TimeoutError:
        state = state | {"stop_reason": "time_limit", "message": "the time limit is reached"}
        state = state | await _keep_best(state, context)
    except TestsNotRun as error:
        state = state | {"stop_reason": "tests_not_run", "message": str(error)}
    except BaseException as error:
        reason = "interrupted" if isinstance(error, asyncio.CancelledError) else "error"
        context.store.update(outcome="error", stop_reason=reason)
        raise
    finally:
        await context.author.aclose()
    result = result_of(state, context)
    context.store.finish(result.to_dict())
    return result


async def _keep_best(state: RepairState, context: RepairContext) -> RepairState:
    """What a limit cut short still has to show: the best patch seen is kept with the run, or written if so asked."""
    patch = context.store.patch(state.get("best", {}).get("patch", ""))
    if not patch.edits:
        return {}
    return {"delivered": await asyncio.to_thread(context.delivery.deliver, patch, complete=False)}


async def _values(state: RepairState, context: RepairContext) -> AsyncIterator[RepairState]:
    graph = await asyncio.to_thread(_load_graph)
    warming = asyncio.create_task(context.author.warm()) if context.suite.priming else None
    try:
        async for values in graph.astream(state, context=context, stream_mode="values"):
            yield values
    finally:
        if warming:
            warming.cancel()


def _load_graph() -> Any:
    from ..graph.builder import build_graph

    return build_graph()


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
