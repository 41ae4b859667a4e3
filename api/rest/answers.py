"""What clients get, for OpenAPI. The documents themselves are made in ``run_views`` and in the routes."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from .models import Status


class Project(BaseModel):
    """A registered folder. ``active``: the run that is at work on it, or waits."""

    project_id: str = Field(serialization_alias="projectId")
    path: str
    name: str
    active: str | None = None


class Projects(BaseModel):
    """All of them."""

    projects: list[Project]


class Accepted(BaseModel):
    """A run that will be done."""

    run_id: str = Field(serialization_alias="runId")
    status: Status
    project_id: str = Field(serialization_alias="projectId")
    position: int | None
    links: dict[str, str]


class RunRow(BaseModel):
    """A run in a list."""

    runId: str
    projectId: str
    project: str
    status: Status
    outcome: str | None
    stopReason: str | None
    message: str
    applied: bool
    undone: bool
    resumable: bool
    undoable: bool
    queuedAt: str | None
    startedAt: str | None
    finishedAt: str | None
    position: int | None
    node: str | None
    iteration: int
    lastEventId: int
    options: dict[str, Any]
    links: dict[str, str]


class RunDocument(RunRow):
    """A run with everything that is known of it; ``result`` is the document of ``aion-r fix --json``."""

    tests: dict[str, str] | None
    approval: dict[str, Any] | None
    result: dict[str, Any] | None


class RunPage(BaseModel):
    """Runs, newest first. ``next`` is the cursor of those that follow."""

    runs: list[RunRow]
    next: str | None


class Reports(BaseModel):
    """Numbers of the test reports of a run so far."""

    reports: list[str]


class Undone(BaseModel):
    """Files that were put back."""

    paths: list[str]


class ServerDocument(BaseModel):
    """What this server is."""

    version: str
    roots: list[str]
    workers: int
    queue: int
    queued: int
    running: int
    unsafeOptions: bool
    tokenRequired: bool


class Health(BaseModel):
    """Alive."""

    status: str
