"""Receivers of traces, scripted services, and runs between them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aion_r import AutocorrectionCycle
from aion_r.core.settings import read_environment
from support.receivers import Receiver
from support.scripted_server import ScriptedServer

_SAYS = ("OTEL_", "LANGSMITH_", "LANGCHAIN_", "AION_R_", "TRACE")


@pytest.fixture(autouse=True)
def nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine's own environment says."""
    for name in os.environ:
        if name.startswith(_SAYS):
            monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


@pytest.fixture
def cycle(server: ScriptedServer, tmp_path: Path) -> Callable[..., AutocorrectionCycle]:
    """A cycle that asks ``groq`` and ``openai``."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "VIRTUAL_ENV") if name in os.environ}

    def make(**settings: object) -> AutocorrectionCycle:
        variables = kept | {"AION_R_HOME": str(tmp_path / "home")} | server.environment("groq", "openai")
        environment = read_environment(environ=variables)
        return AutocorrectionCycle(environment=environment, **({"providers": ["groq", "openai"]} | settings))

    return make
