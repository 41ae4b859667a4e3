"""A request for a fix, and a reader of answers, for tests that need any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aion_r.core.domain import CallRecord, Edit, FixRequest, Patch, SourceFile, StackFrame, TestFailure
from aion_r.core.errors import NoEdit
from aion_r.core.settings import Environment, read_environment
from aion_r.providers.chain import FixChain
from aion_r.providers.clients import CallOptions
from aion_r.providers.cooldown import Cooldown
from aion_r.providers.registry import configured

SOURCE = '''\
"""Prices of a basket."""

DISCOUNT_FROM = 100


def total(prices):
    """Sum of all prices, 10 % off from DISCOUNT_FROM on."""
    amount = 0
    for price in prices:
        amount += price
    if amount > DISCOUNT_FROM:
        amount = amount * 90 // 100
    return amount


'''

REQUEST = FixRequest(
    language="python",
    framework="pytest",
    failures=(
        TestFailure(
            "tests/test_basket.py::test_discount_starts_at_the_limit",
            file="tests/test_basket.py",
            line=9,
            message="assert 100 == 90\n +  where 100 = total([60, 40])",
            assertion_type="assert ==",
            expected="90",
            actual="100",
            stack=(StackFrame("tests/test_basket.py", 9, "test_discount_starts_at_the_limit"),),
        ),
    ),
    sources=(SourceFile("basket.py", SOURCE),),
    tests=(
        SourceFile(
            "tests/test_basket.py",
            "from basket import total\n\n\ndef test_small():\n    assert total([1, 2]) == 3\n\n\n"
            "def test_discount_starts_at_the_limit():\n    assert total([60, 40]) == 90\n",
        ),
    ),
)

FIX = """The limit itself must get the discount.

basket.py
```
<<<<<<< SEARCH
    if amount > DISCOUNT_FROM:
=======
    if amount >= DISCOUNT_FROM:
>>>>>>> REPLACE
```"""

PATCH = Patch((Edit("basket.py", SOURCE.encode(), SOURCE.replace(" > ", " >= ").encode()),))


def read(answer: str) -> Patch:
    """``PATCH`` for ``FIX``, else ``NoEdit``."""
    if ">= DISCOUNT_FROM" not in answer:
        raise NoEdit("no edit was found; the nearest lines are:\n    if amount > DISCOUNT_FROM:")
    return PATCH


def environment_of(variables: Mapping[str, str]) -> Environment:
    """An environment of nothing but ``variables``."""
    return read_environment(environ=dict(variables))


def chain_of(variables: Mapping[str, str], records: list[CallRecord] | None = None, **given: Any) -> FixChain:
    """A chain over what ``variables`` configure, with a health of its own and an account in ``records``. ``read`` gets
    the answer alone."""
    environment = environment_of(variables)
    settings: dict[str, Any] = {"read": read, "cooldown": Cooldown(), "options": CallOptions(patience=0, timeout=5.0)}
    settings |= given
    reader = settings.pop("read")
    notes = [] if records is None else records
    return FixChain(
        configured(environment),
        read=lambda answer, objection: reader(answer),
        on_call=notes.append,
        environment=environment,
        **settings,
    )
