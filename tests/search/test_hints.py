"""What failed assertions tell about their repair, and what a change cuts off."""

from __future__ import annotations

import pytest

from aion_r.tools.search_repair.losses import lost_lines
from aion_r.tools.search_repair.model import Raised, Splice
from aion_r.tools.search_repair.python.hints import Hints


@pytest.mark.parametrize(
    ("message", "fitting", "other"),
    [
        ("assert 'Ab' == 'ab'", ".lower()", ".strip()"),
        ("assert [2, 1] == [1, 2]", "reverse=True", "items"),
        ("assert 3 == -3", "-x", "x.y"),
        ("assert (1,) == [1]", "list(x)", "x.y"),
    ],
)
def test_a_message_favours_what_would_mend_it(message: str, fitting: str, other: str) -> None:
    hints = Hints.of((Raised("AssertionError", message),))
    assert hints.fit((Splice(0, 0, fitting),)) > hints.fit((Splice(0, 0, other),)) == 1.0


def test_a_message_that_compares_nothing_favours_nothing() -> None:
    assert Hints.of((Raised("KeyError", "'a'"),)).fit((Splice(0, 0, ".lower()"),)) == 1.0


def test_lines_that_no_test_runs_any_more_are_lost() -> None:
    before, after = "a()\nb()\n", "if x:\n    a()\nb()\n"
    ran = [{"m.py": frozenset({1, 2})}]
    assert lost_lines({"m.py": before}, {"m.py": after}, ["m.py"], ran, [{"m.py": frozenset({1, 3})}]) == 1
    assert lost_lines({"m.py": before}, {"m.py": after}, ["m.py"], ran, [{"m.py": frozenset({1, 2, 3})}]) == 0
