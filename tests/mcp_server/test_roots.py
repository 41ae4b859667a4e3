"""Below which folders projects may lie: chosen at the start, and narrowed by the client."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from mcp_types import ListRootsResult, Root

from aion_r.api.roots import Roots, allowed_roots
from aion_r.core.errors import UsageError
from support.mcp_client import session, stdio
from support.projects import calc

NOTHING = "no run has written to"
"""What the quickest tool says of a project that it was let into."""


def telling(*uris: str) -> Any:
    """A client's answer to the question for its roots."""

    async def answer(context: Any) -> ListRootsResult:
        return ListRootsResult(roots=[Root(uri=uri) for uri in uris])

    return answer


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_where_nobody_chose_the_client_does(folder: Path, home: Path, tmp_path: Path, mode: str):
    mine, work = calc(folder / "a b"), calc(tmp_path / "work")
    asked = {"mode": mode, "list_roots_callback": telling(mine.as_uri())}
    with session(stdio(work, home), **asked) as agent:
        assert NOTHING in agent.error("undo_fix", project=".")
        assert "not below an allowed folder" in agent.error("run_tests", project=str(work))


def test_chosen_roots_are_only_narrowed(folder: Path, home: Path, tmp_path: Path):
    mine, theirs, work = calc(folder / "shop"), calc(tmp_path / "theirs"), calc(tmp_path / "work")
    asked = {"list_roots_callback": telling(mine.as_uri(), theirs.as_uri())}
    with session(stdio(work, home, AION_R_ROOTS=f"{folder}{os.pathsep}{work}"), **asked) as agent:
        assert NOTHING in agent.error("undo_fix", project=str(mine))
        assert "not below an allowed folder" in agent.error("run_tests", project=str(theirs))
        assert "not below an allowed folder" in agent.error("run_tests", project=str(work))
    with session(stdio(folder, home, "--root", str(work)), **asked) as agent:
        assert "start the server with --root" in agent.error("run_tests", project=str(mine))


def test_where_they_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    monkeypatch.chdir(two)
    assert allowed_roots([], {}) == Roots((two.resolve(),), chosen=False)
    assert allowed_roots([], {"AION_R_ROOTS": f"{one}{os.pathsep}"}) == Roots((one.resolve(),))
    assert allowed_roots([str(two)], {"AION_R_ROOTS": str(one)}) == Roots((two.resolve(),))
    with pytest.raises(UsageError, match="the root nowhere is not a folder"):
        allowed_roots(["nowhere"], {})
    monkeypatch.chdir("/")
    with pytest.raises(UsageError, match="say with --root"):
        allowed_roots([], {})


def test_what_lies_below_them(tmp_path: Path):
    inner, outer = tmp_path / "roots" / "inner", tmp_path / "outer"
    inner.mkdir(parents=True)
    outer.mkdir()
    (tmp_path / "roots" / "link").symlink_to(inner)
    (tmp_path / "roots" / "out").symlink_to(outer)
    roots = Roots((tmp_path / "roots",))
    for path in ("inner", str(inner), "link", "inner/../inner", "."):
        assert roots.project(path) in (inner, tmp_path / "roots")
    for path in ("out", "../outer", str(outer), str(tmp_path), "/", f"{tmp_path}/roots-and-more"):
        with pytest.raises(UsageError, match="is not below an allowed folder"):
            roots.project(path)
    assert roots.narrowed([inner, outer]).folders == (inner,)
    assert roots.narrowed([tmp_path]).folders == (tmp_path / "roots",)
    assert roots.narrowed([outer]).folders == ()
