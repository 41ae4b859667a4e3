"""One leg of a chain: a chat model that is built at first use, bounded in time, watched, and recorded call by call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..core.domain import CallError, CallRecord, ErrorKind, Usage
from ..core.errors import ProviderError
from . import served
from .clients import CallOptions, Chat, Exchange, exchange, is_reasoning
from .cooldown import SHARED, Cooldown
from .errors import bad_answer, catchable, is_foreign, translate
from .pricing import cost_usd, priced
from .registry import LegSpec
from .reply import Reply, Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
    from langchain_core.runnables import RunnableConfig


class Leg:
    """One configured service. Its chat model and connections are made at first use, for each event loop apart."""

    def __init__(self, spec: LegSpec, options: CallOptions, cooldown: Cooldown | None = None) -> None:
        self.spec = spec
        self.options = options
        self._cooldown = cooldown or SHARED
        self._chats: WeakKeyDictionary[asyncio.AbstractEventLoop, Chat] = WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"Leg({self.spec.provider}, {self.spec.model})"

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

    def check_rest(self, watch: Watch) -> None:
        """Raise ``ProviderError`` of kind ``COOLING_DOWN``, recorded, while the service must be left alone."""
        seconds, reason = self._cooldown.remaining(self.spec.identity)
        if not seconds:
            return
        rest = f"for another {seconds:.0f} s" if seconds < float("inf") else "for the rest of this process"
        text = f"{self.spec.title} is left alone {rest}: {reason}"
        error = ProviderError(ErrorKind.COOLING_DOWN, text, provider=self.spec.provider, model=self.spec.model)
        watch.on_call(self._record(error=error.record()))
        raise error

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
        self.check_rest(watch)
        watch.on_start(self.spec.provider, self.spec.model)
        chat = await self.chat()
        started, seen = time.perf_counter(), Exchange()
        try:
            with _observing(seen):
                async with asyncio.timeout(self.options.timeout):
                    message = await chat.model.ainvoke(list(messages), config, **bind)
        except catchable() as error:
            if not self._is_foreign(error, seen):
                raise
            raise await self._failed(error, seen, started, watch) from error
        return self._reply(message, time.perf_counter() - started)

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
        whole: Any = None
        try:
            self.check_rest(watch)
            watch.on_start(self.spec.provider, self.spec.model)
            chat = await self.chat()
            started, seen = time.perf_counter(), Exchange()
            try:
                with _observing(seen):
                    async with asyncio.timeout(self.options.timeout):
                        async for chunk in chat.model.astream(list(messages), config, **bind):
                            whole = chunk if whole is None else whole + chunk
                            # Metadata of chunks are concatenated: the stamp goes on one of them only.
                            put(self._stamp(chunk) if chunk.response_metadata.get("finish_reason") else chunk)
            except catchable() as error:
                if not self._is_foreign(error, seen):
                    raise
                raise await self._failed(error, seen, started, watch, self._usage(whole)) from error
            self._end_stream(whole, time.perf_counter() - started, watch)
        finally:
            put(None)

    def _end_stream(self, whole: AIMessageChunk | None, seconds: float, watch: Watch) -> None:
        if whole is None or not whole.response_metadata.get("finish_reason"):
            failure = bad_answer(self.spec, "the stream ended before the answer did")
            watch.on_call(self._record(seconds, self._usage(whole), failure.record()))
            raise failure
        reply = self._reply(whole, seconds)
        defect = "" if reply.was_cut and reply.text else reply.defect
        self.settle(reply, watch, defect)
        if defect:
            raise bad_answer(self.spec, defect)

    def settle(self, reply: Reply, watch: Watch, defect: str = "") -> None:
        """Record the call that brought ``reply``, good or with the ``defect`` that makes it useless."""
        error = bad_answer(self.spec, defect).record() if defect else None
        watch.on_call(replace(reply.record, ok=not defect, error=error))

    def _is_foreign(self, error: Exception, seen: Exchange) -> bool:
        # The hub's client is its own: only there nobody sees responses pass.
        return is_foreign(error, seen, observed=self.spec.provider != "huggingface" or self.spec.own_address)

    async def _failed(
        self, error: Exception, seen: Exchange, started: float, watch: Watch, usage: Usage | None = None
    ) -> ProviderError:
        seconds = time.perf_counter() - started
        failure = translate(error, self.spec, seen, self.options.timeout)
        if failure.kind is ErrorKind.MODEL_NOT_FOUND:
            failure = await served.with_suggestions(failure, self.spec)
        self._cooldown.failed(self.spec.identity, failure)
        watch.on_call(self._record(seconds, usage, failure.record()))
        return failure

    def _reply(self, message: AIMessage, seconds: float) -> Reply:
        self._cooldown.succeeded(self.spec.identity)
        return Reply(self._stamp(message), self._record(seconds, self._usage(message)))

    def _stamp(self, message: Any) -> Any:
        message.response_metadata["provider"] = self.spec.provider
        message.response_metadata.setdefault("model_name", self.spec.model)
        return message

    def _build(self) -> Chat:
        cost_usd(self.spec, 0, 0)  # loads the price table
        return self.spec.builder()(self.spec, self.options)

    def _usage(self, message: AIMessage | None) -> Usage:
        tokens: Any = (message.usage_metadata if message else None) or {}
        return priced(self.spec, Usage(tokens.get("input_tokens") or 0, tokens.get("output_tokens") or 0))

    def _record(self, seconds: float = 0.0, usage: Usage | None = None, error: CallError | None = None) -> CallRecord:
        return CallRecord(self.spec.provider, self.spec.model, error is None, seconds, usage or Usage(), error)


@contextmanager
def _observing(seen: Exchange) -> Iterator[None]:
    token = exchange.set(seen)
    try:
        yield
    finally:
        exchange.reset(token)
