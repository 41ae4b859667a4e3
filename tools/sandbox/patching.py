"""A patch on its way into a view."""

from __future__ import annotations

import marshal
import os
import sys
from pathlib import Path

from ...core.domain import Edit, Patch
from ...core.errors import UsageError
from ..edits.modes import executables_of, is_made_executable
from .protocol import Command, View

Message = tuple[bytes, bytes | None, bool]
"""Path below the root, new content (``None`` to delete), and whether a file that is made so is executable."""

_UPDATE = """
import marshal, os, sys
for path, after, executable in marshal.load(open(sys.argv[1], "rb")):
    if after is None:
        if os.path.lexists(path):
            os.unlink(path)
        continue
    os.makedirs(os.path.dirname(path) or b".", exist_ok=True)
    mode = 0o777 if executable else 0o666
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as stream:
        stream.write(after)
"""


def as_messages(patch: Patch, root: Path) -> list[Message]:
    """The edits as a launcher takes them.

    Raises ``UsageError`` where an edit would be written outside ``root``, by its own path or through a link.
    """
    real = root.resolve()
    for edit in patch.edits:
        target = root / edit.path
        if not (target.parent if edit.after is None else target).resolve().is_relative_to(real):
            raise UsageError(f"{edit.path} leads out of the project: it cannot be patched.")
        if target.is_dir() and not target.is_symlink():
            raise UsageError(f"{edit.path} is a folder: it cannot be patched as a file.")
    return [(os.fsencode(edit.path), edit.after, _is_executable(edit, patch, root)) for edit in patch.edits]


def _is_executable(edit: Edit, patch: Patch, root: Path) -> bool:
    """Of a file that is there already only where the view has lost it: else its mode stays as it is."""
    is_executable = executables_of(root)
    known = is_executable(edit.path)
    return is_made_executable(edit, patch, is_executable) if known is None else known


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
