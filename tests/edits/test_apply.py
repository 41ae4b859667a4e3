"""Blocks meet files: where a search text is found, what is refused, and what stays as it was."""

from __future__ import annotations

import codecs
import textwrap

import pytest

from aion_r.core.errors import EditError, Forbidden, NoEdit, NoMatch
from aion_r.tools.edits.apply import Rejected, apply_blocks
from aion_r.tools.edits.blocks import Block, Delete, Rename, Replace, Unusable, WholeFile
from aion_r.tools.edits.reply import parse_reply

SOURCE = """\
def clamp(x, low, high):
    if x < low:
        return high

    if x > high:
        return high
    return x
"""


def apply(block: Block, data: bytes | None, path: str = "a.py") -> bytes | None:
    """What ``block`` makes of the one file ``path`` that holds ``data``."""
    edits = apply_blocks([block], {path: data}.get)
    assert [edit.before for edit in edits] == [data]
    return edits[0].after


def change(search: str, replace: str, data: str = SOURCE) -> str:
    """The text of a.py after one SEARCH/REPLACE pair."""
    after = apply(Replace("a.py", search, replace), data.encode())
    assert after is not None
    return after.decode()


FIXED = SOURCE.replace("low:\n        return high", "low:\n        return low")


@pytest.mark.parametrize(
    ("name", "search", "replace"),
    [
        ("exact", "    if x < low:\n        return high\n", "    if x < low:\n        return low\n"),
        ("trailing blanks", "    if x < low:  \n        return high\t\n", "    if x < low:\n        return low\n"),
        ("shifted left", "if x < low:\n    return high\n", "if x < low:\n    return low\n"),
        (
            "shifted right",
            "        if x < low:\n            return high\n",
            "        if x < low:\n            return low\n",
        ),
        ("first line shifted", "if x < low:\n        return high\n", "if x < low:\n        return low\n"),
        ("tabs", "\tif x < low:\n\t\treturn high\n", "\tif x < low:\n\t\treturn low\n"),
        ("blank line added", "    if x < low:\n\n        return high\n", "    if x < low:\n\n        return low\n"),
        (
            "blank lines around",
            "\n    if x < low:\n        return high\n\n\n",
            "\n    if x < low:\n        return low\n\n\n",
        ),
        ("one letter off", "    if x < low:\n        return hihg\n", "    if x < low:\n        return low\n"),
        ("numbered", "2 |     if x < low:\n3 |         return high\n", "2 |     if x < low:\n3 |         return low\n"),
        (
            "blank line left out",
            "    if x < low:\n        return high\n    if x > high:\n",
            "    if x < low:\n        return low\n    if x > high:\n",
        ),
        (
            "comment left out",
            "def clamp(x, low, high):\n    if x < low:\n        return high\n",
            "def clamp(x, low, high):\n    if x < low:\n        return low\n",
        ),
    ],
)
def test_the_cascade_finds_the_place_and_changes_nothing_else(name: str, search: str, replace: str) -> None:
    assert change(search, replace) == FIXED


def test_new_lines_are_indented_like_the_place() -> None:
    new = "if x < low:\n    y = low\n    return y\n"
    assert change("if x < low:\n    return high\n", new) == SOURCE.replace(
        "    if x < low:\n        return high\n", textwrap.indent(new, "    "), 1
    )


def test_spaces_become_the_tabs_of_a_go_file() -> None:
    data = "func f() {\n\tif a {\n\t\tb()\n\t}\n}\n"
    after = change(
        "    if a {\n        b()\n    }\n", "    if a {\n        if c {\n            d()\n        }\n    }\n", data
    )
    assert after == "func f() {\n\tif a {\n\t\tif c {\n\t\t\td()\n\t\t}\n\t}\n}\n"


def test_a_fuzzy_match_keeps_the_file_s_own_unchanged_lines() -> None:
    data = "# Computes the total of all values.\ndef total(values):\n    result = 0\n"
    data += "    for v in values:\n        result -= v\n"
    search = data.replace("Computes", "Compute").replace("values.", "value")
    after = change(search, search.replace("-=", "+="), data)
    assert after == data.replace("-=", "+=")


@pytest.mark.parametrize("data", ["x = 1\ny = 2\nx = 1\n", "    x = 1\n        x = 1\n", "x  =  1\nx =   1\n"])
def test_two_places_are_never_guessed_between(data: str) -> None:
    with pytest.raises(NoMatch) as caught:
        change("x = 1\n", "x = 2\n", data)
    assert "1" in str(caught.value)


def test_ambiguity_names_the_lines() -> None:
    with pytest.raises(NoMatch, match=r"2 places, at lines 1, 3: add lines"):
        change("x = 1\n", "x = 2\n", "x = 1\ny = 2\nx = 1\n")


def test_two_equally_near_places_are_not_guessed_between() -> None:
    one = "def {}(a):\n    first = a + 1\n    second = first * 2\n    third = second - 3\n    return third\n"
    data = one.format("f") + "\n\n" + one.format("g")
    with pytest.raises(NoMatch):
        change(one.format("h"), one.format("h").replace("third\n", "second\n"), data)


def test_a_line_number_or_an_anchor_decides_between_equal_places() -> None:
    data = b"class A:\n    x = 1\nclass B:\n    x = 1\n"
    assert (
        apply(Replace("a.py", "    x = 1\n", "    x = 2\n", line=4), data)
        == b"class A:\n    x = 1\nclass B:\n    x = 2\n"
    )
    anchored = Replace("a.py", "    x = 1\n", "    x = 2\n", anchor="class B:")
    assert apply(anchored, data) == b"class A:\n    x = 1\nclass B:\n    x = 2\n"


def test_a_wrong_line_number_decides_nothing() -> None:
    with pytest.raises(NoMatch, match="2 places"):
        apply(Replace("a.py", "x\n", "y\n", line=2), b"x\n1\nx\n")


def test_a_text_with_the_divider_in_it() -> None:
    data = "Title\n=======\nold\n"
    reply = "a.rst\n```\n<<<<<<< SEARCH\nTitle\n=======\nold\n=======\nTitle\n=======\nnew\n>>>>>>> REPLACE\n```"
    (edit,) = apply_blocks(parse_reply(reply), {"a.rst": data.encode()}.get)
    assert edit.after == b"Title\n=======\nnew\n"


@pytest.mark.parametrize(
    ("search", "replace", "reason"),
    [
        ("    if q != 7:\n        boom()\n", "pass\n", "SEARCH is not in the file"),
        (
            "    if x <= lower:\n        return upper\n",
            "pass\n",
            r"(?s)Did you mean these lines.*    2 \|     if x < low:",
        ),
        ("    return y\n", "    return x\n", "already applied.*line 7"),
        ("    return x\n", "    return x\n", "nothing would change"),
        ("return x\n", "    return x\n", "nothing would change"),
        ("", "y = 1\n", "SEARCH is empty"),
        ("    return x\n", "    # ... existing code ...\n    return y\n", "leaves code out"),
    ],
)
def test_what_does_not_apply_is_explained(search: str, replace: str, reason: str) -> None:
    with pytest.raises(NoMatch, match=reason):
        change(search, replace)


def test_all_blocks_are_tried_and_all_failures_told() -> None:
    blocks = [
        Replace("a.py", "nope = 1\n", "x\n"),
        Replace("a.py", "    return x\n", "    return y\n"),
        Replace("missing.py", "a\n", "b\n"),
        Unusable("b.py", "has no ======= line"),
    ]
    with pytest.raises(Rejected) as caught:
        apply_blocks(blocks, {"a.py": SOURCE.encode()}.get)
    message = str(caught.value)
    assert "Block 1 of 4 (a.py)" in message
    assert "Block 3 of 4 (missing.py) was not applied: the file does not exist" in message
    assert "Block 4 of 4 (b.py) was not applied: has no =======" in message
    assert "Already applied, not to be repeated: 2 (a.py)." in message
    assert caught.value.failed == (blocks[0], blocks[2], blocks[3])
    assert [edit.after for edit in caught.value.edits] == [SOURCE.replace("return x\n", "return y\n").encode()]


def test_idle_blocks_beside_a_good_one_are_passed_over() -> None:
    good = Replace("a.py", "    return x\n", "    return y\n")
    idle = Replace("a.py", "    if x < low:\n", "    if x < low:\n")
    assert len(apply_blocks([idle, good], {"a.py": SOURCE.encode()}.get)) == 1


def test_blocks_that_undo_each_other_are_no_answer() -> None:
    blocks = [Replace("a.py", "    return x\n", "    return y\n"), Replace("a.py", "    return y\n", "    return x\n")]
    with pytest.raises(NoMatch, match="leave the file as it was"):
        apply_blocks(blocks, {"a.py": SOURCE.encode()}.get)
    with pytest.raises(NoEdit):
        apply_blocks([], {}.get)


def test_forbidden_paths_are_told_as_such() -> None:
    def check(path: str) -> str:
        raise Forbidden(f"{path} is outside")

    with pytest.raises(Forbidden, match="outside"):
        apply_blocks([Delete("a.py")], {"a.py": b"x"}.get, check)


@pytest.mark.parametrize(
    ("before", "search", "replace", "after"),
    [
        (b"a\r\nb\r\nc\r\n", "b\n", "x\ny\n", b"a\r\nx\r\ny\r\nc\r\n"),
        (b"a\r\nb\nc\r\n", "b\n", "x\n", b"a\r\nx\r\nc\r\n"),
        (b"a\nb\r\nc\n", "a\nb\nc\n", "a\nb\nc\nd\n", b"a\nb\r\nc\nd\n"),
        (b"a\nb", "b\n", "x\n", b"a\nx"),
        (b"a\nb", "b\n", "b\nc\n", b"a\nb\nc"),
        (b"a\nb\n", "b\n", "", b"a\n"),
        (b"a\rb\rc\r", "b\n", "x\n", b"a\rx\rc\r"),
        (b"\xef\xbb\xbfa\nb\n", "a\n", "x\n", b"\xef\xbb\xbfx\nb\n"),
        ("ä = 1\nb = 2\n".encode(), "b = 2\n", "b = 'ö'\n", "ä = 1\nb = 'ö'\n".encode()),
        (
            "# coding: latin-1\nx = 'é'\n".encode("latin-1"),
            "x = 'é'\n",
            "x = 'è'\n",
            "# coding: latin-1\nx = 'è'\n".encode("latin-1"),
        ),
        ("x = 'é'\ny = 1\n".encode("latin-1"), "y = 1\n", "y = 2\n", "x = 'é'\ny = 2\n".encode("latin-1")),
        (
            codecs.BOM_UTF16_LE + "a\r\nb\r\n".encode("utf-16-le"),
            "b\n",
            "ö\n",
            codecs.BOM_UTF16_LE + "a\r\nö\r\n".encode("utf-16-le"),
        ),
        (b"a\x0cb\nc\n", "c\n", "d\n", b"a\x0cb\nd\n"),
        ("a\u2028b\nc\n".encode(), "c\n", "d\n", "a\u2028b\nd\n".encode()),
        (b"a \t\nb\n", "a\nb\n", "a\nc\n", b"a \t\nc\n"),
    ],
)
def test_encoding_and_line_endings_stay(before: bytes, search: str, replace: str, after: bytes) -> None:
    assert apply(Replace("a.py", search, replace), before) == after


def test_text_that_the_encoding_does_not_have_is_refused() -> None:
    data = "# coding: latin-1\nx = 'é'\n".encode("latin-1")
    for block in (Replace("a.py", "x = 'é'\n", "x = '→'\n"), WholeFile("a.py", "x = '→'\n")):
        with pytest.raises(NoMatch, match=r"iso8859-1|latin-1"):
            apply(block, data)


@pytest.mark.parametrize(
    ("before", "content", "after"),
    [
        (None, "a\nb\n", b"a\nb\n"),
        (b"", "a\n", b"a\n"),
        (b"x\r\ny\r\n", "a\ny\n", b"a\r\ny\r\n"),
        (b"x\ny\r\nz\n", "x\ny\nw\n", b"x\ny\r\nw\n"),
        (b"x\ny", "x\nz\n", b"x\nz"),
        (b"\xef\xbb\xbfx\n", "y\n", b"\xef\xbb\xbfy\n"),
        ("é\n".encode("latin-1"), "é\nb\n", "é\nb\n".encode("latin-1")),
        (b"# ... rest of the code\nx\n", "# ... rest of the code\ny\n", b"# ... rest of the code\ny\n"),
    ],
)
def test_whole_files(before: bytes | None, content: str, after: bytes) -> None:
    assert apply(WholeFile("a.py", content), before) == after


def test_a_heading_that_belongs_to_the_file_comes_back() -> None:
    assert apply(WholeFile("a.py", "x = 2\n", "# a.py"), b"# a.py\nx = 1\n") == b"# a.py\nx = 2\n"
    assert apply(WholeFile("a.py", "x = 2\n", "# a.py"), b"x = 1\n") == b"x = 2\n"


@pytest.mark.parametrize(
    "line",
    [
        "# ... rest unchanged",
        "    # ... existing code ...",
        "// ... existing code ...",
        "# ...",
        "// … remaining methods",
        "/* ... */",
        "<!-- ... rest of the page ... -->",
        "# rest of the code remains the same",
        "// Rest of the file unchanged",
        "# (rest of the class stays the same)",
        "# existing code here",
        "# other functions remain unchanged...",
        "... (rest of the file)",
    ],
)
def test_a_whole_file_that_leaves_code_out_is_refused(line: str) -> None:
    with pytest.raises(NoMatch, match="leaves code out"):
        apply(WholeFile("a.py", f"def f():\n    return 1\n{line}\n"), SOURCE.encode())


@pytest.mark.parametrize(
    "line", ["    ...", "# see the docs...", "# Keep going until 3 dots", "x = 1  # ok", "# the rest is history"]
)
def test_ordinary_lines_are_not_taken_for_left_out_code(line: str) -> None:
    assert apply(WholeFile("a.py", f"def f():\n{line}\n"), SOURCE.encode()) == f"def f():\n{line}\n".encode()


def test_new_deleted_and_renamed_files() -> None:
    files = {"old.py": b"x = 1\n", "gone.py": b"g\n"}
    blocks = [
        Rename("old.py", "new.py"),
        Replace("new.py", "x = 1\n", "x = 2\n"),
        Delete("gone.py"),
        Replace("n.py", "", "n\n"),
    ]
    edits = {edit.path: (edit.before, edit.after) for edit in apply_blocks(blocks, files.get)}
    assert edits == {
        "old.py": (b"x = 1\n", None),
        "new.py": (None, b"x = 2\n"),
        "gone.py": (b"g\n", None),
        "n.py": (None, b"n\n"),
    }


@pytest.mark.parametrize(
    "block",
    [
        Delete("none.py"),
        Rename("none.py", "b.py"),
        Rename("a.py", "taken.py"),
        Rename("a.py", "a.py"),
        Replace("bin", "a\n", "b\n"),
    ],
)
def test_impossible_file_operations_are_refused(block: Block) -> None:
    with pytest.raises(EditError):
        apply_blocks([block], {"a.py": b"x\n", "taken.py": b"t\n", "bin": b"\0\1a\n"}.get)


@pytest.mark.parametrize(
    ("search", "replace", "after"),
    [
        ("a + b", "a - b", b"return a - b\n"),
        ("a + b\n", "a - b\n", b"return a - b\n"),
        ("return a + b", "return 1", b"return 1\n"),
    ],
)
def test_a_structured_edit_may_name_a_part_of_a_line(search: str, replace: str, after: bytes) -> None:
    assert apply(Replace("a.py", search, replace, inline=True), b"return a + b\n") == after


def test_a_marked_block_never_matches_inside_a_line() -> None:
    with pytest.raises(NoMatch):
        change("x = 1\n", "x = 2\n", "max = 100\nmax = 1\n")


def test_a_diff_without_context_goes_to_its_line() -> None:
    reply = "```diff\n--- a/a.py\n+++ b/a.py\n@@ -1,0 +2,1 @@\n+new\n```"
    (edit,) = apply_blocks(parse_reply(reply), {"a.py": b"one\ntwo\n"}.get)
    assert edit.after == b"one\nnew\ntwo\n"


MODULE = """\
import os

LIMIT = 3


def first(x):
    return x


class Box:
    def get(self):
        return 1

    def put(self, x):
        return x


def last(x):
    return -x
"""


@pytest.mark.parametrize(
    ("content", "old", "new"),
    [
        ("def first(x):\n    return x + 1\n", "return x\n\n\nclass", "return x + 1\n\n\nclass"),
        ("import os\n\n\ndef first(x):\n    return x + 1\n", "return x\n\n\nclass", "return x + 1\n\n\nclass"),
        ("def get(self):\n    y = 2\n    return y\n", "        return 1\n", "        y = 2\n        return y\n"),
        ("    def get(self):\n        return 2\n", "        return 1\n", "        return 2\n"),
        (
            "@cache\ndef last(x):\n    return x\n",
            "def last(x):\n    return -x\n",
            "@cache\ndef last(x):\n    return x\n",
        ),
    ],
)
def test_a_whole_file_that_is_one_function_takes_that_function_s_place(content: str, old: str, new: str) -> None:
    assert apply(WholeFile("a.py", content), MODULE.encode()) == MODULE.replace(old, new).encode()


def test_an_excerpt_that_cannot_be_placed_is_refused_with_what_it_lacks() -> None:
    with pytest.raises(NoMatch, match="lacks Box, last"):
        apply(WholeFile("a.py", "LIMIT = 4\n\n\ndef first(x):\n    return x\n"), MODULE.encode())


def test_a_rename_is_no_excerpt() -> None:
    content = MODULE.replace("def last", "def final")
    assert apply(WholeFile("a.py", content), MODULE.encode()) == content.encode()
