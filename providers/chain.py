"""The chain of a fix: each leg is ``prompt | chat model | read answer``, tied by LangChain's fallbacks, offline last.

Only ``ProviderError`` falls over to the next leg: a mistake of our own is seen at once.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from ..core.domain import CallRecord, ErrorKind, FixRequest, Patch, Proposal, Strategy, Usage
from ..core.errors import AllProvidersFailed, EditError, ProviderError
from ..core.settings import Environment
from .clients import CallOptions
from .cooldown import Cooldown
from .errors import bad_answer, shorten
from .leg import Leg
from .masking import Secrets, mask_values, secrets_of
from .prompts.fix import answer_tokens, rejection, system_text, user_text
from .registry import OFFLINE, LegSpec
from .reply import Reply, Watch

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable

Read = Callable[[str], Patch]
Offline = Callable[[FixRequest], Awaitable[Proposal]]


@dataclass(frozen=True)
class Question:
    """A request on its way down the chain."""

    request: FixRequest
    max_tokens: int
    watch: Watch
    records: list[CallRecord] = field(default_factory=list)
    """Every call made for it so far: ``watch`` adds them."""
    rejected: Unusable | None = None

    @property
    def usage(self) -> Usage:
        """What all calls so far cost, those that failed too."""
        return sum((record.usage for record in self.records), Usage())

    def after(self, unusable: Unusable) -> Question:
        """The same, telling the model what was wrong; with room for more where its answer was cut off."""
        room = self.max_tokens * 2 if unusable.reply.was_cut else self.max_tokens
        return replace(self, rejected=unusable, max_tokens=room)


@dataclass(eq=False)
class Unusable(Exception):
    """An answer that holds no usable edit, and why, in words for its author."""

    reply: Reply
    reason: str


class FixChain:
    """The legs of ``specs`` in their order, then ``offline``.

    ``read`` turns an answer into a patch, or raises ``EditError``; ``offline`` proposes without a model, or raises
    ``EditError`` or ``ProviderError``. ``on_call`` gets one record a call, cooling legs and useless answers included.
    """

    def __init__(
        self,
        specs: Sequence[LegSpec],
        *,
        read: Read,
        offline: Offline | None = None,
        on_call: Callable[[CallRecord], None] = lambda record: None,
        on_start: Callable[[str, str], None] = lambda provider, model: None,
        options: CallOptions | None = None,
        cooldown: Cooldown | None = None,
        environment: Environment | None = None,
    ) -> None:
        self._options = options or CallOptions()
        self._offline = offline
        self._watch = Watch(on_call, on_start)
        self._legs = [Leg(spec, self._options, cooldown) for spec in specs]
        secrets = secrets_of(environment, specs)
        self._fixers = [_FixLeg(leg, read, secrets) for leg in self._legs]

    @property
    def names(self) -> tuple[str, ...]:
        """The legs in order."""
        return (*(leg.spec.provider for leg in self._legs), *([OFFLINE] if self._offline else []))

    async def warm(self) -> None:
        """Import and build the first leg's chat model ahead of its first use, best while the tests run."""
        if self._legs:
            await self._legs[0].chat()

    async def aclose(self) -> None:
        """Close every connection of the running event loop."""
        for leg in self._legs:
            await leg.aclose()

    async def propose(self, request: FixRequest, *, only: frozenset[str] | None = None) -> Proposal:
        """A patch for ``request`` from the first leg (of ``only``) that has one; its usage counts all calls made.

        Raises ``AllProvidersFailed`` with what each leg said.
        """
        records: list[CallRecord] = []
        tokens = answer_tokens(request, self._options.max_tokens)
        question = Question(request, tokens, self._watch.also(records.append), records)
        runnables = self._runnables(only)
        if not runnables:
            raise AllProvidersFailed(())
        first, *others = runnables
        chain = first.with_fallbacks(others, exceptions_to_handle=(ProviderError,)) if others else first
        try:
            return await chain.ainvoke(question)
        except ProviderError as error:
            raise AllProvidersFailed(tuple(records)) from error

    def _runnables(self, only: frozenset[str] | None) -> list[Runnable[Question, Proposal]]:
        from langchain_core.runnables import RunnableLambda

        chosen = [fixer for fixer in self._fixers if only is None or fixer.provider in only]
        runnables = [fixer.runnable for fixer in chosen]
        if self._offline and (only is None or OFFLINE in only):
            runnables.append(RunnableLambda(self._search, name=OFFLINE))
        return runnables

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


class _FixLeg:
    """``prompt | chat model | read answer`` over one leg, asked once more when its answer is useless."""

    def __init__(self, leg: Leg, read: Read, secrets: Secrets) -> None:
        self._leg = leg
        self._read = read
        self._secrets = secrets

    @property
    def provider(self) -> str:
        """The service's name."""
        return self._leg.spec.provider

    @cached_property
    def runnable(self) -> Runnable[Question, Proposal]:
        """The leg as LangChain ties it."""
        from langchain_core.runnables import RunnableLambda

        once: Any = RunnableLambda(self._prompt) | RunnableLambda(self._chat) | RunnableLambda(self._answer)

        async def twice(question: Question) -> Proposal:
            try:
                return cast(Proposal, await once.ainvoke(question))
            except Unusable as first:
                again = question.after(first)
            try:
                return cast(Proposal, await once.ainvoke(again))
            except Unusable as second:
                raise bad_answer(self._leg.spec, second.reason) from second

        return RunnableLambda(twice, name=self.provider)

    async def _prompt(self, question: Question) -> tuple[Question, list[BaseMessage]]:
        from langchain_core.messages import HumanMessage, SystemMessage

        request = question.request
        messages: list[BaseMessage] = [
            SystemMessage(mask_values(system_text(request), self._secrets)),
            HumanMessage(mask_values(user_text(request), self._secrets)),
        ]
        if question.rejected:
            messages += [
                *question.rejected.reply.turns,
                HumanMessage(mask_values(rejection(question.rejected.reason), self._secrets)),
            ]
        return question, messages

    async def _chat(self, asked: tuple[Question, list[BaseMessage]]) -> tuple[Question, Reply]:
        question, messages = asked
        return question, await self._leg.ask(messages, {"max_tokens": question.max_tokens}, question.watch)

    async def _answer(self, answered: tuple[Question, Reply]) -> Proposal:
        question, reply = answered
        reason = reply.defect
        try:
            patch = Patch() if reason else await asyncio.to_thread(self._read, spoken(reply.text))  # it reads files
        except EditError as error:
            reason = str(error)
        finally:
            self._leg.settle(reply, question.watch, reason)
        if reason:
            raise Unusable(reply, reason)
        spec, usage = self._leg.spec, question.usage
        return Proposal(patch, Strategy.LLM, spec.provider, spec.model, explanation(spoken(reply.text)), usage)


def spoken(answer: str) -> str:
    """``answer`` without the thoughts that some models write before it: drafts of edits stand there."""
    return re.sub(r"\A\s*<think>.*?</think>", "", answer, count=1, flags=re.DOTALL)


def explanation(answer: str) -> str:
    """The prose of ``answer`` before its first block, without the path that announces the block."""
    prose = re.split(r"^\s*(?:```|~~~)", answer, maxsplit=1, flags=re.MULTILINE)[0].rstrip()
    head, _, last = prose.rpartition("\n")
    return shorten(prose if " " in last.strip() else head, 500)
