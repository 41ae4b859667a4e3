"""What a repair does, in words, and as edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .model import Candidate, apply


def explain(texts: Mapping[str, str], trail: Sequence[Candidate]) -> str:
    """The steps of ``trail``, which begins at ``texts`` (path to text)."""
    steps, now = [], dict(texts)
    for candidate in trail:
        before = now[candidate.path]
        old = " … ".join(_in_one_line(before[s.start : s.end]) for s in candidate.splices)
        new = " … ".join(_in_one_line(s.text) for s in candidate.splices)
        steps.append(f"{candidate.operator} at {candidate.path}:{candidate.line}: `{old}` becomes `{new}`")
        now[candidate.path] = apply(before, candidate.splices)
    return "; then ".join(steps)


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
