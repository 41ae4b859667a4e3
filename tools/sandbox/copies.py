"""The copy level: the project's tree copied, with limits and with everything killed at the end. Any system.

On Linux a launcher's sub-reapers find every process, whatever session it moved to, and end it when we are killed.
Elsewhere the process group is what is killed. The user's files are out of the way, not out of reach.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from ...core.domain import Patch
from ...core.errors import UsageError
from .copying import copy_tree, is_editable_install
from .dotenv_keys import without_our_keys
from .held import HeldView, ViewRefused, World
from .patching import as_messages
from .plain import PlainView
from .protocol import View
from .quota import Quota, running
from .scratch import ScratchFolder


class CopySandbox:
    """Views that are copies; see ``protocol.Sandbox``. ``level`` is ``copy``, or ``none`` for a copy without limits.

    Where the project is an editable install of its environment, PYTHONPATH gets the copy's ``src`` and root first, or
    tests would import the original.
    """

    def __init__(
        self,
        project: Path,
        scratch: Path,
        *,
        level: str = "copy",
        quota: Quota = Quota(),  # noqa: B008 - frozen
    ) -> None:
        self.level, self._quota = level, quota
        self._project, self._scratch = project, scratch

    def view(self, patch: Patch) -> View:
        """A fresh copy with ``patch`` applied. Raises ``UsageError`` for a project that cannot be copied."""
        folder = ScratchFolder(self._scratch)
        try:
            root = folder.path / "copy" / self._project.name
            _refuse_unread(patch, copy_tree(self._project, root))
            return self._held(folder, root, patch)
        except ViewRefused as error:
            folder.close()
            raise UsageError(f"no copy of {self._project}: {error}.") from error
        except BaseException:
            folder.close()
            raise

    def _held(self, folder: ScratchFolder, root: Path, patch: Patch) -> View:
        for name in ("out", "tmp"):
            (folder.path / name).mkdir()
        return _kind()(self._world(folder, root), without_our_keys(self._project) + as_messages(patch, root), folder)

    def _world(self, folder: ScratchFolder, root: Path) -> World:
        env: dict[str, str | None] = {name: str(folder.path / "tmp") for name in ("TMPDIR", "TMP", "TEMP")}
        if is_editable_install(self._project, os.environ.get("VIRTUAL_ENV")):
            first = [str(place) for place in (root / "src", root) if place.is_dir()]
            env["PYTHONPATH"] = os.pathsep.join([*first, *filter(None, [os.environ.get("PYTHONPATH")])])
        config: dict[str, Any] = {"level": self.level, "project": os.fsencode(root), "limits": {}}
        if self.level != "none":
            config["limits"], config["watched"] = self._quota.rlimits(running()), self._quota.watched()
            config["disks"] = [os.fsencode(folder.path)]
        return World(root, folder.path / "out", config, env)


def _kind() -> type[HeldView] | type[PlainView]:
    return HeldView if sys.platform.startswith("linux") else PlainView


def _refuse_unread(patch: Patch, unread: list[str]) -> None:
    for edit in patch.edits:
        if edit.path in unread:
            raise UsageError(f"{edit.path} could not be read, so it is not in the copy: give yourself that right.")
