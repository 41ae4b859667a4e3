# ruff: noqa: PTH101, PTH102, PTH103, PTH108, PTH110, PTH112, PTH116, PTH120, PTH123, PTH211, SIM105 - pathlib costs a bare interpreter its start-up time
"""The overlay level's world: namespaces without privileges, and the mounts that a command sees.

Order matters. The system is made read-only first; then a size-limited tmpfs is mounted at ``ns`` in the view's own
folder and becomes the working folder, so that everything below it stays reachable by relative names (no escaping in
overlay options, nothing lost when ``/tmp`` is covered). Layers are built there and bound to their places at last.
"""

from __future__ import annotations

import os

from . import syscalls as sc

TYPE_CHECKING = False  # typing would double the start-up time of a bare interpreter
if TYPE_CHECKING:
    from typing import Any

_KEPT_BY_ROOT = sum(1 << cap for cap in (0, 1, 3, 4, 5, 6, 7, 10))
"""chown, dac_override, fowner, fsetid, kill, setgid, setuid, net_bind_service: what root needs to be root on files."""
_OPTIONS = b"mode=700,nr_inodes=1000000,size=%d"
_DEVICES = (b"null", b"zero", b"full", b"random", b"urandom", b"tty")
_DEVICE_LINKS = (
    (b"fd", b"/proc/self/fd"),
    (b"stdin", b"/proc/self/fd/0"),
    (b"stdout", b"/proc/self/fd/1"),
    (b"stderr", b"/proc/self/fd/2"),
    (b"ptmx", b"pts/ptmx"),
)


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
    sc.mount(b"tmpfs", config["ns"], b"tmpfs", sc.MS_NODEV | sc.MS_NOSUID, _OPTIONS % config["size"])
    os.chdir(config["ns"])
    _bind(out, b"out", writable=True)
    _bind(config["disk"], b"disk", writable=True)
    on_disk = config["upper_on_disk"] or not _keeps_attributes(b".")
    places = {project: _overlay(b"project", project, on_disk), out: b"out"}
    places |= {folder: _try_overlay(b"w%d" % i, folder, on_disk) for i, folder in enumerate(config["writable"])}
    config["places"] = places
    for index, (folder, mode) in enumerate(private):
        _bind(folder, stash(index), recursive=True)
        os.mkdir(b"private%d" % index)
        os.chmod(b"private%d" % index, mode)
    _cover(config["covered"])
    _own_devices()
    for index, (folder, _) in enumerate(private):
        put(b"private%d" % index, folder)
    _make_names(config["homes"], config["links"])
    for place in sorted(places):
        put(places[place], place)
    for file in config["forgotten"]:
        _forget(file)


def _forget(file: bytes) -> None:
    if os.path.isdir(file):
        sc.mount(b"empty", file, flags=sc.MS_BIND)
        return
    try:
        os.unlink(file)
    except OSError:  # shown read-only, see _try_overlay
        sc.mount(b"blank", file, flags=sc.MS_BIND)


def _cover(places: list[bytes]) -> None:
    # What listens there, or is written there, stays on the host's side of an empty file or folder.
    os.mkdir(b"empty")
    os.close(os.open(b"blank", os.O_CREAT | os.O_WRONLY, 0o600))
    for place in places:
        try:
            sc.mount(b"empty" if os.path.isdir(place) else b"blank", place, flags=sc.MS_BIND)
        except FileNotFoundError:  # it went away since it was listed, as sockets do
            pass


def _own_devices() -> None:
    """A ``/dev`` without disks: root may open those, and read every file from them."""
    os.mkdir(b"dev")
    os.chmod(b"dev", 0o755)
    for name in _DEVICES:
        if os.path.exists(b"/dev/" + name):
            os.close(os.open(b"dev/" + name, os.O_CREAT | os.O_WRONLY, 0o600))
            sc.mount(b"/dev/" + name, b"dev/" + name, flags=sc.MS_BIND)
    for name in (b"shm", b"pts", b"mqueue"):
        os.mkdir(b"dev/" + name)
        os.chmod(b"dev/" + name, 0o1777)
    for name, target in _DEVICE_LINKS:
        os.symlink(target, b"dev/" + name)
    try:
        sc.mount(b"devpts", b"dev/pts", b"devpts", sc.MS_NOSUID | sc.MS_NOEXEC, b"newinstance,ptmxmode=0666,mode=620")
    except OSError:
        pass  # no pseudo-terminals then
    sc.mount(b"dev", b"/dev", flags=sc.MS_BIND | sc.MS_REC)


def _make_names(homes: list[bytes], links: list[tuple[bytes, bytes]]) -> None:
    for home in homes:
        os.makedirs(home, exist_ok=True)
    for name, target in links:
        if not os.path.lexists(name):
            os.makedirs(os.path.dirname(name), exist_ok=True)
            os.symlink(target, name)


def stash(index: int) -> bytes:
    """Where the host's ``private`` folder number ``index`` stays reachable, relative to the tmpfs."""
    return b"stash%d" % index


def put(layer: bytes, place: bytes, recursive: bool = False) -> None:
    """Bind ``layer``, a folder or a file, to ``place``, which is made if a private folder hides it."""
    if os.path.isdir(layer):
        os.makedirs(place, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.close(os.open(place, os.O_CREAT | os.O_RDONLY, 0o600))
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
    # Such a folder is read-only where the kernel refuses, for instance because of mounts below it.
    try:
        return _overlay(name, folder, on_disk)
    except OSError:
        _bind(folder, name + b"-bound", recursive=True)
        return name + b"-bound"


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
        for index, (hidden, _) in enumerate(config["private"]):
            if _is_within(folder, hidden):
                _show(folder, stash(index) + folder[len(hidden) :], config["places"])
    _fresh_proc(config["ids"])
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


def _fresh_proc(most_ids: int) -> None:
    root = os.geteuid() == 0
    try:
        sc.mount(b"proc", b"/proc", b"proc", sc.MS_NOSUID | sc.MS_NODEV | sc.MS_NOEXEC)
    except OSError:
        return  # a container that masks parts of /proc forbids a full one; the host's stays, read-only
    release = os.uname().release.split(".")
    if root and (int(release[0]), int(release[1].split("-")[0])) >= (6, 14):
        _write("/proc/sys/kernel/pid_max", b"%d" % most_ids)  # per namespace since 6.14; root escapes RLIMIT_NPROC
    if root:
        sc.set_readonly(b"/proc", True)  # /proc/sys and sysrq-trigger belong to root, whatever its namespace


def drop_privileges() -> None:
    """Keep nothing that could undo the mounts."""
    sc.drop_capabilities(_KEPT_BY_ROOT if os.geteuid() == 0 else 0)
