"""The store of a run: its folder below ``AION_R_HOME`` with reports, patches and calls, each written atomically.

::

    <home>/runs/<run id>/run.json         project, times, outcome
                        /reports/<n>.json  every TestReport, whole
                        /patches/<id>.json every patch met, by content
                        /calls.jsonl       one CallRecord a line
                        /requests.jsonl    one FixRequest a line: what was asked, keys taken out
                        /raw/<n>/          what a test run left, until it is parsed
                        /events.jsonl      what the run told, one event a line, the line's number its id
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..core.codec import dump_json, load
from ..core.domain import CallRecord, FixRequest, Patch, TestReport
from ..core.errors import UsageError


def write_atomically(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data`` so that a kill leaves the old file or the new one, never a part."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)


class RunStore:
    """One run's folder. Ids that it returns are short strings, safe in the state of the graph."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def run_id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def patch_file(self) -> Path:
        """Where the best patch is kept as a diff."""
        return self.folder / "best.patch"

    @property
    def journal(self) -> Path:
        """What a write-back needs to be finished or undone."""
        return self.folder / "journal"

    @property
    def events_file(self) -> Path:
        """Where the run's events are kept."""
        return self.folder / "events.jsonl"

    @classmethod
    def create(cls, home: Path, project: Path, **facts: Any) -> RunStore:
        """A new run's store; ``facts`` go into ``run.json`` from its first moment on. Ids sort by time.

        Raises ``UsageError`` when ``home`` cannot be written.
        """
        run_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        store = cls(home / "runs" / run_id)
        try:
            for part in ("reports", "patches", "raw"):
                (store.folder / part).mkdir(parents=True)
        except OSError as error:
            raise UsageError(
                f"{home} cannot be written ({error.strerror}): set AION_R_HOME to another folder."
            ) from error
        known = {"run_id": run_id, "project": str(project), "started_at": datetime.now(UTC).isoformat()}
        store.update(**{**known, "outcome": "running", **facts})
        return store

    @classmethod
    def find(cls, home: Path, run_id: str) -> RunStore:
        """An earlier run's store. Raises ``UsageError`` for an id that is not there."""
        folder = home / "runs" / Path(run_id).name
        if not run_id or not (folder / "run.json").is_file():
            raise UsageError(f"no run {run_id!r} in {home}: `aion-r runs list` shows those that are kept.")
        return cls(folder)

    @property
    def facts(self) -> dict[str, Any]:
        """What ``run.json`` holds."""
        data: dict[str, Any] = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        return data

    def update(self, **facts: Any) -> None:
        """Add ``facts`` (JSON types) to ``run.json``."""
        path = self.folder / "run.json"
        merged = (self.facts if path.exists() else {}) | facts
        write_atomically(path, json.dumps(merged, indent=1).encode())

    def save_report(self, report: TestReport) -> str:
        """Keep ``report``; returns its id."""
        number = f"{sum(1 for _ in (self.folder / 'reports').glob('*.json')) + 1:04d}"
        write_atomically(self.folder / "reports" / f"{number}.json", dump_json(report))
        return number

    def report(self, number: str) -> TestReport:
        """The report of that id."""
        return load(TestReport, (self.folder / "reports" / f"{number}.json").read_bytes())

    def tests_executed(self) -> int:
        """Tests that all the runs in this store executed."""
        reports = (self.report(path.stem) for path in (self.folder / "reports").glob("*.json"))
        return sum(report.total_tests - report.skipped_tests for report in reports)

    def save_patch(self, patch: Patch) -> str:
        """Keep ``patch``; returns its content id (empty for the empty patch)."""
        if patch.edits:
            write_atomically(self.folder / "patches" / f"{patch.id}.json", dump_json(patch))
        return patch.id

    def patch(self, patch_id: str) -> Patch:
        """The patch of that id."""
        return load(Patch, (self.folder / "patches" / f"{patch_id}.json").read_bytes()) if patch_id else Patch()

    def log_call(self, record: CallRecord) -> None:
        """Append one call; a single write, so that concurrent calls do not mix."""
        with (self.folder / "calls.jsonl").open("ab") as stream:
            stream.write(dump_json(record) + b"\n")

    def calls(self) -> Iterator[CallRecord]:
        """All calls in their order; a line cut by a kill is passed over."""
        path = self.folder / "calls.jsonl"
        for line in path.read_bytes().splitlines() if path.exists() else ():
            if line.endswith(b"}"):
                yield load(CallRecord, line)

    def log_request(self, line: str) -> None:
        """Append one ``FixRequest``, as JSON on one line."""
        with (self.folder / "requests.jsonl").open("ab") as stream:
            stream.write(line.encode() + b"\n")

    def requests(self) -> Iterator[FixRequest]:
        """All that was asked, in its order; a line cut by a kill is passed over."""
        path = self.folder / "requests.jsonl"
        for line in path.read_bytes().splitlines() if path.exists() else ():
            if line.endswith(b"}"):
                yield load(FixRequest, line)

    def finish(self, document: dict[str, Any]) -> None:
        """Keep the result's document and sum it up in ``run.json``."""
        write_atomically(self.folder / "result.json", json.dumps(document, indent=1).encode())
        summed = {name: document[name] for name in ("success", "outcome", "stop_reason", "applied")}
        self.update(finished_at=datetime.now(UTC).isoformat(), **summed)

    def new_raw(self) -> Path:
        """The path, free so far, of a folder for what the next test run leaves."""
        return self.folder / "raw" / f"{time.monotonic_ns()}"


def run_ids(home: Path) -> list[str]:
    """The ids of all runs kept in ``home``, newest first."""
    try:
        with os.scandir(home / "runs") as entries:
            return sorted((entry.name for entry in entries if not entry.name.startswith(".")), reverse=True)
    except FileNotFoundError:
        return []


def list_runs(home: Path) -> list[dict[str, Any]]:
    """The facts of every run kept in ``home``, newest first."""
    folders = sorted((home / "runs").glob("*/run.json"), reverse=True)
    return [facts for path in folders if (facts := _whole(RunStore(path.parent)))]


def _whole(store: RunStore) -> dict[str, Any]:
    """Its facts; none for a record that a power cut left empty: one such run hides no other."""
    try:
        facts: Any = store.facts
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) and "run_id" in facts else {}
