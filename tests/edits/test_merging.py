"""Three-way merge: what the user did meanwhile in other places is kept, what touches the patch is a conflict."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aion_r.core.domain import Edit, Patch
from aion_r.core.errors import Conflict
from aion_r.tools.workspace import Workspace
from aion_r.tools.workspace.merging import merge

BASE = b"one\ntwo\nthree\nfour\nfive\n"


@pytest.mark.parametrize(
    ("patched", "now", "merged"),
    [
        (b"ONE\ntwo\nthree\nfour\nfive\n", b"one\ntwo\nthree\nfour\nFIVE\n", b"ONE\ntwo\nthree\nfour\nFIVE\n"),
        (b"one\ntwo\nTHREE\nfour\nfive\n", b"zero\n" + BASE, b"zero\none\ntwo\nTHREE\nfour\nfive\n"),
        (b"one\ntwo\nthree\nfive\n", BASE + b"six\n", b"one\ntwo\nthree\nfive\nsix\n"),
        (b"one\nTWO\nthree\nfour\nfive\n", b"one\nTWO\nthree\nfour\nFIVE\n", b"one\nTWO\nthree\nfour\nFIVE\n"),
        (b"ONE\ntwo\nthree\nfour\nfive\n", BASE.replace(b"\n", b"\r\n"), b"ONE\r\ntwo\r\nthree\r\nfour\r\nfive\r\n"),
        (b"ONE\ntwo\nthree\nfour\nfive\n", b"\xef\xbb\xbf" + BASE, b"\xef\xbb\xbfONE\ntwo\nthree\nfour\nfive\n"),
        (b"ONE\ntwo\nthree\nfour\nfive\n", BASE.removesuffix(b"\n"), b"ONE\ntwo\nthree\nfour\nfive"),
    ],
    ids=["apart", "above", "removed", "both did it", "line endings", "byte order mark", "no last newline"],
)
def test_changes_in_different_places(patched: bytes, now: bytes, merged: bytes) -> None:
    assert merge(BASE, patched, now) == merged


@pytest.mark.parametrize(
    ("base", "patched", "now"),
    [
        (BASE, b"one\nTWO\nthree\nfour\nfive\n", b"one\n2\nthree\nfour\nfive\n"),
        (BASE, b"one\nTWO\nthree\nfour\nfive\n", b"one\ntwo\n3\nfour\nfive\n"),
        (BASE, b"one\ntwo\nnew\nthree\nfour\nfive\n", b"one\ntwo\nother\nthree\nfour\nfive\n"),
        (BASE, b"ONE\ntwo\nthree\nfour\nfive\n", None),
        (BASE, None, BASE + b"six\n"),
        (None, b"new\n", b"theirs\n"),
        (b"\0a\nb\nc\nd\n", b"\0A\nb\nc\nd\n", b"\0a\nb\nc\nD\n"),
        ("á\nb\nc\nd\n".encode("latin-1"), "á\nb\nc\nd €\n".encode(), "# coding: latin-1\ná\nb\n".encode("latin-1")),
    ],
    ids=["same line", "next line", "same gap", "removed by the user", "removed by the patch", "made by both", "binary",
         "not in the user's encoding"],
)  # fmt: skip
def test_nobody_guesses(base: bytes | None, patched: bytes | None, now: bytes | None) -> None:
    assert merge(base, patched, now) is None


LINES = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8).map(lambda lines: "".join(f"{x}\n" for x in lines))


@given(base=LINES, patched=LINES, now=LINES)
def test_a_merge_that_one_side_had_no_part_in_is_the_other_side(base: str, patched: str, now: str) -> None:
    old, ours, theirs = base.encode(), patched.encode(), now.encode()
    if old and ours and theirs:
        assert merge(old, ours, old) == ours
        assert merge(old, old, theirs) == theirs
        assert merge(old, ours, ours) == ours


def test_a_patch_is_put_on_top_of_what_the_user_did(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(BASE + b"mine\n")
    (tmp_path / "b.txt").write_bytes(b"b\n")
    patch = Patch((Edit("a.txt", BASE, b"ONE" + BASE[3:]), Edit("b.txt", b"b\n", b"B\n")))
    workspace = Workspace(tmp_path)
    assert workspace.differs(patch)
    workspace.write_back(workspace.merged(patch), tmp_path.parent / f"{tmp_path.name}.journal")
    assert (tmp_path / "a.txt").read_bytes() == b"ONE" + BASE[3:] + b"mine\n"
    assert (tmp_path / "b.txt").read_bytes() == b"B\n"


@pytest.mark.parametrize("after", [b"ONE" + BASE[3:], None], ids=["changed", "deleted"])
def test_a_conflict_names_the_file(tmp_path: Path, after: bytes | None) -> None:
    (tmp_path / "a.txt").write_bytes(b"1" + BASE[3:])
    with pytest.raises(Conflict, match=r"a\.txt changed"):
        Workspace(tmp_path).merged(Patch((Edit("a.txt", BASE, after),)))
