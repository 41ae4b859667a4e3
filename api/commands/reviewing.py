"""``aion-r review``: asked, told, and written where that is wanted."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...core.errors import UsageError
from ...graph.context import hold_project
from ...providers import background
from ...providers.review import SECURITY_REVIEW, Finding
from ...tools.runs import RunStore
from ...tools.workspace import Workspace, write_patch_file
from ..review import Review, areview, read_sources
from ..screen.narration import count
from ..screen.summary import diff_lines
from ..screen.terminal import Line, Terminal
from .boundary import hidden, hider
from .chatting import converse

_STYLES = {"critical": "bad", "high": "bad", "medium": "warn", "low": "dim"}


@dataclass(frozen=True)
class Wanted:
    """The options of the command."""

    system_prompt: str | None
    patch: Path | None
    apply: bool
    settings: Mapping[str, Any]
    """Whom to ask, and for how much."""


def show_review(files: Sequence[str], wanted: Wanted, *, as_json: bool, no_color: bool) -> int:
    """Review ``files`` and tell; 1 when there is a finding, else 0."""
    root, sources = read_sources(files)
    preset = _text(wanted.system_prompt) if wanted.system_prompt else SECURITY_REVIEW
    talk = converse(**wanted.settings)
    found = background.run(areview(root, sources, talk.llm, preset))
    run_id = _write(found, wanted, talk.settings.home)
    hide = hider(talk.environment)
    if as_json:
        document = _document(found, list(sources), run_id) | talk.account.document
        print(json.dumps(hidden(document, hide), indent=2))
    else:
        terminal = Terminal.of(sys.stdout, no_color=no_color, hide=hide)
        terminal.lines([*_told(found, len(sources), terminal.room()), *_written(run_id, wanted), talk.account.line])
    return int(bool(found.findings))


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the system prompt {path} cannot be read as UTF-8 text: {error}") from error


def _write(found: Review, wanted: Wanted, home: Path) -> str:
    """Write the patch where it is wanted; the id of the run that ``aion-r undo`` takes back, if files were written."""
    if not found.patch.edits:
        return ""
    if wanted.patch:
        write_patch_file(wanted.patch, found.patch)
    if not wanted.apply:
        return ""
    with hold_project(found.root, home):
        store = RunStore.create(home, found.root)
        store.save_patch(found.patch)
        write_patch_file(store.patch_file, found.patch)
        Workspace(found.root).write_back(found.patch, store.journal)
        ended = datetime.now(UTC).isoformat()
        store.update(outcome="reviewed", stop_reason="reviewed", applied=True, finished_at=ended)
    return store.run_id


def _document(found: Review, files: list[str], run_id: str) -> dict[str, Any]:
    return {
        "root": str(found.root),
        "files": files,
        "findings": [finding.model_dump(exclude={"code"}) for finding in found.findings],
        "patch": found.diff,
        "secured_code": found.secured_code,
        "note": found.note,
        "applied": bool(run_id),
        "run_id": run_id or None,
    }


def _told(found: Review, files: int, room: int) -> Iterator[Line]:
    for finding in found.findings:
        yield from _finding(finding, room)
    if found.patch.edits:
        yield ()
        yield from diff_lines(found.diff)
    if found.note:
        yield ((found.note[0].upper() + found.note[1:], "warn"),)
    if found.findings:
        yield ()
    yield ((f"{count(len(found.findings), 'finding')} in {count(files, 'file')}.", "bold"),)


def _finding(finding: Finding, room: int) -> Iterator[Line]:
    place = f"{finding.file}:{finding.line}" if finding.line else finding.file
    cwe = f" {finding.cwe}" if finding.cwe else ""
    yield (
        (place, "bold"),
        (f"  {finding.severity}", _STYLES[finding.severity]),
        (cwe, "dim"),
        (f"  {finding.title}", ""),
    )
    for line in textwrap.wrap(finding.explanation, max(20, room - 4)):
        yield ((f"    {line}", "dim"),)


def _written(run_id: str, wanted: Wanted) -> Iterator[Line]:
    if run_id:
        yield ((f"Written; no test has seen it yet: `aion-r test`, and `aion-r undo {run_id}` takes it back.", "warn"),)
    if wanted.patch and wanted.patch.is_file():
        yield ((f"The patch is in {wanted.patch}.", ""),)
