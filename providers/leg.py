"""One leg of a chain: a chat model that is built at first use, bounded in time, watched, and recorded call by call."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..core.domain import CallError, CallRecord, ErrorKind, Usage
from ..core.errors import ProviderError
from . import served
from .admission import Admission, Shared, Ticket
from .clients import CallOptions, Chat, Exchange, is_reasoning, observing
from .cooldown import Cooldown
from .errors import bad_answer, catchable, is_foreign, not_connected, translate
from .pace import Pace
from .pieces import Pieces
from .pricing import cost_usd, priced
from .registry import LegSpec
from .reply import Reply, Watch
from .size import size_of
from .stamp import is_last, stamped, traced

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
    from langchain_core.runnables import RunnableConfig

_BUILDING = threading.Lock()
"""One leg at a time: two threads that import the same packages in another order find them half imported."""


@dataclass(frozen=True)
class _Call:
    """A request under way."""

    chat: Chat
    ticket: Ticket
    watch: Watch
    seen: Exchange = field(default_factory=Exchange)
    started: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started


class Leg:
    """One configured service. Its chat model and connections are made at first use, for each event loop apart."""

    def __init__(
        self,
        spec: LegSpec,
        options: CallOptions,
        cooldown: Cooldown | None = None,
        *,
        shared: Shared | None = None,
    ) -> None:
        self.spec = spec
        self.options = options
        self.gate = Admission(spec, options, shared or (Shared(cooldown, Pace()) if cooldown else Shared()))
        self._chats: WeakKeyDictionary[asyncio.AbstractEventLoop, Chat] = WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"Leg({self.spec.provider}, {self.spec.model})"

    @property
    def provider(self) -> str:
        """The service's name."""
        return self.spec.provider

    def limits(self, max_tokens: int, temperature: float) -> dict[str, Any]:
        """What to bind for one call, as far as the model takes it."""
        sampling = {} if is_reasoning(self.spec.model) else {"temperature": temperature}
        return {"max_tokens": max_tokens, **sampling}

    async def chat(self) -> Chat:
        """The chat model of the running loop. Built in a thread: its imports take a second or two."""
        loop = asyncio.get_running_loop()
        if loop not in self._chats:
            built = await asyncio.to_thread(self._build)
            return self._chats.setdefault(loop, built)  # another task may have been first
        return self._chats[loop]

    async def aclose(self) -> None:
        """Close the connections that the running loop opened."""
        chat = self._chats.pop(asyncio.get_running_loop(), None)
        if chat:
            await chat.aclose()

    async def ask(
        self,
        messages: Sequence[BaseMessage],
        bind: Mapping[str, Any],
        watch: Watch,
        config: RunnableConfig | None = None,
    ) -> Reply:
        """One request. The caller passes what came of the answer to ``settle``; a failed request is recorded here.

        Raises ``ProviderError`` and nothing foreign.
        """
        async with self._calling(messages, bind, watch) as call:
            late = f"did not answer within {self.options.timeout:g} s. AION_R_PROVIDER_TIMEOUT sets the limit"
            try:
                with observing(call.seen):
                    async with asyncio.timeout(self.options.timeout):
                        message = await call.chat.answer(list(messages), traced(self.spec, config), bind)
            except catchable(self.spec) as error:
                raise await self._failed(call, error, late) from error
            return self._reply(call, message)

    async def stream(
        self,
        messages: Sequence[BaseMessage],
        bind: Mapping[str, Any],
        watch: Watch,
        config: RunnableConfig | None = None,
    ) -> AsyncGenerator[AIMessageChunk]:
        """The same, piece by piece, recorded at its end. Closing the generator closes the connection.

        A stream that ends without saying why it ended was cut short: that is an error.
        """
        # A task of its own: whoever reads the pieces may do so from a different task each time, the clock may not.
        pieces: asyncio.Queue[AIMessageChunk | None] = asyncio.Queue()
        task = asyncio.create_task(self._pump(pieces.put_nowait, messages, bind, watch, config))
        try:
            while (piece := await pieces.get()) is not None:
                yield piece
            await task
        finally:
            task.cancel()
            await asyncio.wait([task])
            _ = task.cancelled() or task.exception()  # seen: a reader who left early does not wait for it

    async def _pump(
        self,
        put: Callable[[AIMessageChunk | None], None],
        messages: Sequence[BaseMessage],
        bind: Mapping[str, Any],
        watch: Watch,
        config: RunnableConfig | None,
    ) -> None:
        pieces = Pieces(self.options)
        try:
            async with self._calling(messages, bind, watch) as call:
                try:
                    with observing(call.seen):
                        source = call.chat.pieces(list(messages), traced(self.spec, config), bind)
                        async for chunk in pieces.timed(source):
                            put(stamped(self.spec, chunk, pieces.whole) if is_last(self.spec, chunk) else chunk)
                except catchable(self.spec) as error:
                    raise await self._failed(call, error, pieces.late, pieces.whole) from error
                self._end_stream(call, pieces.whole)
        finally:
            put(None)

    @asynccontextmanager
    async def _calling(
        self, messages: Sequence[BaseMessage], bind: Mapping[str, Any], watch: Watch
    ) -> AsyncIterator[_Call]:
        """Leave to send a request, and its end in the account, however it ends."""
        most = bind.get("max_tokens") or self.options.max_tokens
        try:
            ticket = await self.gate.enter(size_of(messages, bind), most)
        except ProviderError as refused:
            watch.on_call(self._record(error=refused.record()))
            raise
        try:
            chat = await self.chat()
            watch.on_start(self.spec.provider, self.spec.model)
            call = _Call(chat, ticket, watch)
            try:
                yield call
            except asyncio.CancelledError:
                self._abandoned(call)
                raise
        finally:
            self.gate.leave(ticket, Usage())

    def _end_stream(self, call: _Call, whole: AIMessageChunk | None) -> None:
        if whole is None or not (self.spec.own or whole.response_metadata.get("finish_reason")):
            failure = bad_answer(self.spec, "the stream ended before the answer did")
            self._tell(call, self._usage(whole), failure.record())
            raise failure
        reply = self._reply(call, whole)
        defect = "" if reply.was_cut and reply.text else reply.defect
        self.settle(reply, call.watch, defect)
        if defect:
            raise bad_answer(self.spec, defect)

    def settle(self, reply: Reply, watch: Watch, defect: str = "") -> None:
        """Record the call that brought ``reply``, good or with the ``defect`` that makes it useless."""
        error = bad_answer(self.spec, defect).record() if defect else None
        watch.on_call(replace(reply.record, ok=not defect, error=error))

    async def _failed(self, call: _Call, error: Exception, late: str, whole: Any = None) -> ProviderError:
        """``error`` as ours, recorded. A mistake of our own is raised as it is."""
        if not is_foreign(error, self.spec, call.seen):
            raise error
        failure = translate(error, self.spec, call.seen, late, self.options.connect)
        if failure.kind is ErrorKind.MODEL_NOT_FOUND and not self.spec.own:
            failure = await served.with_suggestions(failure, self.spec)
        self.gate.failed(call.ticket, failure)
        paid = failure.kind is ErrorKind.TIMEOUT and failure.status is None and not not_connected(error)
        usage = priced(self.spec, call.ticket.sent) if paid and whole is None else self._usage(whole)
        self._tell(call, usage, failure.record())
        return failure

    def _abandoned(self, call: _Call) -> None:
        """Nobody waits any longer. What was sent is paid for all the same."""
        text = f"{self.spec.title} was not waited for any longer"
        self._tell(call, priced(self.spec, call.ticket.sent), CallError(ErrorKind.TIMEOUT, text))

    def _tell(self, call: _Call, usage: Usage, error: CallError) -> None:
        self.gate.leave(call.ticket, usage)
        call.watch.on_call(self._record(call.seconds, usage, error))

    def _reply(self, call: _Call, message: AIMessage) -> Reply:
        usage = self._usage(message)
        self.gate.leave(call.ticket, usage)
        self.gate.succeeded(call.ticket)
        return Reply(stamped(self.spec, message), self._record(call.seconds, usage))

    def _build(self) -> Chat:
        with _BUILDING:
            cost_usd(self.spec, 0, 0)  # loads the price table
            return self.spec.builder()(self.spec, self.options)

    def _usage(self, message: AIMessage | None) -> Usage:
        tokens: Any = (message.usage_metadata if message else None) or {}
        return priced(self.spec, Usage(tokens.get("input_tokens") or 0, tokens.get("output_tokens") or 0))

    def _record(self, seconds: float = 0.0, usage: Usage | None = None, error: CallError | None = None) -> CallRecord:
        return CallRecord(self.spec.provider, self.spec.model, error is None, seconds, usage or Usage(), error)
