"""What a repair does, in words, and as edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .model import Candidate, apply


def explain(texts: Mapping[str, str], trail: Sequence[Candidate]) -> str:
    """The steps of ``trail``, which begins at ``texts`` (path to text)."""
    steps, now = [], dict(texts)
    for candidate in trail:
        before = now[candidate.path]
        old = " … ".join(before[s.start : s.end].strip() for s in candidate.splices)
        new = " … ".join(s.text.strip() for s in candidate.splices)
        steps.append(f"{candidate.operator} at {candidate.path}:{candidate.line}: `{old}` becomes `{new}`")
        now[candidate.path] = apply(before, candidate.splices)
    return "; then ".join(steps)
