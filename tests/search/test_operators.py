"""Every operator carries its own examples: what stands before, and what it must be able to make of it."""

from __future__ import annotations

import ast

import pytest

from aion_r.tools.search_repair.model import apply
from aion_r.tools.search_repair.python.generator import propose
from aion_r.tools.search_repair.python.operators import OPERATORS
from aion_r.tools.search_repair.python.source import Source

EXAMPLES = [(operator.name, before, after) for operator in OPERATORS for before, after in operator.examples]


def proposals(before: str, name: str) -> list[str]:
    source = Source.parse("m.py", before)
    assert source is not None
    doubt = dict.fromkeys(range(1, before.count("\n") + 2), 1.0)
    return [apply(before, c.splices) for c in propose(source, doubt) if c.operator == name]


@pytest.mark.parametrize(("name", "before", "after"), EXAMPLES)
def test_an_operator_makes_its_own_examples(name: str, before: str, after: str) -> None:
    ast.parse(after)
    assert after in proposals(before, name)


@pytest.mark.parametrize(("name", "before", "after"), EXAMPLES)
def test_an_operator_never_proposes_what_is_there(name: str, before: str, after: str) -> None:
    assert before != after
    assert before not in proposals(before, name)


def test_operators_have_distinct_names_and_weights_in_range() -> None:
    assert len({o.name for o in OPERATORS}) == len(OPERATORS)
    assert all(0 < o.weight <= 1 for o in OPERATORS)
