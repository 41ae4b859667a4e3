"""Who rests, and for how long."""

from __future__ import annotations

from math import inf

import pytest

from aion_r.core.domain import ErrorKind
from aion_r.core.errors import ProviderError
from aion_r.providers.cooldown import LONGEST_REST, Cooldown


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cooldown(clock: Clock) -> Cooldown:
    return Cooldown(clock=clock, jitter=lambda: 1.0)


def error(kind: ErrorKind, retry_after: float | None = None) -> ProviderError:
    return ProviderError(kind, "why", retry_after=retry_after)


@pytest.mark.parametrize(("asked", "rest"), [(7.0, 7.0), (0.0, 1.0), (0.5, 1.0), (1e9, LONGEST_REST)])
def test_retry_after_is_honoured_within_reason(cooldown: Cooldown, clock: Clock, asked: float, rest: float) -> None:
    cooldown.failed("leg", error(ErrorKind.RATE_LIMITED, asked))
    assert cooldown.remaining("leg") == (rest, "why")
    clock.now += rest
    assert cooldown.remaining("leg")[0] == 0


def test_failures_in_a_row_lengthen_the_rest_up_to_a_limit(cooldown: Cooldown) -> None:
    rests = []
    for _ in range(12):
        cooldown.failed("leg", error(ErrorKind.SERVER_ERROR))
        rests.append(cooldown.remaining("leg")[0])
    assert rests[:4] == [1, 2, 4, 8]
    assert rests[-1] == LONGEST_REST


def test_success_forgets(cooldown: Cooldown) -> None:
    for _ in range(3):
        cooldown.failed("leg", error(ErrorKind.TIMEOUT))
    cooldown.succeeded("leg")
    assert cooldown.remaining("leg")[0] == 0
    cooldown.failed("leg", error(ErrorKind.TIMEOUT))
    assert cooldown.remaining("leg")[0] == 1


@pytest.mark.parametrize("kind", [ErrorKind.AUTH, ErrorKind.MODEL_NOT_FOUND, ErrorKind.GONE])
def test_dead_legs_stay_out_and_others_are_not_touched(cooldown: Cooldown, clock: Clock, kind: ErrorKind) -> None:
    cooldown.failed("leg", error(kind))
    clock.now += 1e9
    assert cooldown.remaining("leg")[0] == inf
    assert cooldown.remaining("other")[0] == 0


@pytest.mark.parametrize("kind", [ErrorKind.BAD_ANSWER, ErrorKind.BAD_REQUEST, ErrorKind.TOO_LARGE])
def test_a_bad_question_or_answer_is_no_reason_to_rest(cooldown: Cooldown, kind: ErrorKind) -> None:
    cooldown.failed("leg", error(kind))
    assert cooldown.remaining("leg")[0] == 0


def test_jitter_keeps_processes_apart() -> None:
    rests = set()
    for _ in range(20):
        cooldown = Cooldown(clock=lambda: 0.0)
        cooldown.failed("leg", error(ErrorKind.SERVER_ERROR))
        rests.add(cooldown.remaining("leg")[0])
    assert len(rests) > 1 and all(1 <= rest <= 1.25 for rest in rests)
