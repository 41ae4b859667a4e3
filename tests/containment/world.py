"""A user's machine in small: a home full of secrets, programs that listen, a process with a key, a hostile project."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aion_r.core.domain import Patch
from aion_r.tools.sandbox.protocol import Command, Sandbox

from . import attacks

GUEST = Path(attacks.__file__)
MOUNTING = {
    "undo_mounts", "undo_mounts_as_inner_root", "remount_writable", "mount_system_files", "write_by_bind_mount",
    "read_by_chroot",
}  # fmt: skip
"""Not tried where nothing but the loss of a capability stands between them and this machine's own mounts."""


@dataclass
class World:
    """The machine before an attack: where everything is, and what the host's files said."""

    home: Path
    project: Path
    aim: dict[str, Any]
    heard: list[str]

    def run(self, sandbox: Sandbox) -> dict[str, str]:
        """Try every attack in one view, with another view open beside it; what each got, and what the host noticed."""
        targets = {name: Path(path) for name, path in self.aim["targets"].items()}
        with sandbox.view(Patch()) as other, sandbox.view(Patch()) as view:
            (other.out / "result").write_text(attacks.SECRET)
            self.aim["other_view"] = str(other.out / "result")
            targets["write_other_view"] = other.out / "result"
            self.aim["targets"]["write_other_view"] = str(other.out / "result")
            self.aim["skip"] = sorted(MOUNTING) if sandbox.level == "copy" else []
            before = {name: _state(path) for name, path in targets.items()}
            files = {"attacks.py": GUEST.read_bytes(), "aim.json": json.dumps(self.aim).encode()}
            argv = (sys.executable, "-I", "-S", *(str(view.out / n) for n in ("attacks.py", "aim.json", "got.json")))
            done = view.run(Command(argv, files=files), 120)
            assert done.returncode == 0, done.output.decode(errors="replace")
            got: dict[str, str] = json.loads((view.out / "got.json").read_text())
            changed = {name: "GOT changed" for name, path in targets.items() if _state(path) != before[name]}
        return {name: "contained" if name in targets else said for name, said in got.items()} | changed


def _state(path: Path) -> object:
    if not path.exists():
        return None
    known = path.stat()
    marked = "user.canary" in os.listxattr(path)
    return path.read_bytes(), known.st_mode, known.st_mtime_ns, marked


@contextmanager
def made(folder: Path) -> Iterator[World]:
    """The machine below ``folder``, with its servers and its victim running."""
    home, project = folder / "home" / "user", folder / "home" / "user" / "code" / "project"
    project.mkdir(parents=True)
    for name in attacks.READS:
        _put(home / name, f"token = {attacks.SECRET}\n")
    _put(project / ".env", f"DEBUG=1\nGROQ_API_KEY={attacks.SECRET}\nexport OPENAI_API_KEY='{attacks.SECRET}'\n")
    for name in ("test_it.py", "conftest.py", "package.json", ".git/hooks/pre-commit"):
        _put(project / name, "original\n")
    aim: dict[str, Any] = {"home": str(home), "project": str(project), "targets": _targets(folder, home, project)}
    aim |= {"marker": f"victim-{os.getpid()}", "abstract": f"aion-canary-{os.getpid()}", "address": "127.0.0.2"}
    heard: list[str] = []
    with ExitStack() as stack:
        aim |= _listeners(stack, folder, project, aim["abstract"], heard)
        code = "import time; print(flush=True); time.sleep(600)"
        victim = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", code, aim["marker"]],
            env={"KEY": attacks.SECRET},
            stdout=subprocess.PIPE,
        )
        stack.enter_context(victim)
        stack.callback(victim.kill)
        assert victim.stdout and victim.stdout.readline()
        aim["victim"] = victim.pid
        _plant_key(stack)
        yield World(home, project, aim, heard)


def _plant_key(stack: ExitStack) -> None:
    # In this process's own session keyring, where a login keeps tickets and disk passwords.
    add, control = (248, 250) if attacks.X86 else (217, 219)
    key = attacks.C.syscall(add, b"user", b"aion-canary", b"hush", 4, -3)
    if key >= 0:
        stack.callback(attacks.C.syscall, control, 3, key)  # KEYCTL_REVOKE


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _targets(folder: Path, home: Path, project: Path) -> dict[str, str]:
    named = {
        "home": home / "planted",
        "shell_start": home / ".bashrc",
        "cargo_cache": home / ".cargo" / "registry" / "crate.rs",
        "cargo_program": home / ".cargo" / "bin" / "cargo-evil",
        "go_cache": home / ".cache" / "go-build" / "00" / "entry-d",
        "npm_cache": home / ".npm" / "_cacache" / "entry",
        "temporary": folder / "planted",
        "sibling": home / "code" / "sibling.py",
        "original_test": project / "test_it.py",
        "original_conftest": project / "conftest.py",
        "original_manifest": project / "package.json",
        "git_hook": project / ".git" / "hooks" / "pre-commit",
        "aion_home": home / ".local" / "share" / "aion-r" / "runs" / "1" / "run.json",
        "other_view": folder / "set later",
    }
    for name in ("cargo_cache", "go_cache", "npm_cache"):
        _put(named[name], "cached\n")
    (home / ".cargo" / "bin").mkdir()
    found = {f"write_{name}": str(path) for name, path in named.items()}
    for name in attacks.WRITES.keys() - found.keys():
        _put(home / "documents" / name, "mine\n")
        found[name] = str(home / "documents" / name)
    return found


def _listeners(stack: ExitStack, folder: Path, project: Path, abstract: str, heard: list[str]) -> dict[str, Any]:
    tcp4 = stack.enter_context(socket.create_server(("", 0)))
    tcp6 = stack.enter_context(socket.create_server(("::1", 0), family=socket.AF_INET6))
    found: dict[str, Any] = {"tcp4": tcp4.getsockname()[1], "tcp6": tcp6.getsockname()[1], "vsock": 4242}
    for name, family, host in (("udp4", socket.AF_INET, "127.0.0.1"), ("udp6", socket.AF_INET6, "::1")):
        server = stack.enter_context(socket.socket(family, socket.SOCK_DGRAM))
        server.bind((host, 0))
        found[name] = server.getsockname()[1]
        threading.Thread(target=_echo, args=(server, heard), daemon=True).start()
    outside = Path(stack.enter_context(_short_folder()))
    places = {"unix": folder / "agent.sock", "unix_outside": outside / "agent.sock"}
    for address in [*map(str, places.values()), "\0" + abstract, "in project"]:
        server = stack.enter_context(socket.socket(socket.AF_UNIX))
        if address == "in project":
            here = os.open(project, os.O_RDONLY)
            server.bind(f"/proc/self/fd/{here}/agent.sock")
            os.close(here)
        else:
            server.bind(address)
        server.listen()
    return found | {name: str(place) for name, place in places.items()}


def _echo(server: socket.socket, heard: list[str]) -> None:
    while True:
        try:
            data, sender = server.recvfrom(1000)
            heard.append(repr(data))
            server.sendto(data, sender)
        except OSError:
            return


@contextmanager
def _short_folder() -> Iterator[str]:
    """A folder that a view shows, where this machine has one that we may write; else one that it hides."""
    import shutil
    import tempfile

    place = "/var/lib" if os.access("/var/lib", os.W_OK) else "/tmp"
    folder = tempfile.mkdtemp(dir=place, prefix="aion-r-test-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
