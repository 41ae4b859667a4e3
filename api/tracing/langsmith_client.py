"""LangSmith, by its own variables: LangChain traces what runs through it. What leaves the machine is scrubbed first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.settings import read_environment
from .asked import langsmith_asked

if TYPE_CHECKING:
    from langsmith import Client


@contextmanager
def scrubbed_traces() -> Iterator[None]:
    """What LangChain traces in here goes to LangSmith without keys, passwords and mail addresses, if it goes there at
    all. A program that uses us and traces by a client of its own keeps that one."""
    if not langsmith_asked():
        yield
        return
    from langchain_core.tracers.context import tracing_v2_callback_var, tracing_v2_enabled

    if tracing_v2_callback_var.get() is not None:
        yield
        return
    with tracing_v2_enabled(client=_client()):
        yield


def pending_langsmith() -> Callable[[], object] | None:
    """What waits until all that was traced is sent, if something was."""
    return _client().flush if langsmith_asked() else None


@cache
def _client() -> Client:
    from langsmith import Client

    from ...providers.masking import scrub, secrets_of

    secrets = secrets_of(read_environment(Path.cwd()))
    return Client(anonymizer=lambda data: _through(data, lambda text: scrub(text, secrets)))


def _through(value: Any, change: Callable[[str], str]) -> Any:
    """``value``, of JSON types, with every string in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _through(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_through(item, change) for item in value]
    return value
