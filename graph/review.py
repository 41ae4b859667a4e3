"""Doubts about the patches that answer one request: told to their author once, and kept with what is done anyway."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..core.domain import CallRecord, FixRequest, Patch, Proposal, Strategy
from ..core.errors import NoEdit
from ..tools.suspicion.judging import suspicions
from ..tools.suspicion.literals import Evidence

_DOUBT = "This looks as if it were written to please the tests"


@dataclass
class Review:
    """Judges patches by the failing ``tests``. At most ``most`` are sent back; the first of these is ``held``, for the
    case that nothing better comes."""

    tests: Evidence
    most: int = 1
    held: Patch | None = None
    _doubted: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, request: FixRequest, most: int = 1) -> Review:
        """For the answers to ``request``."""
        return cls(Evidence.of(request.failures, request.tests), most)

    def why(self, patch: Patch) -> tuple[str, ...]:
        """What is doubtful about ``patch``."""
        return suspicions(patch.edits, self.tests)

    def doubt(self, patch: Patch) -> None:
        """Raises ``NoEdit`` for a doubtful patch, for which another answer should be asked first."""
        if len(self._doubted) >= self.most or patch.id in self._doubted or not (why := self.why(patch)):
            return
        self._doubted.append(patch.id)
        self.held = self.held or patch
        raise NoEdit(
            f"{_DOUBT}: {'; '.join(why)}. Mend the cause, for every input and not only for those of the tests. "
            "If this is how the code must be, answer the same again."
        )

    def marked(self, proposal: Proposal) -> Proposal:
        """``proposal`` with what is doubtful about it."""
        return replace(proposal, suspicious=self.why(proposal.patch))

    def kept(self, calls: list[CallRecord]) -> Proposal | None:
        """What was sent back, now that nobody has anything else, as the answer of the call that brought it."""
        if self.held is None:
            return None
        call = next((call for call in calls if call.error and _DOUBT in call.error.message), calls[0])
        return self.marked(Proposal(self.held, Strategy.LLM, call.provider, call.model))
