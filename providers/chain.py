"""The chain of a fix: each leg is ``prompt | chat model | read answer``, tied by LangChain's fallbacks, offline last.

Only ``ProviderError`` falls over to the next leg: a mistake of our own is seen at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from math import inf
from pathlib import Path

from ..core.domain import CallRecord, ErrorKind, FixRequest, Patch, Proposal, Strategy
from ..core.errors import AllProvidersFailed, EditError, ProviderError
from ..core.settings import Environment
from .admission import Shared
from .clients import CallOptions
from .cooldown import Cooldown
from .fixing import FixLeg, Question, Read
from .forms import Forms
from .known import Known
from .leg import Leg
from .masking import secrets_of
from .pace import Pace
from .patience import Patience
from .race import first_good
from .registry import OFFLINE, LegSpec
from .reply import OnCall, OnStart, OnWait, Watch

_KNOWN = " (known from an earlier run)"
Offline = Callable[[FixRequest], Awaitable[Proposal]]


class FixChain:
    """The legs of ``specs`` in their order, then ``offline``.

    ``read`` turns an answer into a patch, or raises ``EditError``; ``reread`` checks a patch that is known from an
    earlier run in the same way. ``offline`` proposes without a model, or raises ``EditError`` or ``ProviderError``.
    ``on_call`` gets one record a call, cooling legs and useless answers included; ``on_start`` and ``on_wait``: see
    ``reply.Watch``. ``time_left`` are the seconds that the run still has; ``known`` and ``forms`` are its memory.
    """

    def __init__(
        self,
        specs: Sequence[LegSpec],
        *,
        read: Read,
        reread: Callable[[Patch], Patch] | None = None,
        offline: Offline | None = None,
        on_call: OnCall = lambda record: None,
        on_start: OnStart = lambda provider, model: None,
        on_wait: OnWait = lambda provider, seconds: None,
        options: CallOptions | None = None,
        cooldown: Cooldown | None = None,
        environment: Environment | None = None,
        shared: Shared | None = None,
        time_left: Callable[[], float] = lambda: inf,
        home: Path | None = None,
        cache: bool = False,
    ) -> None:
        self._options = options or CallOptions()
        self._offline = offline
        self._reread = reread
        self._watch = Watch(on_call, on_start, on_wait)
        self._shared = shared or (Shared(cooldown, Pace()) if cooldown else Shared())
        self._time_left = time_left
        secrets = secrets_of(environment, specs)
        self._known = Known(home / "cache" if home and cache else None, secrets)
        forms = Forms(home / "models" if home else None)
        legs = [Leg(spec, self._options, shared=self._shared) for spec in specs]
        self._fixers = [FixLeg(leg, read, secrets, self._known, forms) for leg in legs]

    @property
    def names(self) -> tuple[str, ...]:
        """The legs in order."""
        return (*(fixer.provider for fixer in self._fixers), *([OFFLINE] if self._offline else []))

    async def warm(self) -> None:
        """Import and build the first leg's chat model ahead of its first use, best while the tests run."""
        if self._fixers:
            await self._fixers[0].leg.chat()

    async def aclose(self) -> None:
        """Close every connection of the running event loop, and forget answers that repaired nothing."""
        await asyncio.to_thread(self._known.end)
        for fixer in self._fixers:
            await fixer.leg.aclose()

    def repaired(self, patch: Patch, provider: str, model: str, explanation: str = "") -> None:
        """``patch`` made all tests pass: the same failures in the same sources need no call again."""
        self._known.judge(patch, provider, model, explanation)

    async def propose(self, request: FixRequest, *, only: frozenset[str] | None = None, sample: int = 0) -> Proposal:
        """A patch for ``request`` from the first leg (of ``only``) that has one; its usage counts all calls made.

        ``sample`` counts the answers where several are wanted. Raises ``AllProvidersFailed`` with what each leg said.
        """
        fixers = [fixer for fixer in self._fixers if only is None or fixer.provider in only]
        searches = self._offline is not None and (only is None or OFFLINE in only)
        if not fixers and not searches:
            raise AllProvidersFailed(())
        known = None if sample else await self._known_fix(request, fixers)
        if known:
            return known
        records: list[CallRecord] = []
        question = Question(request, self._options.max_tokens, self._watch.also(records.append), records, sample=sample)
        refused = self._shared.account.refused
        try:
            return await self._ask(question, fixers, searches)
        except ProviderError as error:
            over = self._shared.account.refused > refused
            raise AllProvidersFailed(tuple(records), over) from error

    async def propose_several(
        self, request: FixRequest, count: int, *, only: frozenset[str] | None = None
    ) -> list[Proposal]:
        """Up to ``count`` different patches, asked for at once; offline only where no model has one."""
        names = frozenset(self.names) if only is None else only
        models = names - {OFFLINE}
        chosen = [fixer for fixer in self._fixers if fixer.provider in models]
        if count == 1 or not chosen:
            return [await self.propose(request, only=only)]
        if known := await self._known_fix(request, chosen):
            return [known]
        asked = (self.propose(request, only=models, sample=1 + n) for n in range(count))
        answers = await asyncio.gather(*asked, return_exceptions=True)
        failures = [one for one in answers if isinstance(one, AllProvidersFailed)]
        for one in answers:
            if isinstance(one, BaseException) and not isinstance(one, AllProvidersFailed):
                raise one
        distinct = {one.patch.id: one for one in answers if isinstance(one, Proposal)}
        return list(distinct.values()) or [await self._last_resort(request, names, failures)]

    async def _last_resort(
        self, request: FixRequest, names: frozenset[str], failures: list[AllProvidersFailed]
    ) -> Proposal:
        records = tuple(record for failure in failures for record in failure.records)
        over = any(failure.over_budget for failure in failures)
        if not self._offline or OFFLINE not in names:
            raise AllProvidersFailed(records, over)
        try:
            return await self.propose(request, only=frozenset({OFFLINE}))
        except AllProvidersFailed as error:
            raise AllProvidersFailed(records + error.records, over) from error

    async def _ask(self, question: Question, fixers: list[FixLeg], searches: bool) -> Proposal:
        """Every leg in turn, then offline, then whoever is healthy again in time."""
        left = self._time_left()
        given = self._options.waits if self._options.patience is not None or left == inf else left
        patience = Patience(min(given, left), question.watch.on_wait)
        first = self._first_round(question, fixers, searches)
        return await patience.outlast(first, lambda fixer: fixer.runnable.ainvoke(question), fixers, question.records)

    async def _first_round(self, question: Question, fixers: list[FixLeg], searches: bool) -> Proposal:
        from langchain_core.runnables import RunnableLambda

        runnables = [fixer.runnable for fixer in fixers]
        if self._options.hedge is not None and len(runnables) > 1:
            runnables = [RunnableLambda(partial(self._race, fixers))]
        if searches:
            runnables.append(RunnableLambda(self._search, name=OFFLINE))
        first, *others = runnables
        chain = first.with_fallbacks(others, exceptions_to_handle=(ProviderError,)) if others else first
        return await chain.ainvoke(question)

    async def _race(self, fixers: list[FixLeg], question: Question) -> Proposal:
        late = self._options.hedge or 0.0
        proposal = await first_good([partial(fixer.runnable.ainvoke, question) for fixer in fixers], late)
        return replace(proposal, usage=question.usage)  # the losers' calls as well

    async def _known_fix(self, request: FixRequest, fixers: Sequence[FixLeg]) -> Proposal | None:
        """A patch that repaired the same before. The run validates it like any other."""
        known = await asyncio.to_thread(self._known.fix, request, [fixer.leg.spec for fixer in fixers])
        if known is None or self._reread is None:
            return None
        try:
            patch = await asyncio.to_thread(self._reread, known.patch)
        except EditError:
            return None
        text = f"{known.explanation.removesuffix(_KNOWN)}{_KNOWN}".strip()
        return Proposal(patch, Strategy.LLM, known.provider, known.model, text)

    async def _search(self, question: Question) -> Proposal:
        assert self._offline is not None
        question.watch.on_start(OFFLINE, "")
        started = time.perf_counter()
        try:
            proposal = await self._offline(question.request)
        except (EditError, ProviderError) as error:
            failure = ProviderError(ErrorKind.BAD_ANSWER, str(error), provider=OFFLINE)
            seconds = time.perf_counter() - started
            question.watch.on_call(CallRecord(OFFLINE, "", False, seconds, error=failure.record()))
            raise failure from error
        question.watch.on_call(CallRecord(OFFLINE, "", True, time.perf_counter() - started))
        return replace(proposal, usage=question.usage)
