"""Who writes fixes: the chain of models with the offline search as its last leg, fed with what localization found."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.codec import dump, dump_json
from ..core.domain import CallRecord, Edit, FixRequest, Patch, Proposal, Strategy, TestReport, Usage
from ..core.errors import Forbidden, NoEdit, UsageError
from ..core.events import Emit
from ..core.settings import Environment, Settings
from ..core.state import Record
from ..providers.account import Account
from ..providers.admission import Shared
from ..providers.chain import FixChain
from ..providers.clients import CallOptions
from ..providers.masking import mask_values, secrets_of
from ..providers.pace import Pace
from ..providers.registry import LegSpec
from ..tools.edits.apply import apply_blocks
from ..tools.edits.diff import compose, unified_diff
from ..tools.edits.guard import Guard
from ..tools.edits.reply import parse_reply
from ..tools.edits.syntax import check_syntax
from ..tools.frameworks.python.interpreter import find_interpreter
from ..tools.localize import Spectrum, context, read_spectrum, suspects, test_context
from ..tools.runs import RunStore
from ..tools.suite import TestSuite
from ..tools.workspace import Workspace

if TYPE_CHECKING:
    from ..tools.search_repair import SearchProgress, SearchResult

FAILURES_ASKED = 8
LAST_DIFF_TOLD = 1500
LINES_SHARE, LINES_MOST = 0.1, 1.5
"""A request waits for the lines that the failing tests ran this share of the suite's time, and at most so many
seconds."""
SAMPLING_TEMPERATURE = 0.6
"""At which several samples differ and most still are answers (measured with a small model)."""


@dataclass(frozen=True)
class Turn:
    """What the fix being written starts from: the patch so far, what its report says of one framework's tests, and the
    patches that did not help."""

    base: Patch = field(default_factory=Patch)
    report: TestReport | None = None
    tried: Collection[str] = ()
    shown: Collection[str] = ()
    """Paths of the sources in the prompt."""
    framework: str = ""
    language: str = ""


class ChainAuthor:
    """Writes the fixes of one run, one at a time."""

    def __init__(
        self,
        *,
        settings: Settings,
        environment: Environment,
        specs: tuple[LegSpec, ...],
        offline: bool,
        workspace: Workspace,
        guard: Guard,
        suite: TestSuite,
        store: RunStore,
        emit: Emit,
        elapsed: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._workspace = workspace
        self._guard = guard
        self._suite = suite
        self._store = store
        self._emit = emit
        self._elapsed = elapsed
        self._turn = Turn()
        self._calls: list[CallRecord] = []
        self._secrets = secrets_of(environment, specs)
        self._stop = threading.Event()
        self.tests_executed = 0
        self._models = frozenset(spec.provider for spec in specs)
        self.strategies = frozenset((["llm"] if specs else []) + (["offline"] if offline else []))
        self._system_prompt = _read_prompt(settings.system_prompt)
        self._chain = FixChain(
            specs,
            read=self._read,
            reread=self._reread,
            offline=self._search if offline else None,
            on_call=self._record,
            on_start=lambda provider, model: emit({"event": "asking", "provider": provider, "model": model}),
            options=CallOptions.of(settings, 0.2 if settings.samples == 1 else SAMPLING_TEMPERATURE),
            environment=environment,
            shared=_shared(settings, store),
            time_left=lambda: inf if settings.time_limit is None else settings.time_limit - elapsed(),
            home=settings.home,
            cache=settings.cache,
        )

    async def warm(self) -> None:
        """Make the first leg ready while the tests run."""
        await self._chain.warm()

    async def write(
        self, *, patch: str, report: str, feedback: str, tried: list[str], without: list[str], framework: str
    ) -> list[Proposal]:
        """See ``nodes.generate_fix.Author``. Several samples are asked for at once, and equal patches are one."""
        self._calls = []
        turn = await asyncio.to_thread(self._turn_of, patch, report, tried, framework)
        request = await asyncio.to_thread(self._begin, turn, patch, report, feedback, tried)
        legs = self._legs(without)
        return await self._chain.propose_several(request, self._settings.samples, only=legs)

    def repaired(self, patch: Patch, attempt: Record) -> None:
        """``patch``, which ``attempt`` completed, made all tests pass: it is known from now on."""
        self._chain.repaired(patch, attempt["provider"], attempt["model"] or "", attempt["explanation"])

    def spent(self) -> tuple[Usage, dict[str, float]]:
        """See ``nodes.generate_fix.Author``."""
        seconds = {"llm": 0.0, "search": 0.0}
        for call in self._calls:
            seconds["search" if call.provider == "offline" else "llm"] += call.seconds
        return sum((call.usage for call in self._calls), Usage()), seconds

    def stop(self) -> None:
        """End a search under way."""
        self._stop.set()

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        self.stop()
        await self._chain.aclose()

    def _legs(self, without: list[str]) -> frozenset[str]:
        models = frozenset() if "llm" in without else self._models
        return models | (frozenset() if "offline" in without else {"offline"})

    def _record(self, call: CallRecord) -> None:
        self._calls.append(call)
        self._store.log_call(call)
        self._emit({"event": "call"} | dump(call))

    def _current(self, path: str) -> bytes | None:
        """The file as the fix starts from it; a link that leads out of the project is not there for us."""
        try:
            return self._workspace.read(path, self._turn.base)
        except Forbidden:
            return None

    def _turn_of(self, patch: str, report: str, tried: list[str], framework: str) -> Turn:
        used = self._suite.frameworks.named(framework)
        part = self._suite.frameworks.part(used, self._store.report(report))
        base = self._store.patch(patch)
        return Turn(base, part, frozenset([*tried, patch]), framework=used.name, language=used.language)

    def _begin(self, turn: Turn, patch: str, report: str, feedback: str, tried: list[str]) -> FixRequest:
        self._turn = turn
        request = replace(self._request(feedback, tried), patch=patch, report=report)
        self._turn = replace(self._turn, shown={source.path for source in request.sources})
        self._store.log_request(mask_values(dump_json(request).decode(), self._secrets))
        return request

    def _request(self, feedback: str, tried: list[str]) -> FixRequest:
        report = self._turn.report
        assert report is not None
        failures = report.failures
        root = self._workspace.root
        ranked = suspects(
            root, self._turn.language, failures, self._guard.may_edit, self._current, self._spectrum(report)
        )
        shown = failures[:FAILURES_ASKED]
        if tried:
            last = unified_diff(self._store.patch(tried[-1]))
            feedback = f"{feedback}\nThe last patch was:\n{last[:LAST_DIFF_TOLD]}"
        return FixRequest(
            language=self._turn.language,
            framework=self._turn.framework,
            failures=shown,
            sources=context(root, ranked, shown, self._current),
            suspects=ranked,
            tests=test_context(root, shown, self._current),
            feedback=feedback,
            system_prompt=self._system_prompt,
        )

    def _spectrum(self, report: TestReport) -> Spectrum | None:
        """What is known of the lines that the tests ran; the offline search measures its own."""
        seconds = min(LINES_MOST, LINES_SHARE * report.duration_ms / 1000) if self._models else 0.0
        return read_spectrum(report.coverage, self._suite.lines(seconds), self._turn.base.paths)

    def _read(self, answer: str) -> Patch:
        """The cumulative patch that ``answer`` makes. Raises ``EditError`` in words for the model."""
        shown = self._turn.shown
        only = next(iter(shown)) if len(shown) == 1 else None
        return self._allowed(apply_blocks(parse_reply(answer, only, shown), self._current, self._guard.check))

    def _reread(self, patch: Patch) -> Patch:
        """The same of a patch that repaired these failures before. Raises ``EditError``."""
        for edit in patch.edits:
            self._guard.check(edit.path)
            if self._current(edit.path) != edit.before:
                raise NoEdit(f"{edit.path} has changed since")
        return self._allowed(patch.edits)

    def _allowed(self, edits: Sequence[Edit]) -> Patch:
        for edit in edits:
            touched = None if self._settings.allow_test_edits else self._suite.frameworks.touches_tests(edit)
            if touched:
                raise Forbidden(touched)
            wrong = check_syntax(edit.path, edit.after, edit.before) if edit.after is not None else None
            if wrong:
                raise NoEdit(f"after your edit {edit.path} does not parse: {wrong}")
        patch = compose(self._turn.base, edits)
        if patch.id in self._turn.tried:
            raise NoEdit("this patch was tried before and did not help: propose another one")
        return patch

    async def _search(self, request: FixRequest) -> Proposal:
        """The offline leg. Raises ``NoEdit`` when no candidate helps."""
        try:
            found = await asyncio.to_thread(self._search_view)
        except asyncio.CancelledError:
            self.stop()
            raise
        self.tests_executed += found.test_executions
        if not found.edits:
            raise NoEdit(f"the offline search tried {found.candidates} candidates, and none helps")
        patch = compose(self._turn.base, found.edits)
        explained = f"{found.explanation} ({found.candidates} candidates tried)"
        return Proposal(patch, Strategy.OFFLINE, "offline", None, explained)

    def _search_view(self) -> SearchResult:
        from ..tools.search_repair import SearchJob, search

        report = self._turn.report
        assert report is not None
        if self._turn.language != "python":
            raise NoEdit(f"the offline search does not know {self._turn.language} yet")
        limit, seconds = self._settings.time_limit, self._settings.search_seconds
        with self._suite.sandbox.view(self._turn.base) as view:
            job = SearchJob(
                language=self._turn.language,
                framework=self._turn.framework,
                failing=report.failures,
                passed_ids=report.passed_ids,
                python=find_interpreter(self._workspace.root).argv,
                may_edit=self._guard.may_edit,
                read=self._current,
                seconds=seconds if limit is None else max(1.0, min(seconds, limit - self._elapsed())),
                cancel=self._stop,
            )
            return search(job, view, self._tell)

    def _tell(self, progress: SearchProgress) -> None:
        self._emit(
            {
                "event": "search",
                "candidates": progress.candidates,
                "plausible": progress.plausible,
                "seconds": progress.seconds,
            }
        )


def _shared(settings: Settings, store: RunStore) -> Shared:
    """Health with the whole process, rates with all processes, and the budget, of which a resumed run has spent."""
    account = Account(settings.budget_usd, settings.budget_tokens).add(call.usage for call in store.calls())
    return Shared(pace=Pace(settings.home / "rates"), account=account)


def _read_prompt(path: str | None) -> str | None:
    try:
        return Path(path).read_text("utf-8") if path else None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the system prompt {path} cannot be read as UTF-8 text: {error}") from error
