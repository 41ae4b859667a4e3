"""What a model may answer, and what it answers in fact: each form becomes the blocks that it means."""

from __future__ import annotations

import pytest

from aion_r.core.errors import NoEdit
from aion_r.tools.edits.blocks import Block, Delete, Rename, Replace, Unusable, WholeFile
from aion_r.tools.edits.reply import parse_reply

PAIR = "<<<<<<< SEARCH\nold\n=======\nnew\n>>>>>>> REPLACE"
EDIT = Replace("src/x.py", "old\n", "new\n")


@pytest.mark.parametrize(
    "line",
    [
        "src/x.py",
        "`src/x.py`",
        "**src/x.py**",
        "**`src/x.py`**",
        "### src/x.py",
        "### `src/x.py`:",
        "#### 1. `src/x.py`",
        "File: src/x.py",
        "**File: `src/x.py`**",
        "**File:** src/x.py",
        "**File**: `src/x.py`",
        "Path: `src/x.py`",
        "filename: src/x.py",
        "- src/x.py:",
        "1. `src/x.py`",
        "src/x.py (updated)",
        "`src/x.py` (modified):",
        "Here is the corrected `src/x.py`:",
        "In **src/x.py** I change one line:",
        "> src/x.py",
    ],
)
@pytest.mark.parametrize("between", ["\n", "\n\n", "\nI swapped the operands.\n"])
def test_a_path_line_is_recognised_in_its_decorations(line: str, between: str) -> None:
    assert parse_reply(f"Some words.\n\n{line}{between}```python\n{PAIR}\n```\nDone.") == (EDIT,)


@pytest.mark.parametrize(
    "fence",
    [
        "```python src/x.py\n{}\n```",
        "```src/x.py\n{}\n```",
        "```python:src/x.py\n{}\n```",
        "```path=src/x.py\n{}\n```",
        '```python title="src/x.py"\n{}\n```',
        "```python filename=src/x.py\n{}\n```",
        "```python\n# src/x.py\n{}\n```",
        "```python\nsrc/x.py\n{}\n```",
        "```python\n# File: src/x.py\n{}\n```",
        "```js\n// src/x.py\n{}\n```",
        "```css\n/* src/x.py */\n{}\n```",
        "src/x.py\n~~~python\n{}\n~~~",
        "src/x.py\n`````\n{}\n`````",
        "src/x.py\n```\n{}\n````",
        "  src/x.py\n  ```python\n{}\n  ```",
        "src/x.py\n{}\n",
        "**src/x.py**\n\n{}\n\nThat is all.",
        "```\nsrc/x.py\n```\n```python\n{}\n```",
    ],
)
def test_a_path_may_stand_in_the_fence_or_markers_without_one(fence: str) -> None:
    if fence.startswith("```\nsrc"):
        assert parse_reply(fence.format(PAIR), known=["src/x.py"], default_path="src/x.py") == (EDIT,)
    else:
        assert parse_reply(fence.format(PAIR)) == (EDIT,)


@pytest.mark.parametrize(
    "pair",
    [
        "<<<<< SEARCH\nold\n=====\nnew\n>>>>> REPLACE",
        "<<<<<<<<< SEARCH\nold\n=========\nnew\n>>>>>>>>> REPLACE",
        "<<<<<<< ORIGINAL\nold\n=======\nnew\n>>>>>>> UPDATED",
        "<<<<<<< HEAD\nold\n=======\nnew\n>>>>>>> fixed",
        "<<<<<<<SEARCH\nold\n=======\nnew\n>>>>>>>REPLACE",
        "<<<<<<< search\nold\n=======\nnew\n>>>>>>> replace",
        "<<<<<<< SEARCH:\nold\n=======\nnew\n>>>>>>> REPLACE",
        "<<<<<<<\nold\n=======\nnew\n>>>>>>>",
        "------- SEARCH\nold\n=======\nnew\n+++++++ REPLACE",
        "<<<<<<< SEARCH src/x.py\nold\n=======\nnew\n>>>>>>> REPLACE",
        "<<<<<<< SEARCH\nold\n=======  \nnew\n>>>>>>> REPLACE  ",
        "<<<<<<< SEARCH\nold\n=======\nnew",  # the fence's end stands for the last marker
    ],
)
def test_markers_vary(pair: str) -> None:
    assert parse_reply(f"src/x.py\n```\n{pair}\n```") == (EDIT,)


def test_several_pairs_in_one_block_and_several_blocks() -> None:
    second = "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE"
    reply = f"src/x.py\n```\n{PAIR}\n{second}\n```\nand\n\nlib/y.py\n```\n{second}\n```"
    assert parse_reply(reply) == (EDIT, Replace("src/x.py", "a\n", "b\n"), Replace("lib/y.py", "a\n", "b\n"))


def test_a_block_without_a_path_belongs_to_the_file_before() -> None:
    second = "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE"
    assert parse_reply(f"src/x.py\n```\n{PAIR}\n```\nAnd:\n```\n{second}\n```")[1].path == "src/x.py"


def test_a_missing_last_marker_before_the_next_pair() -> None:
    reply = (
        "src/x.py\n```\n<<<<<<< SEARCH\nold\n=======\nnew\n" + PAIR.replace("old", "a").replace("new", "b") + "\n```"
    )
    assert parse_reply(reply) == (EDIT, Replace("src/x.py", "a\n", "b\n"))


def test_repeated_blocks_count_once() -> None:
    assert parse_reply(f"src/x.py\n```\n{PAIR}\n{PAIR}\n```") == (EDIT,)


def test_the_only_source_shown_is_meant_where_no_path_is_given() -> None:
    assert parse_reply(f"```\n{PAIR}\n```", default_path="src/x.py") == (EDIT,)
    assert parse_reply("```python\nx = 1\n```", default_path="src/x.py") == (WholeFile("src/x.py", "x = 1\n"),)


def test_a_file_mentioned_in_a_sentence_is_not_the_one_that_is_meant() -> None:
    reply = f"The assertion in `tests/test_x.py` is right.\n\n```python\n{PAIR}\n```"
    assert parse_reply(reply, default_path="src/x.py") == (EDIT,)


def test_commands_shown_in_a_shell_fence_are_no_file() -> None:
    with pytest.raises(NoEdit):
        parse_reply("Run:\n```bash\npytest -q\n```", default_path="src/x.py")


@pytest.mark.parametrize(
    ("reply", "content"),
    [
        ("src/x.py\n```python\na = 1\n```", "a = 1\n"),
        ("```python src/x.py\na = 1\n```", "a = 1\n"),
        ("src/x.py\n```\n\na = 1\n\n```", "\na = 1\n\n"),
        ('src/x.py\n```python\n"""Doc.\n\n    ```\n    example\n    ```\n"""\na = 1\n```', None),
        ('src/x.py\n```python\n"""Doc.\n\n```python\nexample\n```\n"""\na = 1\n```', None),
        ("src/x.py\n````\n```\ninner\n```\n````", "```\ninner\n```\n"),
        ("src/x.py\n~~~\n```\ninner\n```\n~~~", "```\ninner\n```\n"),
    ],
)
def test_whole_files_with_fences_inside(reply: str, content: str | None) -> None:
    expected = content if content is not None else reply.split("\n", 2)[2].removesuffix("```")
    assert parse_reply(reply) == (WholeFile("src/x.py", expected),)


def test_a_markdown_file_keeps_its_own_fences() -> None:
    body = "# Title\n\n```bash\nmake\n```\n\n```\nplain\n```\n\nEnd.\n"
    assert parse_reply(f"README.md\n```markdown\n{body}```\nThat is it.") == (WholeFile("README.md", body),)


def test_a_first_comment_that_names_the_path_is_kept_apart() -> None:
    assert parse_reply("```python\n# src/x.py\na = 1\n```") == (WholeFile("src/x.py", "a = 1\n", "# src/x.py"),)


def test_a_whole_file_that_is_cut_off_is_not_used() -> None:
    with pytest.raises(NoEdit, match="cut off"):
        parse_reply("src/x.py\n```python\nimport os\n\ndef f():\n    ret")


def test_a_cut_off_block_does_not_spoil_the_good_one() -> None:
    blocks = parse_reply(f"src/x.py\n```\n{PAIR}\n```\n\nlib/y.py\n```python\nimport os\n")
    assert blocks[0] == EDIT
    assert isinstance(blocks[1], Unusable)


def test_thinking_aloud_is_no_answer() -> None:
    assert parse_reply(f"<think>\nlib/y.py\n```\n{PAIR}\n```\n</think>\nsrc/x.py\n```\n{PAIR}\n```") == (EDIT,)


def test_windows_line_endings_in_an_answer() -> None:
    assert parse_reply(f"src/x.py\n```python\n{PAIR}\n```\n".replace("\n", "\r\n")) == (EDIT,)


@pytest.mark.parametrize(
    "path",
    ["my file.py", "src/näme.py", "Makefile", ".gitignore", "../../etc/passwd", "/etc/passwd", "C:\\x\\y.py", "a/b"],
)
def test_unusual_and_hostile_paths_are_read_as_they_are(path: str) -> None:
    assert parse_reply(f"{path}\n```\n{PAIR}\n```")[0].path == path


DIFF = "--- a/src/x.py\n+++ b/src/x.py\n@@ -7,9 +1,99 @@ def f():\n ctx\n-old\n+new\n"
DIFFED = Replace("src/x.py", "ctx\nold\n", "ctx\nnew\n", line=7, anchor="def f():")


@pytest.mark.parametrize(
    ("reply", "blocks"),
    [
        (f"```diff\n{DIFF}```", (DIFFED,)),
        (f"```\n{DIFF}```", (DIFFED,)),
        (f"Words.\n\n{DIFF}\nMore words.", (DIFFED,)),
        ("```diff\n" + DIFF.replace("a/src", "src").replace("b/src", "src") + "```", (DIFFED,)),
        (
            "```diff\n" + DIFF.replace("@@ -7,9 +1,99 @@ def f():", "@@") + "```",
            (Replace("src/x.py", "ctx\nold\n", "ctx\nnew\n"),),
        ),
        ("src/x.py\n```diff\n@@ -7 +7 @@\n-old\n+new\n```", (Replace("src/x.py", "old\n", "new\n", line=7),)),
        ("src/x.py\n```diff\n-old\n+new\n```", (EDIT,)),
        ("```diff\n--- /dev/null\n+++ b/n.py\n@@ -0,0 +1,2 @@\n+a\n+b\n```", (WholeFile("n.py", "a\nb\n"),)),
        ("```diff\n--- a/o.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n```", (Delete("o.py"),)),
        (
            "```diff\ndiff --git a/o.py b/n.py\nsimilarity index 100%\nrename from o.py\nrename to n.py\n```",
            (Rename("o.py", "n.py"),),
        ),
        (
            "```diff\ndiff --git a/o.py b/n.py\nrename from o.py\nrename to n.py\n"
            "--- a/o.py\n+++ b/n.py\n@@ -1 +1 @@\n-a\n+b\n```",
            (Rename("o.py", "n.py"), Replace("n.py", "a\n", "b\n", line=1)),
        ),
        (
            "```diff\n--- a/x.py\t2024-01-01 00:00:00\n+++ b/x.py\t2024-01-01 00:00:00\n"
            "@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n```",
            (Replace("x.py", "a\n", "b\n", line=1),),
        ),
        (
            "```diff\n--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n```",
            (Replace("x.py", "a\n\nb\n", "a\n\nc\n", line=1),),
        ),
        (
            "*** Begin Patch\n*** Update File: src/x.py\n@@ def f():\n ctx\n-old\n+new\n"
            "*** Add File: n.py\n+a\n*** Delete File: o.py\n*** End Patch",
            (
                Replace("src/x.py", "ctx\nold\n", "ctx\nnew\n", anchor="def f():"),
                WholeFile("n.py", "a\n"),
                Delete("o.py"),
            ),
        ),
    ],
)
def test_diffs(reply: str, blocks: tuple[Block, ...]) -> None:
    assert parse_reply(reply) == blocks


def test_two_files_in_one_diff() -> None:
    reply = f"```diff\n{DIFF}{DIFF.replace('src/x.py', 'lib/y.py')}```"
    assert [block.path for block in parse_reply(reply)] == ["src/x.py", "lib/y.py"]


STRUCTURED = """{"edits": [{"path": "src/x.py", "search": "old", "replace": "new"}, {"path": "n.py", "content": "a\\n"},
 {"path": "o.py", "delete": true}, {"path": "p.py", "rename_to": "q.py"}]}"""


@pytest.mark.parametrize("frame", ["{}", "```json\n{}\n```", "```\n{}\n```", "Here you are: {} — done.", "Sure:\n{}\n"])
def test_structured_answers(frame: str) -> None:
    assert parse_reply(frame.replace("{}", STRUCTURED)) == (
        Replace("src/x.py", "old", "new", inline=True),
        WholeFile("n.py", "a\n"),
        Delete("o.py"),
        Rename("p.py", "q.py"),
    )


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("I cannot do that.", "no edit"),
        ("", "no edit"),
        ('{"edits": [{"path": "a.py", "search": "x", "repl', "not valid"),
        ("a.py\n```\n<<<<<<< SEARCH\nold\n>>>>>>> REPLACE\n```", "======="),
        ("a.py\n<<<<<<< SEARCH\nold\n=======\nnew\n", "not closed"),
        (f"```\n{PAIR}\n```", "names no file"),
        ("```diff\n@@ -1 +1 @@\n-a\n+b\n```", "names no file"),
    ],
)
def test_what_cannot_be_used_is_explained_with_the_format(reply: str, reason: str) -> None:
    with pytest.raises(NoEdit, match=reason) as caught:
        parse_reply(reply)
    assert "<<<<<<< SEARCH" in str(caught.value)
