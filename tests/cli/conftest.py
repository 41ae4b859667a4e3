"""A project with one bug, and ``aion-r`` in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.command_line import BUGGY, TESTS, CommandLine
from support.scripted_server import ScriptedServer
from support.searching import hasty_search

__all__ = ["hasty_search"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "cart.py").write_text(BUGGY)
    (root / "test_cart.py").write_text(TESTS)
    (root / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    return root


@pytest.fixture
def aion(tmp_path: Path, project: Path) -> CommandLine:
    home = tmp_path / "home"
    home.mkdir()
    return CommandLine(home, project)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def with_model(aion: CommandLine, server: ScriptedServer) -> Callable[..., CommandLine]:
    """The command line with ``openai`` answering ``replies``."""

    def configure(*replies: Any) -> CommandLine:
        server.reply("openai", *replies)
        aion.variables |= server.environment("openai")
        return aion

    return configure
