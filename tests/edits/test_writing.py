"""A patch written as an answer is, read again, the same patch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aion_r.core.domain import Edit, Patch
from aion_r.core.errors import NoEdit
from aion_r.tools.edits.apply import apply_blocks
from aion_r.tools.edits.reply import parse_reply
from aion_r.tools.edits.writing import as_reply

SHOP = "def total(prices):\n    result = 0\n    for price in prices:\n        result -= price\n    return result\n"
FIXED = SHOP.replace("-=", "+=")


def patch(before: str | None, after: str | None, path: str = "cart.py") -> Patch:
    return Patch((Edit(path, *(None if text is None else text.encode() for text in (before, after))),))


def read_back(text: str, original: Patch) -> Patch:
    files = {edit.path: edit.before for edit in original.edits}
    return Patch(apply_blocks(parse_reply(text, known=tuple(files)), files.get))


def test_a_small_change_is_one_search_block() -> None:
    written = as_reply(patch(SHOP, FIXED))
    assert written == (
        "cart.py\n```\n<<<<<<< SEARCH\n        result -= price\n=======\n        result += price\n>>>>>>> REPLACE\n```"
    )


def test_a_line_that_stands_twice_gets_its_neighbours() -> None:
    twice = "a = 1\nx = 0\nb = 2\nc = 3\nx = 0\nd = 4\ne = 5\nf = 6\n"
    change = patch(twice, twice.replace("c = 3\nx = 0", "c = 3\nx = 1"))
    written = as_reply(change)
    assert "c = 3\nx = 0\nd = 4\n=======" in written
    assert read_back(written, change) == change


@pytest.mark.parametrize(
    "change",
    [
        patch(None, "new = True\n", "sub/new.py"),
        patch(SHOP, "entirely = 'different'\n"),
        patch(SHOP.replace("\n", "\r\n"), FIXED.replace("\n", "\r\n")),
        patch(SHOP, "import os\n" + SHOP),
        patch(SHOP, SHOP + "\n\ndef more():\n    return '```'\n"),
        patch("a\n" * 30, "a\n" * 31),
        Patch((*patch(SHOP, FIXED).edits, *patch("x = 1\n", "x = 2\n", "other.py").edits)),
    ],
)
def test_it_reads_back(change: Patch) -> None:
    assert read_back(as_reply(change), change) == change


@pytest.mark.parametrize(
    "change", [Patch(), patch(SHOP, None), patch("a\0b", "a\0c"), patch("x\n", "<<<<<<< SEARCH\n=======\n")]
)
def test_what_cannot_be_written_says_so(change: Patch) -> None:
    with pytest.raises(NoEdit):
        as_reply(change)


lines = st.lists(st.sampled_from(["a", "b", "    c", "", "def f():", "```", "======="]), max_size=8)


@given(lines, lines)
def test_whatever_is_written_reads_back(before: list[str], after: list[str]) -> None:
    change = patch("".join(f"{line}\n" for line in before), "".join(f"{line}\n" for line in after))
    try:
        written = as_reply(change)
    except NoEdit:
        return
    assert read_back(written, change) == change
