"""Where a project lies in the checkout that a CI service shows: its places are told from the checkout's root."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BUILD_SOURCESDIRECTORY", "WORKSPACE")
"""GitHub, GitLab, Azure, Jenkins."""


def folder_in_checkout(project: Path, environ: Mapping[str, str] = os.environ) -> str:
    """``project`` relative to the root of its checkout, with ``/``; empty for the root itself, or where none is known.

    The root is what the service's variable says, else the nearest folder above with a ``.git``.
    """
    here = project.resolve()
    named = [Path(environ[name]).resolve() for name in _ROOTS if environ.get(name)]
    found = [folder for folder in (here, *here.parents) if (folder / ".git").exists()][:1]
    root = next((folder for folder in (*named, *found) if here.is_relative_to(folder)), here)
    relative = here.relative_to(root).as_posix()
    return "" if relative == "." else relative
