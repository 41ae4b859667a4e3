"""Suspicion by coverage and by stacks: who comes first."""

from __future__ import annotations

import math

import pytest

from aion_r.tools.localize.coverage import normalised, ochiai, with_frames


def lines(*numbers: int) -> dict[str, frozenset[int]]:
    return {"m.py": frozenset(numbers)}


def test_ochiai_follows_its_formula() -> None:
    scores = ochiai([lines(1, 2, 3), lines(1, 2)], [lines(1), lines(1, 3)])["m.py"]
    assert scores == pytest.approx({1: 2 / math.sqrt(2 * 4), 2: 1.0, 3: 1 / math.sqrt(2 * 2)})


def test_lines_that_only_passing_tests_ran_are_not_suspicious() -> None:
    assert ochiai([lines(1)], [lines(1, 9)]) == {"m.py": {1: 1 / math.sqrt(2)}}


def test_normalised_scores_keep_their_order_and_end_at_one() -> None:
    assert normalised({"m.py": {1: 0.2, 2: 0.4}}) == {"m.py": {1: 0.5, 2: 1.0}}
    assert normalised({}) == {}


def test_the_innermost_frame_breaks_a_tie_and_near_lines_follow() -> None:
    scores = with_frames({"m.py": {1: 1.0, 8: 1.0, 9: 1.0}}, [[("m.py", 9)]])["m.py"]
    assert sorted(scores, key=lambda line: -scores[line]) == [9, 8, 1]
    assert max(scores.values()) == 1.0


def test_a_frame_without_coverage_counts_as_well() -> None:
    assert with_frames({}, [[("a.py", 3), ("b.py", 5)]]).keys() == {"a.py", "b.py"}


def test_a_stack_does_not_outweigh_coverage() -> None:
    scores = with_frames({"m.py": {1: 1.0, 50: 0.3}}, [[("m.py", 50)]])["m.py"]
    assert scores[1] >= scores[50]
