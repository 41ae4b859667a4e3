"""The landlock level: a copy, and commands that may write nothing else and read nothing of the user's. Linux 5.13.

For machines that forbid namespaces. It has no loopback: neither Landlock nor seccomp can tell it from the network.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from ...core.domain import Patch
from ...core.errors import UsageError
from . import confining
from .copies import CopySandbox
from .dotenv_keys import dotenv_files
from .environment import is_folder
from .held import World
from .protocol import Command
from .quota import Quota
from .scratch import ScratchFolder
from .visible import ROOT_ONLY, Visible, visible

_SYSTEM = """
/bin /etc /lib /lib32 /lib64 /libx32 /nix /opt /proc /sbin /snap /sys /usr /var/cache/fontconfig /var/lib/dpkg
""".split()  # noqa: SIM905
_DEVICES = [f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty", "shm")]
_KEPT_PLACES = {
    "CARGO_HOME": ".cargo",
    "RUSTUP_HOME": ".rustup",
    "GOPATH": "go",
    "PYENV_ROOT": ".pyenv",
    "NVM_DIR": ".nvm",
    "VOLTA_HOME": ".volta",
    "PYTHONUSERBASE": ".local",
}
_refusals: dict[bool, str | None] = {}


class LandlockSandbox(CopySandbox):
    """Views that are copies, whose commands are confined by the kernel; see ``protocol.Sandbox``."""

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
        super().__init__(project, scratch, level="landlock", quota=quota)
        self._network, self._hidden, self._readable = allow_network, (scratch, *hidden), tuple(readable)

    def _world(self, folder: ScratchFolder, root: Path) -> World:
        plain = super()._world(folder, root)
        seen = visible(self._project, self._hidden, self._readable)
        tmp = folder.path / "tmp"
        home = tmp / "home"
        home.mkdir()
        readable = [*map(Path, _SYSTEM), self._project, *seen.writable, *seen.readable]
        config = {
            **plain.config,
            "network": self._network,
            "writable": [os.fsencode(place) for place in (root, plain.out, tmp, *map(Path, _DEVICES))],
            "readable": [os.fsencode(place) for place in _less_secrets(readable, seen, self._project)],
        }

        def may_show(folder: Path) -> bool:
            return seen.may_show(folder) and not any(folder.is_relative_to(place) for place in seen.writable)

        return World(root, plain.out, config, {**plain.env, **_environment(home)}, (), may_show)


def _environment(home: Path) -> dict[str, str | None]:
    # Toolchains are found where they are, whatever HOME says; what they write by HOME goes into the view.
    user = Path(os.environ.get("HOME", "/"))
    known = {name: user / place for name, place in _KEPT_PLACES.items() if not os.environ.get(name)}
    found: dict[str, str | None] = {name: str(place) for name, place in known.items() if is_folder(place)}
    return {"HOME": str(home), "XDG_CACHE_HOME": None, "XDG_CONFIG_HOME": None, "GOCACHE": None, **found}


def _less_secrets(places: Iterable[Path], seen: Visible, project: Path) -> Iterator[Path]:
    """``places``, with those that hold files to leave out replaced by the rest of what they hold."""
    left_out = {*seen.forgotten, *dotenv_files(project), *(Path(name) for name in ROOT_ONLY if os.geteuid() == 0)}
    for place in places:
        if not any(secret.is_relative_to(place) for secret in left_out):
            yield place
        elif is_folder(place):
            yield from _less_secrets([inner for inner in place.iterdir() if inner not in left_out], seen, project)


def landlock_refusal(scratch: Path, allow_network: bool) -> str | None:
    """Why this machine cannot confine by Landlock, or ``None``. Really tried, once a process."""
    if allow_network not in _refusals:
        _refusals[allow_network] = _try(scratch, allow_network)
    return _refusals[allow_network]


def _try(scratch: Path, allow_network: bool) -> str | None:
    if not sys.platform.startswith("linux"):
        return "Landlock needs Linux"
    if not confining.landlock_version():
        return "this kernel has no Landlock"
    if not confining.can_deny():
        return f"the system calls of {os.uname().machine} are not known"
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        try:
            with LandlockSandbox(Path(folder), scratch, allow_network=allow_network).view(Patch()) as view:
                done = view.run(Command(("true",), env={"PATH": os.defpath}), timeout=10)
        except UsageError as error:
            return str(error)
    if done.returncode == 0:
        return None
    return done.output.decode(errors="replace").strip() or "a trial command did not run in it"
