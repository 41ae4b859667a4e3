"""A folder that holds projects, a home for runs, and a scripted model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.scripted_server import ScriptedServer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The server's root."""
    folder = tmp_path / "projects"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def model() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running
