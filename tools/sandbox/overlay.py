"""The overlay level: the project at its own path, in namespaces of its own. Linux 5.12, no privileges, no daemon.

Known limits of the kernel's overlay: renaming a folder of the lower layer says EXDEV (programs then copy), and mounts
inside the project make the kernel refuse it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from ...core.domain import Patch
from ...core.errors import UsageError
from .dotenv_keys import without_our_keys
from .held import HeldView, ViewRefused, World
from .patching import as_messages
from .protocol import Command
from .quota import Quota, machine_memory
from .scratch import ScratchFolder
from .visible import homes, visible

_MOST_BYTES = 4 << 30
_refusals: dict[tuple[Path, bool], str | None] = {}


class OverlaySandbox:
    """Views of ``project`` at its own path; see ``protocol.Sandbox``."""

    level = "overlay"

    def __init__(
        self,
        project: Path,
        scratch: Path,
        *,
        allow_network: bool = False,
        hidden: Iterable[Path] = (),
        readable: Iterable[Path] = (),
        quota: Quota = Quota(),  # noqa: B008 - frozen
    ) -> None:
        self._project, self._scratch, self._network = project, scratch, allow_network
        self._hidden, self._readable, self._quota = (scratch, *hidden), tuple(readable), quota

    def view(self, patch: Patch) -> HeldView:
        """A fresh view with ``patch`` applied. Raises ``UsageError`` when the kernel no longer allows it."""
        edits = without_our_keys(self._project) + as_messages(patch, self._project)
        folder = ScratchFolder(self._scratch)
        try:
            return HeldView(self._world(folder.path), edits, folder)
        except ViewRefused as error:
            raise UsageError(f"no overlay of {self._project}: {error}. Choose --sandbox copy.") from error

    def _world(self, folder: Path) -> World:
        out = folder / "out"
        for name in ("out", "ns", "disk"):
            (folder / name).mkdir()
        seen = visible(self._project, self._hidden, self._readable)
        config = {
            "level": self.level,
            "project": os.fsencode(self._project),
            "out": os.fsencode(out),
            "ns": os.fsencode(folder / "ns"),
            "disk": os.fsencode(folder / "disk"),
            "private": [(os.fsencode(place), mode) for place, mode in seen.private],
            "writable": [os.fsencode(place) for place in seen.writable],
            "covered": [os.fsencode(place) for place in seen.covered],
            "forgotten": [os.fsencode(place) for place in seen.forgotten],
            "links": [(os.fsencode(name), os.fsencode(target)) for name, target in seen.links],
            "homes": [os.fsencode(home) for home in homes()],
            "upper_on_disk": False,
            "network": self._network,
            "size": _tmpfs_bytes(),
            "limits": self._quota.rlimits(),
            "watched": self._quota.watched(),
            "disks": [os.fsencode(out)],
            "ids": self._quota.ids,
        }
        env: dict[str, str | None] = {"TMPDIR": None, "TMP": None, "TEMP": None}
        return World(self._project, out, config, env, seen.readable, seen.may_show)


def _tmpfs_bytes() -> int:
    return min(_MOST_BYTES, machine_memory() // 2)


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
            done = view.run(Command(("true",), env={"PATH": os.defpath}), timeout=10)
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
