"""Who writes fixes: the chain of models with the offline search as its last leg."""

from __future__ import annotations

import asyncio
from math import inf

from ..core.codec import dump, dump_json, load
from ..core.domain import CallRecord, FixRequest, Patch, Proposal, Usage
from ..core.errors import AllProvidersFailed
from ..core.settings import Environment
from ..core.state import Record
from ..providers.account import Account
from ..providers.admission import Shared
from ..providers.chain import FixChain
from ..providers.clients import CallOptions
from ..providers.masking import secrets_of
from ..providers.pace import Pace
from ..providers.placeholders import Placeholders
from ..providers.registry import OFFLINE
from .answers import Answers
from .legs import Legs
from .request import read_prompt, request_of
from .review import Review
from .searching import OfflineSearch
from .turn import Desk, Turn

SAMPLING_TEMPERATURE = 0.6
"""At which several samples differ and most still are answers (measured with a small model)."""


class ChainAuthor:
    """Writes the fixes of one run, one at a time."""

    _answers: Answers
    """Reads the answers to the request under way."""

    def __init__(self, desk: Desk, legs: Legs, environment: Environment) -> None:
        self._desk = desk
        self._calls: list[CallRecord] = []
        self._secrets = Placeholders(secrets_of(environment, legs.specs))
        self._models = frozenset(spec.provider for spec in legs.specs)
        self._system_prompt = read_prompt(desk.settings.system_prompt)
        self._search = OfflineSearch(desk)
        self._chain = self._chain_of(legs, environment)

    def _chain_of(self, legs: Legs, environment: Environment) -> FixChain:
        settings, emit = self._desk.settings, self._desk.emit
        return FixChain(
            legs.specs,
            read=lambda answer, objection: self._answers.read(answer, objection),
            reread=lambda patch: self._answers.reread(patch),
            offline=self._searched if legs.offline else None,
            on_call=self._record,
            on_start=lambda provider, model: emit({"event": "asking", "provider": provider, "model": model}),
            on_wait=lambda provider, seconds: emit({"event": "waiting", "provider": provider, "seconds": seconds}),
            options=CallOptions.of(settings, 0.2 if settings.samples == 1 else SAMPLING_TEMPERATURE),
            environment=environment,
            shared=_shared(self._desk),
            time_left=lambda: inf if settings.time_limit is None else settings.time_limit - self._desk.elapsed(),
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
        turn = await asyncio.to_thread(Turn.of, self._desk, patch, report, tried, framework)
        request = await asyncio.to_thread(self._request, turn, feedback)
        masked = await asyncio.to_thread(self._masked, request)
        samples = self._desk.settings.samples
        review = Review.of(request, samples)
        self._answers = Answers(turn, {source.path for source in request.sources}, review, self._secrets)
        try:
            proposals = await self._chain.propose_several(masked, samples, only=self._legs(without))
        except AllProvidersFailed:
            if (kept := review.kept(self._calls)) is None:
                raise
            proposals = [kept]
        return [review.marked(proposal) for proposal in proposals]

    def repaired(self, patch: Patch, attempt: Record) -> None:
        """``patch``, which ``attempt`` completed, made all tests pass: it is known from now on."""
        self._chain.repaired(patch, attempt["provider"], attempt["model"] or "", attempt["explanation"])

    def spent(self) -> tuple[Usage, dict[str, float]]:
        """See ``nodes.generate_fix.Author``."""
        seconds = {"llm": 0.0, "search": 0.0}
        for call in self._calls:
            seconds["search" if call.provider == OFFLINE else "llm"] += call.seconds
        return sum((call.usage for call in self._calls), Usage()), seconds

    @property
    def tests_executed(self) -> int:
        """Tests that the offline search ran."""
        return self._search.tests_executed

    def stop(self) -> None:
        """End a search under way."""
        self._search.stop()

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        self.stop()
        await self._chain.aclose()

    def _request(self, turn: Turn, feedback: str) -> FixRequest:
        return request_of(turn, feedback, self._system_prompt, wait_for_lines=bool(self._models))

    def _masked(self, request: FixRequest) -> FixRequest:
        """What leaves this machine, and is kept: without secrets."""
        masked = load(FixRequest, self._secrets.mask_record(dump(request)))
        self._desk.store.log_request(dump_json(masked).decode())
        return masked

    def _legs(self, without: list[str]) -> frozenset[str]:
        models = frozenset() if "llm" in without else self._models
        return models | (frozenset() if "offline" in without else {OFFLINE})

    def _record(self, call: CallRecord) -> None:
        self._calls.append(call)
        self._desk.store.log_call(call)
        self._desk.emit({"event": "call"} | dump(call))

    async def _searched(self, request: FixRequest) -> Proposal:
        return await self._search.fix(self._answers.turn)


def _shared(desk: Desk) -> Shared:
    """Health with the whole process, rates with all processes, and the budget, of which a resumed run has spent."""
    settings = desk.settings
    account = Account(settings.budget_usd, settings.budget_tokens).add(call.usage for call in desk.store.calls())
    return Shared(pace=Pace(settings.home / "rates"), account=account)
