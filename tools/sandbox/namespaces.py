# ruff: noqa: PTH101, PTH102, PTH103, PTH116, PTH123 - pathlib costs a bare interpreter its start-up time
"""The overlay level's world: namespaces without privileges, and the mounts that a command sees.

Order matters. The system is made read-only first; then a size-limited tmpfs is mounted at ``ns`` in the view's own
folder and becomes the working folder, so that everything below it stays reachable by relative names (no escaping in
overlay options, nothing lost when ``/tmp`` is covered). Layers are built there and bound to their places at last.
"""

from __future__ import annotations

import os
from typing import Any

from . import syscalls as sc

_KEPT_BY_ROOT = sum(1 << cap for cap in (0, 1, 3, 4, 5, 6, 7, 10))
"""chown, dac_override, fowner, fsetid, kill, setgid, setuid, net_bind_service: what root needs to be root on files."""
_MOST_PROCESSES = b"2048"


def enter_namespaces(network: bool) -> None:
    """Leave the host's user, mount, PID, IPC, UTS and, unless ``network``, network namespaces. Ids stay the same."""
    flags = sc.CLONE_NEWUSER | sc.CLONE_NEWNS | sc.CLONE_NEWPID | sc.CLONE_NEWIPC | sc.CLONE_NEWUTS
    uid, gid = os.geteuid(), os.getegid()
    mapper = _start_mapper() if uid == 0 else None
    sc.unshare(flags if network else flags | sc.CLONE_NEWNET)
    if mapper is None or not _finish_mapper(*mapper):
        _write("/proc/self/setgroups", b"deny")
        _write("/proc/self/uid_map", b"%d %d 1" % (uid, uid))
        _write("/proc/self/gid_map", b"%d %d 1" % (gid, gid))
    if not network:
        _bring_loopback_up()


def _write(path: str, data: bytes) -> None:
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, data)
    finally:
        os.close(fd)


def _start_mapper() -> tuple[int, int]:
    # Root maps every id, or it could no longer write a tree that is somebody else's (a bind mount in a container).
    # Only a process outside the new namespace may write such a map.
    parent = os.getpid()
    wait, go = os.pipe()
    pid = os.fork()
    if pid:
        os.close(wait)
        return pid, go
    os.close(go)
    os.read(wait, 1)
    try:
        for name in ("uid_map", "gid_map"):
            with open(f"/proc/self/{name}") as ids:
                lines = [line.split() for line in ids]
            _write(f"/proc/{parent}/{name}", "".join(f"{start} {start} {n}\n" for start, _, n in lines).encode())
    except OSError:
        os._exit(1)
    os._exit(0)


def _finish_mapper(pid: int, go: int) -> bool:
    os.close(go)
    return os.waitpid(pid, 0)[1] == 0


def _bring_loopback_up() -> None:
    import _socket
    import fcntl

    probe = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    request = b"lo".ljust(16, b"\0") + (0x1 | 0x40).to_bytes(2, "little") + b"\0" * 22
    fcntl.ioctl(probe.fileno(), 0x8914, request)  # SIOCSIFFLAGS: up, running
    probe.close()


def build(config: dict[str, Any]) -> None:
    """Mount the view that ``config`` describes; the working folder is its private tmpfs afterwards."""
    project, out, private = config["project"], config["out"], config["private"]
    sc.mount(b"none", b"/", flags=sc.MS_REC | sc.MS_PRIVATE)
    sc.set_readonly(b"/", True, recursive=True)
    sc.mount(b"tmpfs", config["ns"], b"tmpfs", sc.MS_NODEV | sc.MS_NOSUID, b"mode=700,size=%d" % config["size"])
    os.chdir(config["ns"])
    _bind(out, b"out", writable=True)
    _bind(config["disk"], b"disk", writable=True)
    on_disk = config["upper_on_disk"] or not _keeps_attributes(b".")
    places = {project: _overlay(b"project", project, on_disk), out: b"out"}
    places |= {folder: _try_overlay(b"w%d" % i, folder, on_disk) for i, folder in enumerate(config["writable"])}
    for index, folder in enumerate(private):
        _bind(folder, stash(index), recursive=True)
        os.mkdir(b"private%d" % index)
        os.chmod(b"private%d" % index, 0o1777)
    for index, folder in enumerate(private):
        sc.mount(b"private%d" % index, folder, flags=sc.MS_BIND)
    config["places"] = {place: layer for place, layer in places.items() if layer}
    for place in sorted(config["places"]):
        put(places[place], place)


def stash(index: int) -> bytes:
    """Where the host's ``private`` folder number ``index`` stays reachable, relative to the tmpfs."""
    return b"stash%d" % index


def put(layer: bytes, place: bytes, recursive: bool = False) -> None:
    """Bind ``layer`` to ``place``, which is made if a private folder hides it."""
    os.makedirs(place, exist_ok=True)
    sc.mount(layer, place, flags=sc.MS_BIND | (sc.MS_REC if recursive else 0))


def _bind(source: bytes, name: bytes, recursive: bool = False, writable: bool = False) -> None:
    os.mkdir(name)
    sc.mount(source, name, flags=sc.MS_BIND | (sc.MS_REC if recursive else 0))
    if writable:
        sc.set_readonly(name, False)


def _overlay(name: bytes, folder: bytes, on_disk: bool) -> bytes:
    """A writable overlay of ``folder`` mounted at ``name``."""
    store = b"disk/" + name if on_disk else name + b"-upper"
    lower = name + b"-lower"
    for part in (name, store, store + b"/u", store + b"/w"):
        os.mkdir(part)
    _bind(folder, lower)
    os.chmod(store + b"/u", os.stat(lower).st_mode & 0o7777)
    layers = b"lowerdir=%s,upperdir=%s/u,workdir=%s/w,userxattr" % (lower, store, store)
    sc.mount(b"overlay", name, b"overlay", sc.MS_NODEV | sc.MS_NOSUID, layers)
    return name


def _try_overlay(name: bytes, folder: bytes, on_disk: bool) -> bytes:
    # Such a folder stays read-only where the kernel refuses, for instance because of mounts below it.
    try:
        return _overlay(name, folder, on_disk)
    except OSError:
        return b""


def _keeps_attributes(folder: bytes) -> bool:
    # A tmpfs learnt user.* attributes in Linux 6.6. Without them an overlay cannot make a folder anew where one was
    # deleted, so older kernels get their upper layer on disk.
    try:
        os.setxattr(folder, b"user.overlay.probe", b"")
    except OSError:
        return False
    return True


def enter_command(config: dict[str, Any], readable: list[bytes]) -> None:
    """As process 1 of a PID namespace: own mount table and ``/proc``, ``readable`` folders, nothing of ours."""
    sc.unshare(sc.CLONE_NEWNS)
    for folder in readable:
        for index, hidden in enumerate(config["private"]):
            if _is_within(folder, hidden):
                _show(folder, stash(index) + folder[len(hidden) :], config["places"])
    _fresh_proc()
    sc.detach(b".")
    os.chdir(b"/")


def _show(folder: bytes, source: bytes, places: dict[bytes, bytes]) -> None:
    if any(_is_within(folder, place) for place in places):
        return
    put(source, folder, recursive=True)
    for place in sorted(places):
        if _is_within(place, folder):
            put(places[place], place)


def _is_within(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder + b"/")


def _fresh_proc() -> None:
    root = os.geteuid() == 0
    try:
        sc.mount(b"proc", b"/proc", b"proc", sc.MS_NOSUID | sc.MS_NODEV | sc.MS_NOEXEC)
    except OSError:
        return  # a container that masks parts of /proc forbids a full one; the host's stays, read-only
    release = os.uname().release.split(".")
    if root and (int(release[0]), int(release[1].split("-")[0])) >= (6, 14):
        _write("/proc/sys/kernel/pid_max", _MOST_PROCESSES)  # per namespace since 6.14; root escapes RLIMIT_NPROC
    if root:
        sc.set_readonly(b"/proc", True)  # /proc/sys and sysrq-trigger belong to root, whatever its namespace


def drop_privileges() -> None:
    """Keep nothing that could undo the mounts."""
    sc.drop_capabilities(_KEPT_BY_ROOT if os.geteuid() == 0 else 0)
