"""Every operator carries its own examples: what stands before, and what it must be able to make of it."""

from __future__ import annotations

import pytest

from aion_r.tools.search_repair.model import apply
from aion_r.tools.search_repair.trees.generator import propose
from aion_r.tools.search_repair.trees.grammar import grammar_for
from aion_r.tools.search_repair.trees.operators import OPERATORS
from aion_r.tools.search_repair.trees.tree import Tree

PATHS = {"javascript": "m.js", "typescript": "m.ts", "go": "m.go", "rust": "m.rs"}
EXAMPLES = [
    (language, operator.name, before, after)
    for operator in OPERATORS
    for language in PATHS
    for before, after in operator.examples.get(language.replace("typescript", "javascript"), ())
]


def parsed(language: str, text: str) -> Tree:
    tree = Tree.parse(PATHS[language], text, grammar_for(language))
    assert tree is not None
    return tree


def proposals(language: str, before: str, name: str) -> list[str]:
    doubt = dict.fromkeys(range(1, before.count("\n") + 2), 1.0)
    return [apply(before, c.splices) for c in propose(parsed(language, before), doubt) if c.operator == name]


@pytest.mark.parametrize(("language", "name", "before", "after"), EXAMPLES)
def test_an_operator_makes_its_own_examples(language: str, name: str, before: str, after: str) -> None:
    assert not parsed(language, before).root.broken
    assert not parsed(language, after).root.broken
    assert after in proposals(language, before, name)


@pytest.mark.parametrize(("language", "name", "before", "after"), EXAMPLES)
def test_an_operator_never_proposes_what_is_there(language: str, name: str, before: str, after: str) -> None:
    assert before != after
    assert before not in proposals(language, before, name)


@pytest.mark.parametrize("family", ["javascript", "go", "rust"])
def test_every_language_has_a_broad_set_of_operators(family: str) -> None:
    assert sum(family in operator.examples for operator in OPERATORS) >= 25


def test_operators_have_distinct_names_and_weights_in_range() -> None:
    assert len({o.name for o in OPERATORS}) == len(OPERATORS)
    assert all(0 < o.weight <= 1 for o in OPERATORS)
