"""A patch on its way into a view."""

from __future__ import annotations

import os
from pathlib import Path

from ...core.domain import Patch
from ...core.errors import UsageError


def as_messages(patch: Patch, root: Path) -> list[tuple[bytes, bytes | None]]:
    """The edits as a launcher takes them: path below ``root`` and new content, ``None`` to delete.

    Raises ``UsageError`` where an edit would be written outside ``root``, by its own path or through a link.
    """
    real = root.resolve()
    for edit in patch.edits:
        target = root / edit.path
        if not (target.parent if edit.after is None else target).resolve().is_relative_to(real):
            raise UsageError(f"{edit.path} leads out of the project: it cannot be patched.")
        if target.is_dir() and not target.is_symlink():
            raise UsageError(f"{edit.path} is a folder: it cannot be patched as a file.")
    return [(os.fsencode(edit.path), edit.after) for edit in patch.edits]
