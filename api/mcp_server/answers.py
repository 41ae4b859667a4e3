"""What each tool answers, as data: bounded, without escape sequences, some 20 kB at most. The whole is in the run."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, Field

from ...core.documents import RepairResult
from ...core.domain import SourceFile, Suspect, TestFailure, TestReport
from ..approvals import AWAITING
from ..explaining import Explanation
from ..screen.terminal import clean, shorten, shorten_id
from ..telling import Ways, changed_files, doubts, next_step

FAILURES, FILES, FRAMES = 10, 50, 12
_ID, _MESSAGE, _VALUE, _PATCH, _OUTPUT = 300, 600, 300, 6_000, 1_500


class Failure(BaseModel):
    """A failing test."""

    test_id: str = Field(description="What explain_failure takes")
    file: str | None
    line: int | None
    message: str
    expected: str | None
    actual: str | None

    @classmethod
    def of(cls, failure: TestFailure, most: int = 1) -> Self:
        """With texts up to ``most`` times as long as in a list."""
        return cls(
            test_id=shorten_id(failure.test_id, _ID),
            file=failure.file and shorten_id(clean(failure.file), _ID),
            line=failure.line,
            message=_cut(failure.message, most * _MESSAGE) or "",
            expected=_cut(failure.expected, most * _VALUE),
            actual=_cut(failure.actual, most * _VALUE),
        )


class Counts(BaseModel):
    """The numbers of a run of the tests."""

    outcome: str = Field(description="completed, timed_out, crashed, no_tests or build_failed")
    total: int
    passed: int
    failed: int = Field(description="Failed tests and errors")
    skipped: int

    @classmethod
    def of(cls, report: TestReport) -> Self:
        return cls(
            outcome=str(report.outcome),
            total=report.total_tests,
            passed=report.passed_tests,
            failed=report.failing,
            skipped=report.skipped_tests,
        )


class TestsRun(Counts):
    """Of ``run_tests``."""

    framework: str
    all_passed: bool
    message: str = Field(description="Why the tests did not run to their end")
    failures: list[Failure] = Field(description="The first ten")
    more_failures: int

    @classmethod
    def of(cls, report: TestReport) -> Self:
        failures, more = _failures(report)
        return cls(
            **Counts.of(report).model_dump(),
            framework=report.framework,
            all_passed=report.all_passed,
            message=_cut(report.message, _MESSAGE) or "",
            failures=failures,
            more_failures=more,
        )


class Repair(BaseModel):
    """Of ``fix_tests``."""

    run_id: str
    outcome: str = Field(description="already_green, repaired, not_repaired, limit or error")
    awaiting_approval: bool = Field(description="A person must answer before the patch is written: next_step says how")
    success: bool
    applied: bool = Field(description="Whether the project was written")
    message: str
    next_step: str
    before: Counts
    after: Counts
    iterations: int
    files: list[str] = Field(description="What the best patch changes")
    patch: str = Field(description="Unified diff; the first 6,000 characters")
    patch_cut: bool
    patch_file: str | None = Field(description="Where the whole patch is kept")
    failures: list[Failure] = Field(description="What still fails; the first ten")
    more_failures: int
    suspicious: list[str] = Field(description="Why the patch may please the tests without mending anything")
    suggestions: list[str] = Field(description="Files put beside locked ones")
    model_calls: int
    cost_usd: float | None = Field(description="Null where a price is unknown")

    @classmethod
    def of(cls, result: RepairResult, ways: Ways) -> Self:
        failures, more = _failures(result.final_test_results)
        return cls(
            run_id=result.run_id,
            outcome=str(result.outcome),
            awaiting_approval=result.stop_reason == AWAITING,
            success=result.success,
            applied=result.applied,
            message=_cut(result.message, 2 * _MESSAGE) or "",
            next_step=next_step(result, ways),
            before=Counts.of(result.initial_test_results),
            after=Counts.of(result.final_test_results),
            iterations=result.iterations_completed,
            files=[shorten_id(clean(name), _ID) for name in changed_files(result)[:FILES]],
            patch=clean(result.patch[:_PATCH]),
            patch_cut=len(result.patch) > _PATCH,
            patch_file=result.patch_file,
            failures=failures,
            more_failures=more,
            suspicious=[shorten(clean(why), _VALUE) for why in doubts(result)[:FRAMES]],
            suggestions=[shorten_id(clean(name), _ID) for name in result.suggestions[:FILES]],
            model_calls=sum(call.provider != "offline" for call in result.calls),
            cost_usd=result.usage.cost_usd,
        )


class Frame(BaseModel):
    """A frame of the stack; the innermost comes last."""

    file: str
    line: int | None
    function: str | None


class Place(BaseModel):
    """Where the fault may be: a function or class, by its first and last line."""

    file: str
    line: int
    end_line: int
    function: str | None
    score: float = Field(description="From 0 to 1")

    @classmethod
    def of(cls, suspect: Suspect) -> Self:
        return cls(
            file=suspect.file,
            line=suspect.line,
            end_line=suspect.end_line,
            function=suspect.function,
            score=suspect.score,
        )


class Source(BaseModel):
    """Lines of a file as they are now."""

    file: str
    first_line: int
    text: str

    @classmethod
    def of(cls, source: SourceFile) -> Self:
        return cls(file=source.path, first_line=source.first_line, text=clean(source.text))


class Explained(BaseModel):
    """Of ``explain_failure``."""

    test_id: str
    fails: bool
    fails_alone: bool | None = Field(description="False: it fails only together with other tests; null: not tried")
    failure: Failure | None
    stack: list[Frame]
    output: str = Field(description="The last that the test printed")
    suspects: list[Place] = Field(description="Best first")
    sources: list[Source] = Field(description="The code of the suspects")
    test_source: list[Source]

    @classmethod
    def of(cls, explained: Explanation) -> Self:
        failure = explained.failure
        stack = failure.stack[-FRAMES:] if failure else ()
        return cls(
            test_id=shorten_id(explained.test_id, _ID),
            fails=failure is not None,
            fails_alone=explained.alone,
            failure=Failure.of(failure, 4) if failure else None,
            stack=[
                Frame(file=shorten_id(clean(one.file), _ID), line=one.line, function=_cut(one.function, _VALUE))
                for one in stack
            ],
            output=clean(failure.output[-_OUTPUT:]) if failure else "",
            suspects=[Place.of(suspect) for suspect in explained.suspects],
            sources=[Source.of(source) for source in explained.sources],
            test_source=[Source.of(source) for source in explained.tests],
        )


class Undone(BaseModel):
    """Of ``undo_fix``."""

    run_id: str
    project: str
    files: list[str] = Field(description="What was put back; empty: it had been so already")


def _failures(report: TestReport) -> tuple[list[Failure], int]:
    shown = [Failure.of(failure) for failure in report.failures[:FAILURES]]
    return shown, max(report.failing, len(report.failures)) - len(shown)


def _cut(text: str | None, most: int) -> str | None:
    return None if text is None else shorten(clean(text[: 4 * most]), most)
