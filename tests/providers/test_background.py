"""The loop behind the calls that are not async."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator

import pytest

from aion_r.providers import background


async def add(left: int, right: int) -> int:
    await asyncio.sleep(0)
    return left + right


async def count(to: int) -> AsyncIterator[int]:
    for number in range(to):
        yield number
    if to > 5:
        raise ValueError("too far")


def test_results_and_errors_come_back() -> None:
    assert background.run(add(1, 2)) == 3
    assert list(background.iterate(count(3))) == [0, 1, 2]
    got = []
    with pytest.raises(ValueError, match="too far"):
        got.extend(background.iterate(count(7)))
    with pytest.raises(TypeError):
        background.run(add(1, "2"))


def test_it_works_inside_a_running_loop_as_in_a_notebook() -> None:
    async def cell() -> int:
        return background.run(add(20, 22))

    assert asyncio.run(cell()) == 42


@pytest.mark.skipif(sys.platform == "win32", reason="no fork there")
def test_a_forked_child_gets_a_loop_of_its_own() -> None:
    background.run(add(1, 1))
    child = os.fork()
    if not child:
        signal.alarm(10)  # a child without a loop would wait for ever
        code = 1
        try:
            code = 0 if background.run(add(1, 2)) == 3 else 1
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
