"""One world and one run of all attacks for each level of isolation."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from support.levels import LEVELS, opened

from . import attacks
from .world import made

collect_ignore = [] if "landlock" in LEVELS else ["test_node.py"]


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def outcomes() -> Iterator[object]:
    """Called with a level: what every attack got there. Each level is attacked once."""
    yield cache(_attacked)


def _attacked(level: str) -> dict[str, str]:
    secrets = dict.fromkeys(("GROQ_API_KEY", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "MY_PASSWORD"), attacks.SECRET)
    with tempfile.TemporaryDirectory(prefix="aion-r-") as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        with made(folder) as world:
            for variable, value in {**secrets, "HOME": str(world.home), "SSH_AUTH_SOCK": world.aim["unix"]}.items():
                patch.setenv(variable, value)
            for variable in ("CARGO_HOME", "GOPATH", "GOCACHE", "XDG_CACHE_HOME", "npm_config_cache", "PYENV_ROOT"):
                patch.delenv(variable, raising=False)
            return world.run(opened(world.project, level, folder / "scratch"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    root = tmp_path / "project"
    root.mkdir()
    return root
