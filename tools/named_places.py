"""What the user's own test command names outside the project: it must be there in the view as well."""

from __future__ import annotations

import shlex
from pathlib import Path


def named_places(command: str | None) -> list[Path]:
    """The files and folders that ``command`` names by absolute paths; of a virtual environment's program, all of it."""
    try:
        words = shlex.split(command or "")
    except ValueError:
        return []
    named = [path for path in map(Path, words) if path.is_absolute() and path.exists()]
    return [_environment(path) or path for path in named]


def _environment(program: Path) -> Path | None:
    """The virtual environment that ``program`` belongs to. Its links are not followed: they leave it."""
    folder = program.parent.parent
    return folder if (folder / "pyvenv.cfg").is_file() else None
