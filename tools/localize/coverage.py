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


def ochiai(failing: Sequence[Lines], passing: Sequence[Lines]) -> Suspicion:
    """For each line that a failing test ran: ``ef / sqrt(F * (ef + ep))``."""
    bad, good = _count(failing), _count(passing)
    scores: Suspicion = {}
    for (file, line), ef in bad.items():
        scores.setdefault(file, {})[line] = ef / math.sqrt(len(failing) * (ef + good[file, line]))
    return scores


def with_frames(scores: Suspicion, stacks: Sequence[Sequence[tuple[str, int]]]) -> Suspicion:
    """Raise the lines that stand on the failures' stacks (outermost first); the innermost counts in full.

    Lines near the innermost frame break ties between lines that coverage cannot tell apart.
    """
    raised: Suspicion = {file: dict(lines) for file, lines in scores.items()}
    for stack in stacks:
        for depth, (file, line) in enumerate(reversed(stack)):
            lines = raised.setdefault(file, {})
            lines[line] = max(lines.get(line, 0.0), 0.95**depth * (1.0 if depth == 0 else 0.8))
        if stack:
            _favour_near(raised.get(stack[-1][0], {}), stack[-1][1])
    return raised


def _favour_near(lines: dict[int, float], centre: int) -> None:
    for line, score in lines.items():
        lines[line] = min(1.0, score * (1 + 0.08 / (1 + abs(line - centre))))


def _count(runs: Sequence[Lines]) -> Counter[tuple[str, int]]:
    return Counter((file, line) for lines in runs for file, numbers in lines.items() for line in numbers)
