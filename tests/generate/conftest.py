"""``aion-r`` in an empty folder, and a scripted model for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aion_r.core.settings import Environment, Source
from support.command_line import CommandLine
from support.scripted_server import ScriptedServer

KEPT = ("CARGO_HOME", "RUSTUP_HOME", "GOPATH", "GOCACHE", "GOMODCACHE")
"""Where the toolchains keep what they have built: else each test would build the standard library."""


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The current folder of the command."""
    here = tmp_path / "here"
    here.mkdir()
    return here


@pytest.fixture
def aion(tmp_path: Path, folder: Path) -> CommandLine:
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return CommandLine(home, folder, kept | {"HOME": os.environ["HOME"]})


@pytest.fixture
def with_model(aion: CommandLine, server: ScriptedServer) -> Callable[..., CommandLine]:
    """The command line with ``openai`` answering ``replies``."""

    def configure(*replies: Any) -> CommandLine:
        server.reply("openai", *replies)
        aion.variables |= server.environment("openai")
        return aion

    return configure


@pytest.fixture
def environment(server: ScriptedServer, tmp_path: Path) -> Environment:
    """The same for calls from Python."""
    variables = server.environment("openai") | {"AION_R_HOME": str(tmp_path / "home")}
    return Environment((Source("test", variables),))
