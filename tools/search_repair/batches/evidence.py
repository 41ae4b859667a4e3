"""Where the fault may be, line by line, from what the failures say and from what their tests ran, if that is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from ....core.domain import TestFailure
from ...localize import Spectrum, suspects
from ...localize.coverage import Suspicion, normalised, with_frames
from ..job import SearchJob
from ..model import Evidence, Raised

_MOST_FILES = 12
_MOST_ERRORS = 50
_NOT_RUN = 0.2
"""What is left of a line that no failing test ran, where that was measured."""
_BY_LINE = 0.6
"""The part of a measured line's score that its coefficient decides."""


def evidence_of(job: SearchJob, root: Path, failing: Sequence[TestFailure], texts: Mapping[str, str]) -> Evidence:
    """What ``failing`` say of the project, which reads as ``texts`` where it was changed."""

    def read(path: str) -> bytes | None:
        return texts[path].encode("utf-8", "surrogateescape") if path in texts else job.read(path)

    changed = [path for path in texts if job.read(path) != read(path)]
    spectrum = job.spectrum(changed)
    ranked = suspects(root, job.language, failing, job.may_edit, read, spectrum)
    scores: Suspicion = {}
    for suspect in ranked:
        lines = scores.setdefault(suspect.file, {})
        for line in range(suspect.line, suspect.end_line + 1):
            lines[line] = max(lines.get(line, 0.0), suspect.score)
    if spectrum is not None:
        scores = {path: _measured(path, lines, spectrum) for path, lines in scores.items()}
    errors = tuple(_raised(failure, job.may_edit) for failure in failing[:_MOST_ERRORS])
    return Evidence(errors, _foremost(_on_stacks(scores, errors)))


def _measured(path: str, lines: Mapping[int, float], spectrum: Spectrum) -> dict[int, float]:
    if path not in spectrum.loaded:
        return dict(lines)
    counts = spectrum.files.get(path, {})
    return {line: score * _weight(counts.get(line), spectrum) for line, score in lines.items()}


def _weight(counts: tuple[int, int] | None, spectrum: Spectrum) -> float:
    if counts is None or not counts[0]:
        return _NOT_RUN
    return 1 - _BY_LINE + _BY_LINE * counts[0] / math.sqrt(spectrum.failed * sum(counts))


def _on_stacks(scores: Suspicion, errors: Iterable[Raised]) -> Suspicion:
    """Raise the lines of suspicious functions that stand on stacks. A stack tells nothing of others: of a source file's
    own tests, say."""
    stacks = [[(file, line) for file, line, _ in error.frames if line in scores.get(file, {})] for error in errors]
    return with_frames(normalised(scores), [stack for stack in stacks if stack])


def _foremost(scores: Suspicion) -> Suspicion:
    ranked = sorted(scores, key=lambda path: (-max(scores[path].values(), default=0.0), path))
    return {path: scores[path] for path in ranked[:_MOST_FILES]}


def _raised(failure: TestFailure, may_edit: Callable[[str], bool]) -> Raised:
    frames = tuple(
        (frame.file, frame.line, frame.function or "") for frame in failure.stack if frame.line and may_edit(frame.file)
    )
    values = [f"expected: {failure.expected}"] if failure.expected is not None else []
    values += [f"actual: {failure.actual}"] if failure.actual is not None else []
    return Raised(failure.assertion_type or "", "\n".join([failure.message, *values]), frames)
