"""A patch on its way into a view."""

from __future__ import annotations

import marshal
import os
import sys
from pathlib import Path

from ...core.domain import Edit, Patch
from ...core.errors import UsageError
from .protocol import Command, View

_UPDATE = """
import marshal, os, sys
for path, after in marshal.load(open(sys.argv[1], "rb")):
    if after is None:
        if os.path.lexists(path):
            os.unlink(path)
        continue
    os.makedirs(os.path.dirname(path) or b".", exist_ok=True)
    with open(path, "wb") as stream:
        stream.write(after)
"""


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


def update(view: View, old: Patch, new: Patch) -> None:
    """Take ``old`` out of an open view and put ``new`` in, leaving what builds left there. The project is not touched.

    Raises ``UsageError`` where that fails.
    """
    undone = [Edit(edit.path, edit.after, edit.before) for edit in old.edits]
    changes = {edit.path: edit for edit in (*undone, *new.edits)}
    messages = as_messages(Patch(tuple(changes.values())), view.root)
    files = {"edits.bin": marshal.dumps(messages)}
    argv = (sys.executable, "-I", "-S", "-c", _UPDATE, str(view.out / "edits.bin"))
    done = view.run(Command(argv, files=files), timeout=60)
    if done.returncode:
        raise UsageError(f"the scratch view could not be patched: {done.output.decode(errors='replace').strip()}")
