"""What each tool takes. The descriptions are read by models."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


class OnProject(BaseModel):
    """A project, and nothing that is not known: a made-up argument is told, not passed over."""

    model_config = ConfigDict(extra="forbid")

    project: str = Field(
        ".",
        description="Folder of the project: an absolute path, or one relative to an allowed folder",
        max_length=4096,
    )


class Tested(OnProject):
    """A project whose tests are to be run."""

    framework: str | None = Field(
        None,
        description="Test framework (pytest, unittest, jest, vitest, mocha, go, cargo ...), only if detection is wrong",
        max_length=40,
    )


class RunTests(Tested):
    """For ``run_tests``."""


class FixTests(Tested):
    """For ``fix_tests``."""

    apply: bool = Field(True, description="Write a fix that turned all tests green; false only shows it")
    approve: bool = Field(False, description="Ask the user before a fix is written")
    max_iterations: int | None = Field(None, ge=1, le=50, description="Most fixes to try")
    time_limit: Seconds | None = Field(None, description="Most seconds for the whole run")


class ExplainFailure(Tested):
    """For ``explain_failure``."""

    test_id: str = Field(
        description="The failing test as run_tests names it, or an unmistakable part of that",
        min_length=1,
        max_length=2000,
    )


class UndoFix(OnProject):
    """For ``undo_fix``."""

    run_id: str = Field("", description="The run to take back; empty: the last that wrote", max_length=100)
