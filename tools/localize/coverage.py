"""Where a bug may be, judged by which lines failing and passing tests ran: Ochiai's coefficient, then the stack.

Source of the formula: Abreu, Zoeteweij, van Gemund, "On the Accuracy of Spectrum-based Fault Localization", 2007.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

Lines = Mapping[str, frozenset[int]]
"""Executed lines (1-based) by project-relative file, of one test."""

Suspicion = dict[str, dict[int, float]]
"""Scores in [0, 1] by file and line."""


_FRAME_BONUS = 0.15
_NEAR_BONUS = 0.1


def ochiai(failing: Sequence[Lines], passing: Sequence[Lines]) -> Suspicion:
    """For each line that a failing test ran: ``ef / sqrt(F * (ef + ep))``."""
    bad, good = _count(failing), _count(passing)
    scores: Suspicion = {}
    for (file, line), ef in bad.items():
        scores.setdefault(file, {})[line] = ef / math.sqrt(len(failing) * (ef + good[file, line]))
    return scores


def normalised(scores: Suspicion) -> Suspicion:
    """The same scores, the highest of them 1."""
    most = max((score for lines in scores.values() for score in lines.values()), default=0.0)
    return (
        {file: {line: score / most for line, score in lines.items()} for file, lines in scores.items()} if most else {}
    )


def with_frames(scores: Suspicion, stacks: Sequence[Sequence[tuple[str, int]]]) -> Suspicion:
    """Raise the lines that stand on the failures' stacks (outermost first, innermost most), and a little those near.

    A stack breaks ties between lines that coverage cannot tell apart; it does not outweigh coverage: a wrong value is
    often made well before it is met.
    """
    raised: Suspicion = {file: dict(lines) for file, lines in scores.items()}
    for stack in stacks:
        for depth, (file, line) in enumerate(reversed(stack)):
            lines = raised.setdefault(file, {})
            lines[line] = max(lines.get(line, 0.0), 0.75) * (1 + _FRAME_BONUS / (1 + depth))
        if stack:
            _favour_near(raised[stack[-1][0]], stack[-1][1])
    return normalised(raised)


def _favour_near(lines: dict[int, float], centre: int) -> None:
    for line, score in lines.items():
        lines[line] = score * (1 + _NEAR_BONUS / (1 + abs(line - centre)))


def _count(runs: Sequence[Lines]) -> Counter[tuple[str, int]]:
    return Counter((file, line) for lines in runs for file, numbers in lines.items() for line in numbers)
