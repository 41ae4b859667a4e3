"""Fixtures: a project with one bug, a home, a scripted model, and a cycle that uses them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aion_r import AutocorrectionCycle
from aion_r.core.settings import Environment, Source
from support.projects import calc
from support.scripted_server import ScriptedServer

MakeCycle = Callable[..., AutocorrectionCycle]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return calc(tmp_path / "project")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def cycle(home: Path, server: ScriptedServer) -> MakeCycle:
    """A cycle that asks ``server``, with more options if wanted."""
    environment = Environment((Source("environment", server.environment("openai")),))

    def make(**options: object) -> AutocorrectionCycle:
        return AutocorrectionCycle(environment=environment, home=home, **{"providers": ["openai"], **options})

    return make
