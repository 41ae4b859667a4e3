"""Whatever a model answers: never a crash, never a byte changed outside the edit, and every sound edit applied."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aion_r.core.domain import Edit, Patch, TestFailure
from aion_r.core.errors import EditError
from aion_r.tools.edits.apply import apply_blocks
from aion_r.tools.edits.blocks import Replace
from aion_r.tools.edits.diff import diff_bytes
from aion_r.tools.edits.document import read_document
from aion_r.tools.edits.guard import Guard
from aion_r.tools.edits.reply import parse_reply
from aion_r.tools.edits.syntax import check_syntax
from aion_r.tools.suspicion.judging import suspicions
from aion_r.tools.suspicion.literals import Evidence
from aion_r.tools.suspicion.tampering import tampering
from aion_r.tools.workspace import Workspace

EXAMPLES = int(os.environ.get("AION_R_EXAMPLES", "100"))
many = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

FRAGMENTS = [
    "src/x.py", "`src/x.py`", "**a.py**", "File: a.py", "../../etc/passwd", "```", "```python", "````", "~~~",
    "```diff", "```json", "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "--- a/a.py", "+++ b/a.py", "+++ /dev/null",
    "@@ -1,2 +1 @@", "@@", "-x = 1", "+x = 2", " y = 2", "x = 1", "    y = 2", "\tz", "", "# ... existing code ...",
    "...", "*** Begin Patch", "*** Update File: a.py", "*** Add File: b.py", "*** End Patch", '{"edits": [',
    '{"edits": [{"path": "a.py", "search": "x", "replace": "y"}]}', "<think>", "</think>", "diff --git a/a.py b/b.py",
    "rename from a.py", "rename to b.py", "\\ No newline", "\0", "deleted file mode 100644", "def f():", "\r", "\u2028",
    "\ud800",
]  # fmt: skip
replies = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("\n".join),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=12)), max_size=20).map("\n".join),
    st.text(max_size=300),
)
FILE = b"x = 1\n    y = 2\n\tz\n\ndef f():\n    return 'e'\n"


@many
@given(replies, st.sampled_from([None, "a.py"]))
def test_no_answer_crashes(reply: str, default: str | None) -> None:
    try:
        edits = apply_blocks(parse_reply(reply, default), {"a.py": FILE, "src/x.py": FILE.replace(b"\n", b"\r\n")}.get)
    except EditError as error:
        assert str(error)
        return
    assert edits
    for edit in edits:
        assert edit.before != edit.after
        if edit.after is not None:
            check_syntax(edit.path, edit.after)
    diff_bytes(Patch(edits))


@many
@given(st.binary(max_size=200))
def test_any_bytes_survive_the_reading(data: bytes) -> None:
    assert read_document(data).encode() == data


word_line = st.from_regex(r"\A {0,8}[a-z_]{1,8} = [a-z0-9]{1,8}\Z")
endings = st.sampled_from(["\n", "\r\n"])


@st.composite
def sound_edits(draw: st.DrawFn) -> tuple[str, list[str], int, int, list[str], bool]:
    """A file with distinct lines, a stretch of it, and what takes its place."""
    lines = draw(st.lists(word_line, min_size=1, max_size=30, unique_by=str.strip))
    start = draw(st.integers(0, len(lines) - 1))
    stop = draw(st.integers(start + 1, len(lines)))
    new = draw(st.lists(word_line, max_size=8))
    return draw(endings), lines, start, stop, new, draw(st.booleans())


@many
@given(sound_edits())
def test_a_sound_edit_always_applies_and_touches_nothing_else(
    edit: tuple[str, list[str], int, int, list[str], bool],
) -> None:
    end, lines, start, stop, new, final = edit
    search, replace = lines[start:stop], new
    if len(lines) == 1 and not final:
        end = "\n"  # the file shows no ending of its own
    if search == replace:
        return
    data = (end.join(lines) + (end if final else "")).encode()
    reply = "Sure.\n\n`a.py`\n```python\n<<<<<<< SEARCH\n{}=======\n{}>>>>>>> REPLACE\n```\n".format(
        "".join(f"{text}\n" for text in search), "".join(f"{text}\n" for text in replace)
    )
    (made,) = apply_blocks(parse_reply(reply), {"a.py": data}.get)
    expected = [*lines[:start], *replace, *lines[stop:]]
    assert made.after == (end.join(expected) + (end if final and expected else "")).encode()


@many
@given(sound_edits(), st.integers(0, 8))
def test_a_shifted_edit_is_shifted_back(edit: tuple[str, list[str], int, int, list[str], bool], shift: int) -> None:
    end, lines, start, stop, _, _ = edit
    data = end.join([*(" " * 8 + text for text in lines), ""]).encode()
    search = [" " * shift + text for text in lines[start:stop]]
    new = [text.replace(" = ", " += ") for text in search]
    blocks = [Replace("a.py", "".join(f"{t}\n" for t in search), "".join(f"{t}\n" for t in new))]
    (made,) = apply_blocks(blocks, {"a.py": data}.get)
    changed = [
        " " * 8 + text.replace(" = ", " += ") if start <= at < stop else " " * 8 + text for at, text in enumerate(lines)
    ]
    assert made.after == end.join([*changed, ""]).encode()


@many
@given(sound_edits())
def test_our_diffs_read_back(edit: tuple[str, list[str], int, int, list[str], bool]) -> None:
    _, lines, start, stop, new, final = edit
    old = ("\n".join(lines) + ("\n" if final else "")).encode()
    changed = [*lines[:start], *new, *lines[stop:]]
    target = ("\n".join(changed) + ("\n" if final and changed else "")).encode()
    if old == target or not target:
        return
    reply = f"```diff\n{diff_bytes(Patch((Edit('a.py', old, target),))).decode()}```"
    (made,) = apply_blocks(parse_reply(reply), {"a.py": old}.get)
    assert made.after == target


FORGED = [
    "../out.py",
    "/tmp/out.py",
    "link/out.py",
    ".git/config",
    "tests/test_a.py",
    "conftest.py",
    "a.py/../../x",
    "A.PY",
]
paths = st.sampled_from([*FORGED, "a.py", "src/b.js", "new/c.go", "src/x.py"])
contents = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("\n".join), st.text(max_size=80), st.just("x = 2\n")
)


@st.composite
def hostile_answers(draw: st.DrawFn) -> str:
    """Well formed, and up to no good: edits of any path in any form, several in one answer."""
    pieces = []
    for _ in range(draw(st.integers(1, 3))):
        path, text = draw(paths), draw(contents)
        pieces.append(
            draw(
                st.sampled_from(
                    [
                        f"{path}\n```\n{text}\n```",
                        f"{path}\n```\n<<<<<<< SEARCH\nx = 1\n=======\n{text}\n>>>>>>> REPLACE\n```",
                        f"```diff\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-x = 1\n+x = 3\n```",
                        f"```diff\ndiff --git a/a.py b/{path}\nrename from a.py\nrename to {path}\n```",
                        f"```diff\n--- a/{path}\n+++ /dev/null\n@@ -1 +0,0 @@\n-x = 1\n```",
                        f'{{"edits": [{{"path": "{path}", "content": "x"}}]}}',
                    ]
                )
            )
        )
    return draw(st.sampled_from(["\n\n", "\n", "\r\n\r\n"])).join(pieces)


def project(root: Path) -> Path:
    """Made once: nothing here writes to it, which is what the tests see to."""
    made = root / "project"
    if not made.exists():
        for name, data in {
            "a.py": FILE,
            "src/b.js": b"x = 1;\n",
            "tests/test_a.py": FILE,
            ".git/config": b"x = 1\n",
        }.items():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_bytes(data)
        (root / "outside").mkdir()
        (made / "link").symlink_to(root / "outside")
    return made


@many
@given(st.one_of(hostile_answers(), replies))
def test_no_answer_reaches_what_is_not_its_to_change(tmp_path_factory: pytest.TempPathFactory, reply: str) -> None:
    root = project(tmp_path_factory.getbasetemp())
    guard = Guard(root, lambda path: path.startswith("tests/") or path.endswith("conftest.py"))
    workspace = Workspace(root)
    before = {file: file.read_bytes() for file in root.rglob("*") if file.is_file()}
    try:
        edits = apply_blocks(parse_reply(reply), lambda path: workspace.read(path, Patch()), guard.check)
    except EditError as error:
        assert str(error)
        return
    finally:
        assert {file: file.read_bytes() for file in root.rglob("*") if file.is_file()} == before
    for edit in edits:
        target = (root / edit.path).resolve()
        assert target.is_relative_to(root.resolve()) and guard.check(edit.path) == edit.path
        assert not edit.path.startswith(("tests/", ".git", "link/")) and "conftest" not in edit.path
        assert edit.before == ((root / edit.path).read_bytes() if (root / edit.path).exists() else None)
        tampering(edit)
        check_syntax(edit.path, edit.after or b"", edit.before)
    suspicions(edits, Evidence.of([TestFailure("t", expected=reply[:40])]))
