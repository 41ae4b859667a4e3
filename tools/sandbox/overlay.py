"""The overlay level: the project at its own path, in namespaces of its own. Linux 5.12, no privileges, no daemon.

Known limits of the kernel's overlay: renaming a folder of the lower layer says EXDEV (programs then copy), and mounts
inside the project make the kernel refuse it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ...core.domain import Patch
from ...core.errors import UsageError
from . import limits
from .environment import is_folder
from .held import HeldView, ViewRefused, World
from .patching import as_messages
from .protocol import Command
from .scratch import ScratchFolder

_PRIVATE = ("/tmp", "/var/tmp", "/dev/shm")
_CACHES = ("CARGO_HOME", "RUSTUP_HOME", "GOPATH", "GOCACHE", "GOMODCACHE", "XDG_CACHE_HOME", "npm_config_cache")
_MOST_BYTES = 4 << 30
_refusals: dict[tuple[Path, bool], str | None] = {}


class OverlaySandbox:
    """Views of ``project`` at its own path; see ``protocol.Sandbox``."""

    level = "overlay"

    def __init__(self, project: Path, scratch: Path, *, allow_network: bool = False) -> None:
        self._project, self._scratch, self._network = project, scratch, allow_network

    def view(self, patch: Patch) -> HeldView:
        """A fresh view with ``patch`` applied. Raises ``UsageError`` when the kernel no longer allows it."""
        edits = as_messages(patch, self._project)
        folder = ScratchFolder(self._scratch)
        try:
            return HeldView(self._world(folder.path), edits, folder)
        except ViewRefused as error:
            raise UsageError(f"no overlay of {self._project}: {error}. Choose --sandbox copy.") from error

    def _world(self, folder: Path) -> World:
        out = folder / "out"
        for name in ("out", "ns", "disk"):
            (folder / name).mkdir()
        config = {
            "level": self.level,
            "project": os.fsencode(self._project),
            "out": os.fsencode(out),
            "ns": os.fsencode(folder / "ns"),
            "disk": os.fsencode(folder / "disk"),
            "private": [os.fsencode(place) for place in private_folders(self._project)],
            "writable": [os.fsencode(place) for place in private_copies(self._project)],
            "upper_on_disk": False,
            "network": self._network,
            "size": _tmpfs_bytes(),
            "limits": limits.DEFAULT,
        }
        return World(self._project, out, config, {"TMPDIR": None, "TMP": None, "TEMP": None})


def private_folders(project: Path) -> list[Path]:
    """Shared temporary folders that a view replaces by its own."""
    folders = [Path(place) for place in _PRIVATE]
    return [f for f in folders if f.is_dir() and not f.is_symlink() and not f.is_relative_to(project)]


def private_copies(project: Path) -> list[Path]:
    """The home folder and toolchains' caches outside it: commands may write there, and nothing outlives the view."""
    named = [os.environ.get("HOME", ""), *(os.environ.get(name, "") for name in _CACHES)]
    chosen: list[Path] = []
    for value in named:
        place = Path(value).resolve() if value.startswith("/") else None
        if place is None or not is_folder(place) or place == Path("/") or place.is_relative_to(project):
            continue
        if not any(place.is_relative_to(known) for known in chosen):
            chosen.append(place)
    return chosen


def _tmpfs_bytes() -> int:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(_MOST_BYTES, memory // 2)


def overlay_refusal(project: Path, scratch: Path, allow_network: bool) -> str | None:
    """Why this machine cannot give an overlay of ``project``, or ``None``. Really tried, once a process and project."""
    key = (project, allow_network)
    if key not in _refusals:
        _refusals[key] = _try(project, scratch, allow_network)
    return _refusals[key]


def _try(project: Path, scratch: Path, allow_network: bool) -> str | None:
    if not sys.platform.startswith("linux"):
        return "overlays need Linux"
    try:
        with OverlaySandbox(project, scratch, allow_network=allow_network).view(Patch()) as view:
            done = view.run(Command(("true",)), timeout=10)
    except UsageError as error:
        inside = _mounts_inside(project)
        hint = f" (mounts inside the project are in the way: {', '.join(inside)}; unmount them)" if inside else ""
        return str(error.__cause__ or error) + hint
    if done.returncode == 0:
        return None
    return done.output.decode(errors="replace").strip() or "a trial command did not run in it"


def _mounts_inside(project: Path) -> list[str]:
    # The kernel writes blanks in mount points as octal escapes.
    prefix = str(project).replace(" ", "\\040") + "/"
    lines = Path("/proc/self/mounts").read_text(errors="surrogateescape").splitlines()
    return [line.split()[1] for line in lines if line.split()[1].startswith(prefix)]
