"""The second part of an answer laid over the first."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aion_r.core.domain import Edit
from aion_r.core.errors import NoMatch
from aion_r.tools.edits.apply import Rejected, apply_blocks
from aion_r.tools.edits.blocks import Block, Delete, Rename, Replace, WholeFile
from aion_r.tools.edits.completing import complete

SHOP = """\
def net(price):
    return price


def tax(price):
    return price * 7


def gross(price):
    return net(price)
"""
CART = "def total(prices):\n    return len(prices)\n"
FILES = {"shop.py": SHOP.encode(), "cart.py": CART.encode()}
TAX = Replace("shop.py", "    return price * 7\n", "    return price * 19\n")
GROSS = Replace("shop.py", "    return net(price)\n", "    return net(price) + tax(price)\n")
WRONG = Replace("shop.py", "    return discounted[price]\n", "    return 0\n")
SUM = Replace("cart.py", "    return len(prices)\n", "    return sum(prices)\n")


def first(*blocks: Block) -> tuple[Edit, ...]:
    """What applies of a first answer with one wrong block."""
    with pytest.raises(Rejected) as caught:
        apply_blocks([*blocks, WRONG], FILES.get)
    return caught.value.edits


def both(kept: tuple[Edit, ...], *blocks: Block) -> dict[str, str | None]:
    edits = complete(kept, blocks, FILES.get)
    assert all(edit.before == FILES.get(edit.path) for edit in edits), "against the files as they were shown"
    return {edit.path: None if edit.after is None else edit.after.decode() for edit in edits}


FROM_TAX = SHOP[SHOP.index("def tax") :]
BOTH = SHOP.replace("* 7", "* 19").replace("return net(price)", "return net(price) + tax(price)")
INSERT = Replace("shop.py", "    return price\n", "    price = int(price)\n    return price\n")
INSERTED = SHOP.replace("    return price\n\n", "    price = int(price)\n    return price\n\n")


@pytest.mark.parametrize(
    "second",
    [
        pytest.param([GROSS], id="the rest alone"),
        pytest.param([TAX, GROSS], id="everything once more"),
        pytest.param([Replace("shop.py", FROM_TAX, BOTH[BOTH.index("def tax") :])], id="more lines"),
        pytest.param([WholeFile("shop.py", BOTH)], id="the whole file"),
        pytest.param(
            [Replace("shop.py", FROM_TAX.replace("* 7", "* 19"), BOTH[BOTH.index("def tax") :])],
            id="read on top of the first",
        ),
    ],
)
def test_both_parts_come_out(second: list[Block]) -> None:
    assert both(first(TAX), *second) == {"shop.py": BOTH}


def test_an_insertion_that_is_repeated_is_made_once() -> None:
    wider = Replace(
        "shop.py", "def net(price):\n    return price\n", "def net(price):\n    price = int(price)\n    return price\n"
    )
    for again in (INSERT, wider):
        assert both(first(INSERT), again, GROSS) == {
            "shop.py": INSERTED.replace("return net(price)", "return net(price) + tax(price)")
        }


NET = "    return price\n"
CASTS = "    price = float(price)\n    return price\n"


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        (TAX, Replace("shop.py", "    return price * 7\n", "    return price * 0.07\n"), SHOP.replace("* 7", "* 0.07")),
        (INSERT, Replace("shop.py", NET, CASTS), INSERTED.replace("int", "float")),
        (
            INSERT,
            Replace("shop.py", NET, "    return float(price)\n"),
            SHOP.replace(NET, "    return float(price)\n", 1),
        ),
    ],
)
def test_the_later_word_stands(earlier: Replace, later: Replace, expected: str) -> None:
    assert both(first(earlier, SUM), later) == {
        "shop.py": expected,
        "cart.py": CART.replace("len", "sum"),
    }, "and other files keep what was done to them"


def test_neighbouring_lines_are_different_places() -> None:
    name = Replace("shop.py", "def tax(price):\n", "def tax(price, rate=7):\n")
    edits = both(first(name), TAX)
    assert edits == {"shop.py": SHOP.replace("def tax(price)", "def tax(price, rate=7)").replace("* 7", "* 19")}


def test_files_that_came_went_or_moved_in_the_first_part() -> None:
    kept = first(WholeFile("new.py", "A = 1\n"), Delete("cart.py"))
    assert both(kept, GROSS)["new.py"] == "A = 1\n"
    assert both(kept, GROSS)["cart.py"] is None
    assert both(kept, WholeFile("new.py", "A = 2\n"), SUM) == {
        "new.py": "A = 2\n",
        "cart.py": CART.replace("len", "sum"),
    }
    moved = first(Rename("cart.py", "basket.py"))
    assert both(moved, Replace("basket.py", "len", "sum", inline=True)) == {
        "basket.py": CART.replace("len", "sum"),
        "cart.py": None,
    }


def test_line_endings_and_encodings_stay() -> None:
    odd = {"shop.py": SHOP.replace("\n", "\r\n").encode("utf-16")}
    with pytest.raises(Rejected) as caught:
        apply_blocks([TAX, WRONG], odd.get)
    (edit,) = complete(caught.value.edits, [GROSS], odd.get)
    assert edit.after == BOTH.replace("\n", "\r\n").encode("utf-16")


def test_what_fits_neither_way_is_told_as_of_the_files_shown() -> None:
    with pytest.raises(NoMatch, match="return net\\(price\\)"):
        complete(first(TAX), [WRONG], FILES.get)


@st.composite
def parted(draw: st.DrawFn) -> tuple[str, list[tuple[Replace, str]]]:
    """A file of unlike lines, and replacements of single lines of it, no two of them neighbours."""
    count = draw(st.integers(4, 30))
    lines = [f"line {number} = {draw(st.integers(0, 3))}\n" for number in range(count)]
    places = draw(st.lists(st.integers(0, (count - 1) // 2), unique=True, min_size=2, max_size=6))
    changes = []
    for place in places:
        old = lines[2 * place]
        new = draw(st.sampled_from(["", "new = 1\n", f"{old}more = 2\n", f"less = 3\n{old}", "x = 1\ny = 2\n"]))
        changes.append((Replace("a.txt", old, new), old))
    return "".join(lines), changes


@given(parted(), st.integers(1, 5), st.booleans())
@settings(max_examples=300, deadline=None)
def test_two_parts_are_the_whole(made: tuple[str, list[tuple[Replace, str]]], at: int, repeats: bool) -> None:
    text, changes = made
    blocks = [block for block, _ in changes]
    at = min(at, len(blocks) - 1)
    files = {"a.txt": text.encode()}
    whole = apply_blocks(blocks, files.get)
    earlier = apply_blocks(blocks[:at], files.get)
    assert complete(earlier, blocks if repeats else blocks[at:], files.get) == whole
