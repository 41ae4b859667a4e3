"""Human approval: what somebody is asked before a patch is written, and what they may answer.

The question, a ``Question`` as JSON types, is what the graph's ``interrupt()`` carries, what the event ``approval`` has
and what REST and Studio show::

    {"run_id": "…", "question": 1, "patch": "unified diff", "paths": ["cart.py"],
     "repairs": ["test_cart.py::test_total"], "complete": true, "verdict": "plausible",
     "suspicious": [], "explanation": "…", "problem": ""}

The answer, a ``Decision``, is one of::

    {"action": "accept"}                            write it
    {"action": "reject"}                            the run ends, ``rejected``; the project is untouched
    {"action": "reject", "reason": "use a loop"}    the reason goes to the model, and the loop goes on within its limits
    {"action": "edit", "patch": "unified diff"}     this instead: it is guarded and tested, and written if it holds

``question`` may stand in an answer: it then counts for that question alone. Every question is answered once; a run's
next one has the next number. An edited patch that does not apply, touches what no fix may touch, or is not as good as
the one that was shown, is not written: the next question shows the patch again, and ``problem`` says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from .codec import load
from .errors import UsageError

_KEYS = frozenset({"action", "reason", "patch", "question"})
REASON_LONGEST = 4000
"""Characters of a reason: it goes into a prompt and into the checkpoint."""


class Action(StrEnum):
    """What a decision does with the patch."""

    ACCEPT = "accept"
    REJECT = "reject"
    EDIT = "edit"


@dataclass(frozen=True, slots=True)
class Question:
    """Whether a patch may be written. ``question`` numbers the questions of a run, from 1.

    ``patch`` is a unified diff against the project as it is now, ``repairs`` are tests that it turns green (the first
    20). ``complete``: all tests pass with it; else it is the best of a run that did not get there. ``suspicious`` says
    why it may please the tests without mending anything, ``problem`` why the last answer did not settle it.
    """

    run_id: str
    question: int
    patch: str
    paths: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    complete: bool = True
    verdict: str = "plausible"
    suspicious: tuple[str, ...] = ()
    explanation: str = ""
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON types."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Question:
        """The inverse of ``to_dict``."""
        return load(cls, dict(data))


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer. ``reason`` is for ``reject``, ``patch`` (a unified diff) for ``edit``; ``question`` 0 means whichever
    is open."""

    action: Action
    reason: str = ""
    patch: str = ""
    question: int = 0

    @classmethod
    def of(cls, given: Any) -> Decision:
        """From a decision, a mapping of the shape above, or ``True`` and ``False``. Raises ``UsageError``."""
        if isinstance(given, Decision):
            return given
        if isinstance(given, bool):
            return cls(Action.ACCEPT if given else Action.REJECT)
        if not isinstance(given, Mapping) or given.get("action") not in list(Action):
            raise UsageError(
                'a decision is {"action": "accept"}, "reject" (with a "reason") or "edit" (with a "patch").'
            )
        if unknown := sorted(str(name) for name in given.keys() - _KEYS):
            raise UsageError(f"a decision has no {', '.join(unknown)}: give action, reason, patch, question.")
        return cls._checked(given)

    @classmethod
    def _checked(cls, given: Mapping[str, Any]) -> Decision:
        action, reason, patch = Action(given["action"]), given.get("reason") or "", given.get("patch") or ""
        question = given.get("question") or 0
        if not isinstance(reason, str) or not isinstance(patch, str):
            raise UsageError("the reason and the patch of a decision are text.")
        if not isinstance(question, int) or question < 0:
            raise UsageError("the question of a decision is its number.")
        if action is Action.EDIT and not patch.strip():
            raise UsageError('"edit" needs a "patch": the unified diff as it should be.')
        if action is not Action.EDIT and patch:
            raise UsageError(f'"{action}" takes no "patch": "edit" does.')
        if action is not Action.REJECT and reason:
            raise UsageError(f'"{action}" takes no "reason": "reject" does.')
        return cls(action, reason.strip()[:REASON_LONGEST], patch, question)

    def to_dict(self) -> dict[str, Any]:
        """As JSON types."""
        return asdict(self) | {"action": str(self.action)}
