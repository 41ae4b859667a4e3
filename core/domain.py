"""Frozen records that every floor speaks: what a test run said, where a bug may be, what a patch is, what a call cost.

Paths in records are relative to the project and use ``/``. Durations are seconds unless a name says otherwise.
All records are plain data: ``core.codec`` turns each one into JSON types and back without loss.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from .display import Drawn


class RunOutcome(StrEnum):
    """Whether a suite ran at all, apart from what it said. Only ``COMPLETED`` can mean green."""

    COMPLETED = "completed"
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"
    NO_TESTS = "no_tests"
    BUILD_FAILED = "build_failed"


class Verdict(StrEnum):
    """What validation says of a candidate. ``PLAUSIBLE`` passes the tests at hand; nobody calls it correct."""

    PLAUSIBLE = "plausible"
    STILL_FAILING = "still_failing"
    REGRESSED = "regressed"
    NOT_APPLICABLE = "not_applicable"


class Outcome(StrEnum):
    """How a repair run ended."""

    ALREADY_GREEN = "already_green"
    REPAIRED = "repaired"
    NOT_REPAIRED = "not_repaired"
    LIMIT = "limit"
    ERROR = "error"


class Strategy(StrEnum):
    """Who wrote a fix: a language model or the offline search."""

    LLM = "llm"
    OFFLINE = "offline"


class ErrorKind(StrEnum):
    """What went wrong with one call to a provider (contract: ``error.kind``)."""

    RATE_LIMITED = "rate_limited"
    AUTH = "auth"
    MODEL_NOT_FOUND = "model_not_found"
    GONE = "gone"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    SERVER_ERROR = "server_error"
    BAD_REQUEST = "bad_request"
    BAD_ANSWER = "bad_answer"
    TOO_LARGE = "too_large"
    COOLING_DOWN = "cooling_down"


@dataclass(frozen=True, slots=True)
class StackFrame:
    """One frame of a failure's stack. ``file`` is project-relative where it lies in the project, else absolute."""

    file: str
    line: int | None = None
    function: str | None = None


@dataclass(frozen=True, slots=True)
class TestFailure:
    """One failing test. ``test_id`` is what the framework itself accepts to select exactly that test.

    ``assertion_type`` is the framework's own word (``assert ==``, ``assertEqual``, ``toBe``, an exception's class);
    ``stack`` runs from the test inwards, the innermost frame last.
    """

    __test__: ClassVar[bool] = False

    test_id: str
    file: str | None = None
    line: int | None = None
    message: str = ""
    assertion_type: str | None = None
    expected: str | None = None
    actual: str | None = None
    stack: tuple[StackFrame, ...] = ()
    output: str = ""


@dataclass(frozen=True, slots=True)
class TestReport(Drawn):
    """What one run of a suite said. Counts are the framework's own; ``message`` tells why a run did not complete.

    ``passed_ids`` and ``skipped_ids`` guard against regressions and vanished tests; the contract's document omits them.
    """

    __test__: ClassVar[bool] = False

    framework: str
    outcome: RunOutcome
    total_tests: int = 0
    passed_tests: int = 0
    failed_tests: int = 0
    error_tests: int = 0
    skipped_tests: int = 0
    duration_ms: float = 0.0
    coverage: dict[str, Any] | None = None
    failures: tuple[TestFailure, ...] = ()
    passed_ids: tuple[str, ...] = ()
    skipped_ids: tuple[str, ...] = ()
    message: str = ""

    @property
    def failing(self) -> int:
        """The number that a repair drives to zero: failed tests plus errors."""
        return self.failed_tests + self.error_tests

    @property
    def all_passed(self) -> bool:
        """True only for a completed run in which something passed and nothing failed."""
        return self.outcome is RunOutcome.COMPLETED and self.failing == 0 and self.passed_tests > 0


@dataclass(frozen=True, slots=True)
class Suspect:
    """A place that fault localization ranks: ``score`` in [0, 1], lines 1-based and inclusive."""

    file: str
    line: int
    end_line: int
    function: str | None = None
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as a prompt shows it: its whole text, or from ``first_line`` on an excerpt of it."""

    path: str
    text: str
    first_line: int = 1
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Edit:
    """One file's change: its bytes before and after. ``None`` means that the file is not there."""

    __pydantic_config__: ClassVar[Any] = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}

    path: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Patch:
    """Edits that belong together, always against the project as it was at the start of the run. At most one a path."""

    edits: tuple[Edit, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The files it touches, sorted."""
        return tuple(sorted(edit.path for edit in self.edits))

    @property
    def id(self) -> str:
        """A content hash: equal patches have equal ids. The empty patch has the empty id."""
        if not self.edits:
            return ""
        digest = hashlib.sha256()
        for edit in sorted(self.edits, key=lambda e: e.path):
            digest.update(f"{edit.path}\0{edit.after is None}\0{len(edit.after or b'')}\0".encode())
            digest.update(edit.after or b"")
        return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and money. ``cost_usd`` is ``None`` where the model's price is unknown; unknown never counts as zero."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0

    def __add__(self, other: Usage) -> Usage:
        known = self.cost_usd is not None and other.cost_usd is not None
        cost = (self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None
        return Usage(self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens, cost)


@dataclass(frozen=True, slots=True)
class CallError:
    """Why one call failed, in words that say what to do. ``status`` is the HTTP status where there was one."""

    kind: ErrorKind
    message: str
    status: int | None = None


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call to one leg of the chain, good or bad."""

    provider: str
    model: str
    ok: bool
    seconds: float = 0.0
    usage: Usage = field(default_factory=Usage)
    error: CallError | None = None


@dataclass(frozen=True, slots=True)
class FixRequest:
    """What a leg of the chain is asked: the failures, the sources they point at, what the last patch did.

    ``feedback`` is empty on the first try; ``suspects`` are ranked, best first; ``system_prompt`` replaces the preset.
    ``patch`` and ``report`` are the ids, in the run's store, of the state that the answer starts from.
    """

    language: str
    framework: str
    failures: tuple[TestFailure, ...]
    sources: tuple[SourceFile, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    tests: tuple[SourceFile, ...] = ()
    feedback: str = ""
    system_prompt: str | None = None
    patch: str = ""
    report: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An answer that applies: the cumulative patch, who wrote it and why. The offline search has no ``model``.

    ``suspicious`` says why it may please the tests without mending anything.
    """

    patch: Patch
    strategy: Strategy
    provider: str
    model: str | None = None
    explanation: str = ""
    usage: Usage = field(default_factory=Usage)
    suspicious: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AppliedFix:
    """One file's part of an attempt, as the contract's ``fixes_applied`` shows it."""

    file: str
    strategy: Strategy
    provider: str
    model: str | None
    diff: str
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One iteration: failing tests before and after, the verdict, the fixes, the tokens, and why the patch may please
    the tests without mending anything."""

    iteration: int
    failures_before: int
    failures_after: int
    improvement_percentage: float
    success: bool
    verdict: Verdict
    fixes_applied: tuple[AppliedFix, ...] = ()
    usage: Usage = field(default_factory=Usage)
    suspicious: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GeneratedCode:
    """Code that is not on disk yet. ``files`` maps further project-relative paths to text; ``tests`` is the test
    file's text, or a mapping of paths to text. ``code`` may be empty, or the text of one of them, when ``files`` holds
    everything."""

    language: str
    framework: str
    code: str = ""
    files: dict[str, str] = field(default_factory=dict)
    tests: str | dict[str, str] = ""
