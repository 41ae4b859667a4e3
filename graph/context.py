"""The composition root: it alone knows concrete adapters, and ties model, reply parser and search together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from ..core.codec import dump
from ..core.domain import Edit
from ..core.errors import ProjectBusy, UsageError
from ..core.events import Emit, Event, silent
from ..core.limits import Limits
from ..core.settings import Environment, Settings
from ..providers.masking import secrets_of
from ..tools.delivery import DeliveryOptions, ProjectDelivery
from ..tools.edits.guard import Guard
from ..tools.flakiness import FlakyWatch
from ..tools.frameworks.protocol import Detection
from ..tools.running import RanTests
from ..tools.runs import RunStore, list_runs
from ..tools.suite import TestSuite, open_suite
from ..tools.workspace import Workspace
from .author import ChainAuthor
from .kept import keep, sweep_up
from .legs import NO_MODELS, Legs, OwnModels, legs_of
from .stopwatch import Stopwatch
from .turn import Desk


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
    elapsed: Stopwatch
    """Seconds since the run began."""

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
    run_id: str = "",
    own: OwnModels = NO_MODELS,
) -> Iterator[RepairContext]:
    """A run's context on ``project``, which no other run may hold at the same time (``ProjectBusy``).

    A new run's, and how it was asked for is kept with it; with ``run_id`` that of a run that is to go on. ``own`` are
    chat models of the user's.
    """
    with ExitStack() as stack:
        stack.enter_context(hold_project(project, settings.home))
        _recover(project, settings.home)
        context = compose_context(project, settings, environment, delivery=delivery, emit=emit, run_id=run_id, own=own)
        stack.callback(context.close)
        if not run_id:
            keep(context.store, settings, delivery, own, secrets_of(environment))
        yield context


def compose_context(
    project: Path,
    settings: Settings,
    environment: Environment,
    *,
    delivery: DeliveryOptions,
    emit: Emit = silent,
    run_id: str = "",
    own: OwnModels = NO_MODELS,
) -> RepairContext:
    """Every collaborator of a run, wired. Raises ``UsageError`` or ``TestsNotRun`` with what to do."""
    delivery.check(project)
    store = RunStore.find(settings.home, run_id) if run_id else RunStore.create(settings.home, project)
    elapsed = Stopwatch(store.facts.get("spent_s", 0.0) if run_id else 0.0)
    suite, detection = open_suite(project, settings, store, _counting(emit), _ended(emit))
    guard, workspace = _guard(project, settings, suite), Workspace(project)
    legs = legs_of(settings, environment, own)
    author = ChainAuthor(Desk(settings, workspace, guard, suite, store, emit, elapsed), legs, environment)
    emit(_started(store, suite, detection, legs))
    return RepairContext(
        project=project,
        settings=settings,
        store=store,
        suite=suite,
        flakes=FlakyWatch(suite),
        guard=guard,
        author=author,
        delivery=ProjectDelivery(workspace, guard, store, delivery, _refusing(settings, suite)),
        limits=Limits.of(settings, legs.strategies, elapsed),
        emit=emit,
        sandbox_level=suite.sandbox.level,
        elapsed=elapsed,
    )


def _counting(emit: Emit) -> Callable[[int, int], None]:
    return lambda passed, failed: emit({"event": "tests", "passed": passed, "failed": failed})


def _ended(emit: Emit) -> Callable[[RanTests], None]:
    return lambda ran: emit({"event": "ran"} | dump(ran))


def _guard(project: Path, settings: Settings, suite: TestSuite) -> Guard:
    return Guard(
        project,
        suite.frameworks.is_test_file,
        protect=settings.protect,
        lock=settings.lock,
        allow_test_edits=settings.allow_test_edits,
    )


def _refusing(settings: Settings, suite: TestSuite) -> Callable[[Edit], str | None]:
    return lambda edit: None if settings.allow_test_edits else suite.frameworks.touches_tests(edit)


def _started(store: RunStore, suite: TestSuite, detection: Detection, legs: Legs) -> Event:
    return {
        "event": "started",
        "run_id": store.run_id,
        "project": str(suite.project),
        "framework": suite.frameworks.name,
        "language": detection.language,
        "reason": detection.reason,
        "sandbox": suite.sandbox.level,
        "providers": list(legs.lines),
    }


@contextmanager
def hold_project(project: Path, home: Path) -> Iterator[None]:
    """The right to work on ``project``, which ends with the process however it ends."""
    folder = home / "locks"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{home} cannot be written ({error.strerror}): set AION_R_HOME to another folder.") from error
    # Not tied to a thread: a run that LangGraph Studio opened in one is closed in another.
    lock = FileLock(folder / f"{sha256(str(project).encode()).hexdigest()[:16]}.lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ProjectBusy(f"another run is at work on {project}: wait until it ends, or interrupt it.") from None
    try:
        yield
    finally:
        lock.release()


def is_held(project: Path, home: Path) -> bool:
    """Whether a run is at work on ``project``."""
    try:
        with hold_project(project, home):
            return False
    except ProjectBusy:
        return True


def _recover(project: Path, home: Path) -> None:
    """Make whole what an earlier run, killed while it wrote, left half done. Raises ``Conflict`` where it cannot."""
    for facts in list_runs(home):
        if facts.get("project") != str(project) or facts.get("finished_at"):
            continue
        store = RunStore.find(home, facts["run_id"])
        if facts.get("outcome") == "running":
            sweep_up(store)
            Workspace(project).recover(store.journal)
            store.update(outcome="error", stop_reason="killed")
        elif store.journal.exists():  # a server has noted the kill already
            Workspace(project).recover(store.journal)
