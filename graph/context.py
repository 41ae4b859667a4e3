"""The composition root: it alone knows concrete adapters, and ties model, reply parser and search together."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from ..core.domain import Usage
from ..core.errors import ProjectBusy, UsageError
from ..core.events import Emit, Event, silent
from ..core.limits import Limits
from ..core.settings import Environment, Settings, load_settings, read_environment
from ..core.state import RepairState
from ..providers.pricing import priced
from ..providers.registry import LegSpec, configured, startup_lines, survey
from ..tools.delivery import DeliveryOptions, ProjectDelivery
from ..tools.edits.guard import Guard
from ..tools.flakiness import FlakyWatch
from ..tools.frameworks.protocol import Detection
from ..tools.runs import RunStore, list_runs
from ..tools.sandbox import sweep
from ..tools.suite import TestSuite, open_suite
from ..tools.workspace import Workspace
from .author import ChainAuthor

OPEN_CONTEXTS = 8


@dataclass(frozen=True)
class RepairContext:
    """The live things of one run. Nodes get those that they name as keyword arguments."""

    project: Path
    settings: Settings
    store: RunStore
    suite: TestSuite
    flakes: FlakyWatch
    guard: Guard
    author: ChainAuthor
    delivery: ProjectDelivery
    limits: Limits
    emit: Emit
    sandbox_level: str

    @property
    def elapsed(self) -> Callable[[], float]:
        """Seconds since the run began."""
        return self.limits.elapsed

    def close(self) -> None:
        """End what still runs."""
        self.suite.close()
        self.author.stop()


@contextmanager
def open_context(
    project: Path,
    settings: Settings,
    environment: Environment,
    *,
    delivery: DeliveryOptions,
    emit: Emit = silent,
) -> Iterator[RepairContext]:
    """A run's context on ``project``, which no other run may hold at the same time (``ProjectBusy``)."""
    with ExitStack() as stack:
        stack.enter_context(hold_project(project, settings.home))
        _recover(project, settings.home)
        context = compose_context(project, settings, environment, delivery=delivery, emit=emit)
        stack.callback(context.close)
        yield context


def compose_context(
    project: Path,
    settings: Settings,
    environment: Environment,
    *,
    delivery: DeliveryOptions,
    emit: Emit = silent,
    run_id: str = "",
) -> RepairContext:
    """Every collaborator of a run, wired. Raises ``UsageError`` or ``TestsNotRun`` with what to do."""
    delivery.check(project)
    began = time.monotonic()

    def elapsed() -> float:
        return time.monotonic() - began

    def tell_counts(passed: int, failed: int) -> None:
        emit({"event": "tests", "passed": passed, "failed": failed})

    store = RunStore.find(settings.home, run_id) if run_id else RunStore.create(settings.home, project)
    suite, detection = open_suite(project, settings, store, tell_counts)
    guard = _guard(project, settings, suite)
    specs = configured(environment, settings.providers, settings.model)
    workspace = Workspace(project)
    author = ChainAuthor(
        settings=settings,
        environment=environment,
        specs=specs,
        offline=_offline(settings),
        workspace=workspace,
        guard=guard,
        suite=suite,
        store=store,
        emit=emit,
        elapsed=elapsed,
    )
    emit(_started(store, suite, detection, _provider_lines(environment, settings)))
    return RepairContext(
        project=project,
        settings=settings,
        store=store,
        suite=suite,
        flakes=FlakyWatch(suite),
        guard=guard,
        author=author,
        delivery=ProjectDelivery(workspace, guard, store, delivery),
        limits=Limits.of(settings, author.strategies, elapsed),
        emit=emit,
        sandbox_level=suite.sandbox.level,
    )


def _guard(project: Path, settings: Settings, suite: TestSuite) -> Guard:
    return Guard(
        project,
        suite.frameworks.is_test_file,
        protect=settings.protect,
        lock=settings.lock,
        allow_test_edits=settings.allow_test_edits,
    )


def _offline(settings: Settings) -> bool:
    return settings.providers is None or "offline" in settings.providers


def _started(store: RunStore, suite: TestSuite, detection: Detection, providers: list[str]) -> Event:
    return {
        "event": "started",
        "run_id": store.run_id,
        "project": str(suite.project),
        "framework": suite.frameworks.name,
        "language": detection.language,
        "reason": detection.reason,
        "sandbox": suite.sandbox.level,
        "providers": providers,
    }


_open: OrderedDict[str, RepairContext] = OrderedDict()


async def context_of(state: RepairState) -> RepairContext:
    """The context of a run that was started with a bare state (Studio, a parent graph): opened once a run and kept.

    Raises ``UsageError`` without a ``project_path``.
    """
    run_id = state.get("run_id", "")
    if run_id not in _open:
        context = await asyncio.to_thread(_from_state, state)
        run_id = context.store.run_id
        _open[run_id] = context
    while len(_open) > OPEN_CONTEXTS:
        _open.popitem(last=False)[1].close()
    return _open[run_id]


def _from_state(state: RepairState) -> RepairContext:
    project = Path(state.get("project_path", "") or "").resolve()
    if not state.get("project_path") or not project.is_dir():
        raise UsageError("project_path must name the folder of a project")
    environment = read_environment(Path.cwd(), project)
    settings = load_settings(
        project, environment, framework=state.get("framework"), language=state.get("language")
    )  # fmt: skip
    return compose_context(
        project, settings, environment, delivery=DeliveryOptions(), run_id=state.get("run_id", "")
    )  # fmt: skip


@contextmanager
def hold_project(project: Path, home: Path) -> Iterator[None]:
    """The right to work on ``project``, which ends with the process however it ends."""
    folder = home / "locks"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{home} cannot be written ({error.strerror}): set AION_R_HOME to another folder.") from error
    lock = FileLock(folder / f"{sha256(str(project).encode()).hexdigest()[:16]}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ProjectBusy(f"another run is at work on {project}: wait until it ends, or interrupt it.") from None
    try:
        yield
    finally:
        lock.release()


def _recover(project: Path, home: Path) -> None:
    """Make whole what an earlier run, killed while it wrote, left half done. Raises ``Conflict`` where it cannot."""
    for facts in list_runs(home):
        if facts.get("project") == str(project) and facts.get("outcome") == "running":
            store = RunStore.find(home, facts["run_id"])
            sweep(store.folder / "views")
            Workspace(project).recover(store.journal)
            store.update(outcome="error", stop_reason="killed")


def _provider_lines(environment: Environment, settings: Settings) -> list[str]:
    if settings.providers == ("offline",):
        return ["Offline, as asked: no model is called."]
    specs = survey(environment, settings.providers, settings.model)
    return startup_lines(specs, _offline(settings)) + _uncounted(specs, settings)


def _uncounted(specs: tuple[LegSpec, ...], settings: Settings) -> list[str]:
    """A budget in money cannot see what a model of unknown price costs: said before any is spent."""
    if settings.budget_usd is None:
        return []
    unknown = [spec for spec in specs if not spec.problem and priced(spec, Usage(1, 1)).cost_usd is None]
    names = ", ".join(f"{spec.provider} {spec.model}" for spec in unknown)
    return (
        [f"The price of {names} is unknown: --budget-usd does not count it, --budget-tokens does."] if unknown else []
    )
