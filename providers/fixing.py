"""One leg of a fix: ``prompt | chat model | read answer``, asked once more when its answer is useless."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..core.domain import CallRecord, ErrorKind, FixRequest, Patch, Proposal, Strategy, Usage
from ..core.errors import EditError, OverBudget, ProviderError
from .admission import Admission
from .errors import bad_answer
from .forms import Forms
from .known import Known, answer_key
from .leg import Leg
from .masking import Secrets, mask_values
from .prompts.fit import fitting_text
from .prompts.fix import WRITE_EDITS, Form, answer_tokens, possible, rejection, system_text
from .reply import Reply, Watch
from .size import bytes_for
from .structured import called
from .wording import shorten

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable

Read = Callable[[str, EditError | None], Patch]
"""An answer, and the objection to the one before it in the same conversation, if there was one."""


@dataclass(frozen=True)
class Question:
    """A request on its way down the chain."""

    request: FixRequest
    least_tokens: int
    """Least room for an answer."""
    watch: Watch
    records: list[CallRecord] = field(default_factory=list)
    """Every call made for it so far: ``watch`` adds them."""
    rejected: Unusable | None = None
    room: int | None = None
    """Most bytes of the prompt's main part, where the service has said that it was too long."""
    sample: int = 0
    """Which of several answers it asks for: 1, 2, …; 0 where one is wanted."""

    @property
    def usage(self) -> Usage:
        """What all calls so far cost, those that failed too."""
        return sum((record.usage for record in self.records), Usage())

    @property
    def max_tokens(self) -> int:
        """Room for an answer; twice as much where the last one was cut off."""
        tokens = answer_tokens(self.request, self.least_tokens)
        return tokens * 2 if self.rejected and self.rejected.reply.was_cut else tokens


@dataclass(frozen=True)
class Asked:
    """A question as a model gets it."""

    question: Question
    form: Form
    messages: list[BaseMessage]


@dataclass(eq=False)
class Unusable(Exception):
    """An answer that holds no usable edit, and why, in words for its author."""

    reply: Reply
    reason: str
    objection: EditError | None = None

    @property
    def rest(self) -> bool:
        """Whether a part of the answer is kept, so that only the rest is asked for."""
        return bool(self.objection and self.objection.edits)


class FixLeg:
    """See the module. ``read`` turns an answer into a patch, or raises ``EditError``."""

    def __init__(self, leg: Leg, read: Read, secrets: Secrets, known: Known, forms: Forms) -> None:
        self.leg = leg
        self._read = read
        self._secrets = secrets
        self._known = known
        self._forms = forms

    @property
    def provider(self) -> str:
        """The service's name."""
        return self.leg.spec.provider

    @property
    def gate(self) -> Admission:
        """What it must pass."""
        return self.leg.gate

    @cached_property
    def runnable(self) -> Runnable[Question, Proposal]:
        """The leg as LangChain ties it."""
        from langchain_core.runnables import RunnableLambda

        return RunnableLambda(self._propose, name=self.provider)

    @cached_property
    def _once(self) -> Runnable[Question, tuple[Proposal, str]]:
        from langchain_core.runnables import RunnableLambda

        return RunnableLambda(self._prompt) | RunnableLambda(self._chat) | RunnableLambda(self._answer)

    async def _propose(self, question: Question) -> Proposal:
        key, kept = await self._kept(question)
        if kept:
            return kept
        form = self._form(question.request)
        try:
            return await self._fitting(question, key)
        except Unusable as first:
            again = replace(question, rejected=first)
        try:
            return await self._fitting(again, key)
        except Unusable as second:
            if form == "whole" or self._form(question.request) != "whole":
                raise bad_answer(self.leg.spec, second.reason) from second
        try:  # two failures have just shown that this model cannot copy lines
            return await self._fitting(question, key)
        except Unusable as third:
            raise bad_answer(self.leg.spec, third.reason) from third

    def _form(self, request: FixRequest) -> Form:
        return possible(self._forms.of(self.leg.spec), request) if self._forms.folder else "edits"

    async def _fitting(self, question: Question, key: str) -> Proposal:
        """An answer; for a prompt that the service finds too long, one to half of it; where it knows no functions, one
        in blocks."""
        try:
            return await self._fresh(question, key)
        except ProviderError as error:
            asked = await self._prompt(question)
            if error.kind is ErrorKind.BAD_REQUEST and asked.form == "structured":
                self._forms.not_served(self.leg.spec)
                return await self._fresh(question, key)
            if error.kind is not ErrorKind.TOO_LARGE or isinstance(error, OverBudget) or question.room is not None:
                raise
        half = len(str(asked.messages[1].content).encode(errors="replace")) // 2
        return await self._fresh(replace(question, room=half), key)

    async def _fresh(self, question: Question, key: str) -> Proposal:
        proposal, text = await self._once.ainvoke(question)
        if key and not (question.rejected and question.rejected.rest):  # else the text is not the whole answer
            await asyncio.to_thread(self._known.keep_answer, key, text, proposal.patch)
        return proposal

    async def _kept(self, question: Question) -> tuple[str, Proposal | None]:
        """The key of ``question``, and what was answered to it before, if that still applies."""
        if self._known.folder is None:
            return "", None
        asked = await self._prompt(question)
        options = self.leg.options
        key = answer_key(self.leg.spec, asked.messages, question.max_tokens, options.temperature, question.sample)
        text = await asyncio.to_thread(self._known.answer, key)
        if text is None:
            return key, None
        try:
            patch = await asyncio.to_thread(self._read, spoken(text), None)
        except EditError:
            self._known.forget_answer(key)
            return key, None
        self._known.used_answer(key, patch)
        return key, self._proposal(patch, text, question.usage)

    def _bound(self, question: Question) -> int:
        return min(question.max_tokens, self.gate.window // 2)

    async def _prompt(self, question: Question) -> Asked:
        from langchain_core.messages import HumanMessage, SystemMessage

        request = question.request
        form = await asyncio.to_thread(self._form, request)
        system = mask_values(system_text(request, form), self._secrets)
        room = bytes_for(self.gate.window - self._bound(question)) - len(system.encode())
        room = room if question.room is None else min(room, question.room)
        messages: list[BaseMessage] = [
            SystemMessage(system),
            HumanMessage(mask_values(fitting_text(request, room), self._secrets)),
        ]
        if question.rejected:
            objection = mask_values(rejection(question.rejected.reason, form, question.rejected.rest), self._secrets)
            messages += question.rejected.reply.objection(objection)
        return Asked(question, form, messages)

    async def _chat(self, asked: Asked) -> tuple[Question, Reply]:
        bind: dict[str, Any] = {"max_tokens": self._bound(asked.question)}
        if asked.form == "structured":
            bind |= called(WRITE_EDITS)
        return asked.question, await self.leg.ask(asked.messages, bind, asked.question.watch)

    async def _answer(self, answered: tuple[Question, Reply]) -> tuple[Proposal, str]:
        question, reply = answered
        reason, text = reply.defect, written(reply)
        before = question.rejected.objection if question.rejected else None
        objection: EditError | None = None
        try:
            patch = Patch() if reason else await asyncio.to_thread(self._apply, text, before)  # it reads files
        except EditError as error:
            reason, objection = str(error), error
        finally:
            self.leg.settle(reply, question.watch, reason)
        if reason:
            raise Unusable(reply, reason, objection)
        return self._proposal(patch, text, question.usage), text

    def _apply(self, text: str, objection: EditError | None) -> Patch:
        try:
            patch = self._read(spoken(text), objection)
        except EditError as error:
            self._forms.failed(self.leg.spec, text, error)
            raise
        self._forms.applied(self.leg.spec)
        return patch

    def _proposal(self, patch: Patch, text: str, usage: Usage) -> Proposal:
        spec = self.leg.spec
        return Proposal(patch, Strategy.LLM, spec.provider, spec.model, explanation(spoken(text)), usage)


def written(reply: Reply) -> str:
    """The text of an answer; of a function call, its arguments as JSON, the edits first."""
    if not reply.message.tool_calls:
        return reply.text
    arguments = reply.message.tool_calls[0]["args"]
    return json.dumps({"edits": arguments.get("edits", []), "cause": str(arguments.get("cause", ""))})


def spoken(answer: str) -> str:
    """``answer`` without the thoughts that some models write before it: drafts of edits stand there."""
    return re.sub(r"\A\s*<think>.*?</think>", "", answer, count=1, flags=re.DOTALL)


def explanation(answer: str) -> str:
    """The prose of ``answer`` before its first block, without the path that announces the block."""
    if answer.startswith('{"edits"'):
        return shorten(json.loads(answer).get("cause", ""), 500)
    prose = re.split(r"^\s*(?:```|~~~)", answer, maxsplit=1, flags=re.MULTILINE)[0].rstrip()
    head, _, last = prose.rpartition("\n")
    return shorten(prose if " " in last.strip() else head, 500)
