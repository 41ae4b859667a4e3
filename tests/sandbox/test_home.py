"""The usual lie of the land: project, toolchain caches and our own scratch folder all in the user's home."""

from __future__ import annotations

from pathlib import Path

import pytest

from aion_r.core.domain import Edit, Patch
from aion_r.tools.sandbox.protocol import Command
from support.levels import LEVELS, opened

from .conftest import snapshot


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("inside", ["code/project", "."], ids=["project in home", "home is the project"])
def test_project_and_scratch_in_home(level: str, inside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    project = home / inside
    kept = home / ".cache" / "go-build" / "kept"
    kept.parent.mkdir(parents=True)
    project.mkdir(parents=True, exist_ok=True)
    (project / "f").write_text("1")
    kept.write_text("kept")
    monkeypatch.setenv("HOME", str(home))
    script = f"cat f '{kept}'; echo 3 > f; cat f"
    with opened(project, level, home / ".local" / "scratch").view(Patch((Edit("f", b"1", b"2"),))) as view:
        done = view.run(Command(("sh", "-c", f"{script}; echo result > '{view.out}/r'")), 30)
        assert done.output == b"2kept3\n"
        assert (view.out / "r").read_text() == "result\n"
        if level == "overlay":
            view.run(Command(("sh", "-c", "echo x > $HOME/.cache/go-build/kept; mkdir $HOME/new")), 30)
    assert (project / "f").read_text() == "1"
    assert kept.read_text() == "kept"
    assert not (home / "new").exists()


def test_toolchain_cache_outside_home_is_usable_and_kept_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, cache, home = (tmp_path / name for name in ("project", "cargo", "home"))
    for folder in (project, cache, home):
        folder.mkdir()
    (cache / "registry").write_text("registry")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("CARGO_HOME", str(cache))
    before = snapshot(cache)
    with opened(project, "overlay", tmp_path / "scratch").view(Patch()) as view:
        script = "cat $CARGO_HOME/registry && echo poison > $CARGO_HOME/registry && cat $CARGO_HOME/registry"
        done = view.run(Command(("sh", "-c", script)), 30)
    assert done.output == b"registrypoison\n"
    assert snapshot(cache) == before
