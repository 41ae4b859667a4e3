"""The error tree. Whatever leaves this package is one of these; ``exit_code`` is the contract's.

::

    AionError                       1
    ├── UsageError                  2   wrong option, path, setting: the message says what to do
    │   ├── ProjectBusy             2   another run holds this project
    │   └── NotWaiting              2   an answer to a question that is not open (any more)
    ├── TestsNotRun                 3   nothing collected, toolchain or dependency missing
    ├── EditError                   1   an answer that holds no usable edit
    │   ├── NoEdit                      nothing in it is an edit
    │   ├── NoMatch                     the search text is not in the file (carries the nearest lines)
    │   └── Forbidden                   a path that fixes may not touch
    ├── Conflict                    1   the project changed under the run: nothing was overwritten
    └── ProviderError               1   one call to one leg failed (kind, status, message)
        ├── OverBudget                  not sent: at worst it costs more than the budget has left
        └── AllProvidersFailed          no leg answered (carries every leg's record); 4 for want of budget
"""

from __future__ import annotations

from .domain import CallError, CallRecord, Edit, ErrorKind


class AionError(RuntimeError):
    """Root of everything this package raises. LangGraph's server shows the words of a ``RuntimeError``, and hides those
    of exceptions that it does not know."""

    exit_code = 1


class UsageError(AionError):
    """A wrong option, path or setting."""

    exit_code = 2


class ProjectBusy(UsageError):
    """Another run is at work on the same project."""


class NotWaiting(UsageError):
    """A decision for a run that waits for none, or for a question that has been answered."""


class TestsNotRun(AionError):
    """The tests could not be run; nobody was asked for a fix."""

    __test__ = False
    exit_code = 3


class EditError(AionError):
    """An answer holds no usable edit. The message is written for its author, human or model.

    ``edits`` are what other parts of the same answer do make: these need not be asked for again.
    """

    edits: tuple[Edit, ...] = ()


class NoEdit(EditError):
    """Nothing in the answer is an edit."""


class NoMatch(EditError):
    """A search text is not in its file; the message carries the nearest lines."""


class Forbidden(EditError):
    """The edit touches a path that fixes may not touch."""


class Conflict(AionError):
    """The project changed under the run; nothing was overwritten."""


class ProviderError(AionError):
    """One call to one leg failed."""

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        provider: str = "",
        model: str = "",
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.provider = provider
        self.model = model
        self.status = status
        self.retry_after = retry_after
        """Seconds that the service asks to be left alone, where it said so."""

    def record(self) -> CallError:
        """The same as a plain record."""
        return CallError(self.kind, str(self), self.status)


class OverBudget(ProviderError):
    """A call that was not made: at worst it costs more than is left of the budget."""


class AllProvidersFailed(ProviderError):
    """No leg answered; ``records`` has what each one said. ``over_budget``: a call was not made for want of budget."""

    def __init__(self, records: tuple[CallRecord, ...], over_budget: bool = False) -> None:
        lines = [f"{r.provider}: {r.error.message}" for r in records if r.error]
        super().__init__(ErrorKind.UNREACHABLE, "no provider answered: " + ("; ".join(lines) or "none is configured"))
        self.records = records
        self.over_budget = over_budget
        if over_budget:
            self.exit_code = 4
