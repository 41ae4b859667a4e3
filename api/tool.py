"""The repair run as a LangChain tool: a tight schema in, a few lines for the model out."""

from __future__ import annotations

from typing import Any

from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, Field

from ..core.documents import RepairResult
from ..core.errors import AionError
from .cycle import AutocorrectionCycle

FAILURES_TOLD = 5
DIFF_TOLD = 900


class FixTests(BaseModel):
    """Input of the tool."""

    project_path: str = Field(description="Folder of the project whose tests fail")
    apply: bool = Field(True, description="Write a fix that turned all tests green; false only shows it")


def as_tool(**settings: Any) -> BaseTool:
    """A tool named ``fix_tests``; ``settings`` are those of ``AutocorrectionCycle``, fixed for every call.

    Errors come back as text, so that an agent can act on them.
    """

    async def fix_tests(project_path: str, apply: bool = True) -> str:
        try:
            return told(await AutocorrectionCycle(apply=apply, **settings).arun_autocorrection(project_path))
        except AionError as error:
            return f"error: {error}"

    def fix_tests_blocking(project_path: str, apply: bool = True) -> str:
        try:
            return told(AutocorrectionCycle(apply=apply, **settings).run_autocorrection(project_path))
        except AionError as error:
            return f"error: {error}"

    return StructuredTool.from_function(
        func=fix_tests_blocking,
        coroutine=fix_tests,
        name="fix_tests",
        description="Run a project's test suite and repair the source until all tests pass. Tests are never edited.",
        args_schema=FixTests,
    )


def told(result: RepairResult) -> str:
    """``result`` for a model: outcome, counts, the diff and the first failures, capped to about 500 tokens."""
    final = result.final_test_results
    lines = [
        f"{result.outcome}: {final.passed_tests} of {final.total_tests} tests pass"
        f" after {result.iterations_completed} iterations; written to the project: {result.applied}",
        result.message,
    ]
    lines += [f"fails: {one.test_id[:120]}: {one.message[:100]}" for one in final.failures[:FAILURES_TOLD]]
    if result.patch:
        lines += ["diff:", result.patch[:DIFF_TOLD]]
    return "\n".join(line for line in lines if line)
