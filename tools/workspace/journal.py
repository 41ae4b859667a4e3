"""What a write-back is about to do, on the disk before it begins: enough to undo every step, or to know it is done."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError

from ...core import codec
from ...core.errors import AionError
from .files import write_durably


@dataclass(frozen=True, slots=True)
class Step:
    """One file's change. ``path`` and ``temporary`` are relative to the root; ``None`` bytes mean: not there.

    ``before_mode`` and ``after_mode`` are permission bits; ``None`` leaves them to the umask.
    """

    __pydantic_config__: ClassVar[Any] = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}

    path: str
    before: bytes | None
    after: bytes | None
    before_mode: int | None
    after_mode: int | None
    temporary: str

    def inverse(self) -> Step:
        """The step back."""
        return Step(self.path, self.after, self.before, self.after_mode, self.before_mode, self.temporary)


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps of one transaction, the ``folders`` it makes and those ``cleared`` at its end, outermost first.

    ``written`` and ``suggestions`` are what the caller is told; ``patch`` is the id of the patch behind it.
    """

    root: str
    steps: tuple[Step, ...]
    folders: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    patch: str = ""


_COMMITTED = b'{"state": "committed"}\n'


def write_plan(journal: Path, plan: Plan) -> None:
    """Put ``plan`` on the disk, whole, before anything else happens."""
    journal.parent.mkdir(parents=True, exist_ok=True)
    write_durably(journal, codec.dump_json(plan) + b"\n")


def commit(journal: Path) -> None:
    """Note that every step is done."""
    with journal.open("ab") as stream:
        stream.write(_COMMITTED)
        stream.flush()
        os.fsync(stream.fileno())


def read_plan(journal: Path) -> tuple[Plan, bool] | None:
    """The plan and whether it was committed; ``None`` without a journal. Raises ``AionError`` for a damaged one."""
    try:
        data = journal.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    head, _, tail = data.partition(b"\n")
    try:
        return codec.load(Plan, head), tail.startswith(_COMMITTED)
    except (ValidationError, json.JSONDecodeError) as error:
        raise AionError(f"the journal {journal} is damaged: nothing was done with it") from error
