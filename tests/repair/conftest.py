"""A scripted server, and a cycle whose store and environment belong to the test alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aion_r import AutocorrectionCycle
from aion_r.core.settings import read_environment
from support.scripted_server import ScriptedServer
from support.searching import hasty_search

__all__ = ["hasty_search"]

KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYENV_ROOT", "PYENV_VERSION", "VIRTUAL_ENV", "RUSTUP_HOME")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def variables(home: Path) -> dict[str, str]:
    """An environment without any provider."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"AION_R_HOME": str(home)}


@pytest.fixture
def cycle(server: ScriptedServer, variables: dict[str, str]) -> Callable[..., AutocorrectionCycle]:
    """``cycle("groq", "openai", **settings)``: those services configured, at the scripted server."""

    def make(*services: str, **settings: Any) -> AutocorrectionCycle:
        keys = server.environment(*services) if services else {}
        settings.setdefault("providers", services or ("offline",))
        return AutocorrectionCycle(environment=read_environment(environ=variables | keys), **settings)

    return make
