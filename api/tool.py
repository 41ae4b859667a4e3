"""The repair run as a LangChain tool: a tight schema in, a few lines for the model out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, ConfigDict, Field

from ..core.documents import RepairResult
from ..core.errors import AionError
from ..core.settings import Environment, read_environment
from .cycle import AutocorrectionCycle
from .hiding import hider
from .roots import Roots, allowed_roots
from .telling import MOST_TOKENS, one_line, told
from .tokens import fitting

DESCRIPTION = (
    "Run a project's tests and repair its source until all of them pass. Tests are never edited, and the project is"
    " written only when all tests pass. Takes from seconds to minutes. Answers with the outcome, the files changed,"
    " what still fails and what to do next."
)


class FixTests(BaseModel):
    """Input of the tool."""

    model_config = ConfigDict(extra="forbid")

    project_path: str = Field(description="Folder of the project whose tests fail", min_length=1, max_length=4096)
    apply: bool = Field(True, description="Write a fix that turned all tests green; false only shows it")


def as_tool(*, roots: Sequence[str | Path] = (), **settings: Any) -> BaseTool:
    """A tool named ``fix_tests``; ``settings`` are those of ``AutocorrectionCycle``, fixed for every call.

    ``roots`` are the only folders that projects may lie below; relative paths are read from there. The model gets a
    text of fewer than 600 tokens, errors too, so that it can act on them; code finds the whole ``RepairResult`` in
    the message's ``artifact``. Raises ``UsageError`` for a root that is no folder.
    """
    repairs = _Repairs(allowed_roots([str(root) for root in roots], {}) if roots else None, settings)
    return StructuredTool.from_function(
        func=repairs.blocking,
        coroutine=repairs.awaited,
        name="fix_tests",
        description=DESCRIPTION,
        args_schema=FixTests,
        response_format="content_and_artifact",
        handle_tool_error=_error,
        handle_validation_error=_wrong_input,
    )


@dataclass(frozen=True)
class _Repairs:
    """What every call has in common."""

    roots: Roots | None
    settings: Mapping[str, Any]

    def blocking(self, project_path: str, apply: bool = True) -> tuple[str, RepairResult]:
        with self._told_errors(project_path):
            return self._told(project_path, self._cycle(apply).run_autocorrection(self._project(project_path)))

    async def awaited(self, project_path: str, apply: bool = True) -> tuple[str, RepairResult]:
        with self._told_errors(project_path):
            result = await self._cycle(apply).arun_autocorrection(self._project(project_path))
            return self._told(project_path, result)

    def _cycle(self, apply: bool) -> AutocorrectionCycle:
        return AutocorrectionCycle(apply=apply, **self.settings)

    def _project(self, path: str) -> str | Path:
        return self.roots.project(path) if self.roots else path

    def _told(self, path: str, result: RepairResult) -> tuple[str, RepairResult]:
        return self._hidden(path, told(result)), result

    @contextmanager
    def _told_errors(self, path: str) -> Iterator[None]:
        try:
            yield
        except AionError as error:
            raise ToolException(self._hidden(path, fitting(one_line(str(error)), MOST_TOKENS))) from error

    def _hidden(self, path: str, text: str) -> str:
        """``text`` without any key that the run may have had."""
        given: Environment | None = self.settings.get("environment")
        try:
            return hider(given or read_environment(Path.cwd(), Path(path)))(text)
        except AionError:  # a broken `.env` file of the project: no key was taken from it
            return hider(read_environment())(text)


def _error(error: ToolException) -> str:
    return f"error: {error}"


def _wrong_input(error: Any) -> str:  # of pydantic's two ages
    said = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
    return fitting(f"error: {one_line(said)}. Give project_path, a text, and apply, true or false.", MOST_TOKENS)
