"""Diffs apply with the tools that people have, to the last byte."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from aion_r.core.domain import Edit, Patch
from aion_r.tools.edits.apply import apply_blocks
from aion_r.tools.edits.diff import compose, diff_bytes, unified_diff
from aion_r.tools.edits.unified import read_diff

LONG = b"".join(b"line %d\n" % n for n in range(60))
CASES = {
    "one line": (b"a\nb\nc\n", b"a\nx\nc\n"),
    "two hunks": (LONG, LONG.replace(b"line 3\n", b"new 3\n").replace(b"line 50\n", b"")),
    "crlf": (b"a\r\nb\r\nc\r\n", b"a\r\nx\r\nc\r\n"),
    "mixed": (b"a\nb\r\nc\rd\n", b"a\nb\r\nc\rx\n"),
    "latin-1": ("é\nb\n".encode("latin-1"), "è\nb\n".encode("latin-1")),
    "no newline before": (b"a\nb", b"a\nb\n"),
    "no newline after": (b"a\nb\n", b"a\nb"),
    "no newline at all": (b"a\nb", b"a\nc"),
    "new file": (None, b"a\nb\n"),
    "new file without newline": (None, b"a"),
    "deleted file": (b"a\nb\n", None),
    "new empty file": (None, b""),
    "emptied file": (b"a\n", b""),
    "filled file": (b"", b"a\n"),
    "form feed": (b"a\x0c\nb\n", b"a\x0c\nc\n"),
}
NAMES = ["a.py", "my file.py", "grö.py", "sub/dir/x.py"]
TOOLS = {"git": ["git", "apply", "-p1"], "patch": ["patch", "-p1", "--binary", "-s"]}


def run(tool: str, folder: Path, data: bytes) -> None:
    assert shutil.which(tool), f"{tool} is needed for this test"
    environment = {
        "PATH": "/usr/bin:/bin:/usr/local/bin",
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
        "HOME": str(folder),
    }
    done = subprocess.run(TOOLS[tool], cwd=folder, input=data, capture_output=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("tool", list(TOOLS))
def test_each_kind_of_change_applies(tmp_path: Path, tool: str) -> None:
    edits = []
    for number, (before, after) in enumerate(CASES.values()):
        for name in NAMES:
            path = f"{number}/{name}"
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            if before is not None:
                (tmp_path / path).write_bytes(before)
            edits.append(Edit(path, before, after))
    run(tool, tmp_path, diff_bytes(Patch(tuple(edits))))
    for edit in edits:
        file = tmp_path / edit.path
        assert (file.read_bytes() if file.exists() else None) == edit.after, edit.path


@pytest.mark.parametrize("name", list(CASES))
def test_our_own_reader_understands_our_diffs(name: str) -> None:
    before, after = CASES[name]
    if "newline" in name or "mpt" in name or name in ("latin-1", "filled file"):
        before, after = b"a\nb\nc\n", b"a\nc\nd\n"
    blocks = read_diff(diff_bytes(Patch((Edit("x.py", before, after),))).decode().split("\n"), None)
    (edit,) = apply_blocks(blocks, {"x.py": before}.get)
    assert edit.after == after


def test_the_text_form_is_legible_for_any_encoding() -> None:
    patch = Patch(
        (Edit("l.py", "é = 1\n".encode("latin-1"), "é = 2\n".encode("latin-1")), Edit("u.py", "ü\n".encode(), b"u\n"))
    )
    text = unified_diff(patch)
    assert "+é = 2" in text
    assert "-ü" in text
    text.encode()  # no lone surrogates: JSON and terminals take it


def test_binary_files_are_a_note() -> None:
    assert b"Binary files a/x.bin and b/x.bin differ" in diff_bytes(Patch((Edit("x.bin", b"\0a", b"\0b"),)))


def test_nothing_changed_is_no_diff() -> None:
    assert diff_bytes(Patch((Edit("a", b"x", b"x"),))) == b""
    assert unified_diff(Patch()) == ""


def test_compose_speaks_of_the_project_as_found() -> None:
    base = Patch((Edit("a", b"0", b"1"), Edit("b", None, b"new"), Edit("c", b"c", b"d")))
    patch = compose(
        base, [Edit("a", b"1", b"2"), Edit("b", b"new", None), Edit("c", b"d", b"c"), Edit("z", b"z", None)]
    )
    assert patch == Patch((Edit("a", b"0", b"2"), Edit("z", b"z", None)))
