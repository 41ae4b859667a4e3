"""A server for many tests, and what is needed to start others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.projects import calc
from support.scripted_server import ScriptedServer
from support.served import Served


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One without a model. Tests take projects of names of their own."""
    folder = tmp_path_factory.mktemp("served")
    root = folder / "code"
    for name in ("shop", "cart", "bank"):
        calc(root / name)
    with Served(folder / "home", root) as server:
        yield server


@pytest.fixture
def models() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def serve(tmp_path: Path, models: ScriptedServer) -> Iterator[Callable[..., Served]]:
    """Starts a server whose runs ask ``models`` as ``openai``; with the projects that are named."""
    started: list[Served] = []

    def start(*projects: str, options: tuple[str, ...] = (), **variables: Any) -> Served:
        root = tmp_path / "code"
        for name in projects:
            calc(root / name)
        environment = models.environment("openai") | {"AION_R_PROVIDERS": "openai"} | variables
        server = Served(tmp_path / "home", root, environment, options)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.__exit__()
