# ruff: noqa: PTH103, PTH108, PTH112, PTH118, PTH120, PTH123, PTH208, SIM105 - pathlib costs a bare interpreter its start-up time
"""The process that holds a view: it builds the view's world, then starts commands in it for as long as we live.

It runs in a bare interpreter (``-I -S``), talks over one socket, and everything in the view dies with that socket:
our end closes when we close the view and just as well when we are killed. Each command has one process above it
that reaps and, at the end, leaves nothing alive: process 1 of a PID namespace at the overlay level, elsewhere a
sub-reaper that kills its descendants. A command's status socket carries its exit status; its end of file says that
everything the command started is gone; closing our end of it kills the command.
"""

from __future__ import annotations

import _socket
import marshal
import os
import select
import sys

from . import confining, limits, namespaces
from . import syscalls as sc
from .reaping import kill_descendants, reap_others
from .watching import TICK_MS, Watch

TYPE_CHECKING = False  # typing would double the start-up time of a bare interpreter
if TYPE_CHECKING:
    from typing import Any

_CLOSED = getattr(select, "POLLRDHUP", 0)  # Linux alone has it, and alone needs it
_HANGUP = select.POLLHUP | select.POLLERR | _CLOSED


def main() -> None:
    """Hold the view that the first message on the socket (descriptor ``argv[-1]``) describes."""
    control = _socket.socket(fileno=int(sys.argv[-1]))
    config: dict[str, Any] = marshal.loads(_exactly(control))
    isolated = config["level"] == "overlay"
    try:
        _be_first_to_go()
        if isolated:
            namespaces.enter_namespaces(config["network"])
            _become_init(control)
            namespaces.build(config)
        sc.adopt_orphans()
        sc.forbid_tracing()
        _apply(config["project"], config["edits"])
    except OSError as error:
        reason = f"{error.strerror}: {os.fsdecode(error.filename)}" if error.filename else str(error.strerror)
        _reply(control, (error.errno or 0, reason))
        os._exit(1)
    _reply(control, (0, ""))
    sc.set_signal(2, ignore=True)
    _Server(control, config, isolated).serve()


def _be_first_to_go() -> None:
    # Where memory runs out, the kernel is to end the tests and not the user's editor.
    fd = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(fd, b"800")
    os.close(fd)


def _become_init(control: _socket.socket) -> None:
    child = os.fork()
    if child == 0:
        sc.die_with_parent()
        return
    control.close()
    os.waitpid(child, 0)
    os._exit(0)


def _exactly(control: _socket.socket) -> bytes:
    size = int.from_bytes(_read(control, 8), "little")
    return _read(control, size)


def _read(control: _socket.socket, size: int) -> bytes:
    parts = []
    while size:
        part = control.recv(min(size, 1 << 20))
        if not part:
            os._exit(0)
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _reply(control: _socket.socket, message: tuple[int, str]) -> None:
    data = marshal.dumps(message)
    control.sendall(len(data).to_bytes(8, "little") + data)


def _apply(root: bytes, edits: list[tuple[bytes, bytes | None, bool]]) -> None:
    # Written through the mounted view: modes, owners and whiteouts come from the file system itself.
    for path, after, executable in edits:
        target = os.path.join(root, path)
        if after is None:
            if os.path.lexists(target):
                os.unlink(target)
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o777 if executable else 0o666)
        with open(fd, "wb") as stream:
            stream.write(after)
        _forget_bytecode(target)


def _forget_bytecode(target: bytes) -> None:
    # Python trusts byte code whose source has the same size and was written in the same second.
    folder, name = os.path.split(target)
    cache = os.path.join(folder, b"__pycache__")
    if not name.endswith(b".py") or not os.path.isdir(cache):
        return
    for compiled in os.listdir(cache):
        if compiled.startswith(name[:-2]):
            os.unlink(os.path.join(cache, compiled))


class _Server:
    def __init__(self, control: _socket.socket, config: dict[str, Any], isolated: bool) -> None:
        self._control, self._config, self._isolated = control, config, isolated
        self._running: dict[int, tuple[int, _socket.socket]] = {}
        self._own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY) if isolated else -1
        self._poll = select.poll()
        self._poll.register(control.fileno(), select.POLLIN)

    def serve(self) -> None:
        while True:
            for fd, event in self._poll.poll():
                if fd == self._control.fileno():
                    self._accept()
                elif fd in self._running:
                    self._ended(fd)
                elif event & _HANGUP:
                    self._hung_up(fd)

    def _accept(self) -> None:
        space = _socket.CMSG_SPACE(16)
        head, extra, _, _ = self._control.recvmsg(8, space, _socket.MSG_CMSG_CLOEXEC)
        if not head:
            self._finish()
        fds = [int.from_bytes(extra[0][2][i : i + 4], "little") for i in range(0, 16, 4)]
        head += _read(self._control, 8 - len(head)) if len(head) < 8 else b""
        request = marshal.loads(_read(self._control, int.from_bytes(head, "little")))
        status = _socket.socket(fileno=fds[3])
        pid = self._fork(request, fds, status)
        for fd in fds[:3]:
            os.close(fd)
        pidfd = os.pidfd_open(pid)
        self._running[pidfd] = (pid, status)
        self._poll.register(pidfd, select.POLLIN)
        self._poll.register(status.fileno(), _CLOSED)

    def _fork(self, request: dict[str, Any], fds: list[int], status: _socket.socket) -> int:
        if self._isolated:
            sc.unshare(sc.CLONE_NEWPID)
        pid = os.fork()
        if pid == 0:
            for _, other in self._running.values():
                other.close()  # or the end of those commands would be seen at the end of this one only
            _hold(self._config, request, fds, status, self._control)
        if self._isolated:
            sc.setns(self._own_pids, sc.CLONE_NEWPID)
        return pid

    def _ended(self, pidfd: int) -> None:
        pid, status = self._running.pop(pidfd)
        os.waitpid(pid, 0)
        self._poll.unregister(pidfd)
        os.close(pidfd)
        try:
            self._poll.unregister(status.fileno())
        except KeyError:  # our end had hung up
            pass
        if not self._isolated and not self._running:
            kill_descendants()
        status.close()

    def _hung_up(self, fd: int) -> None:
        self._poll.unregister(fd)
        if not self._isolated:
            return  # the command's holder sees it too, and kills what it started
        for pid, status in self._running.values():
            if status.fileno() == fd:
                os.kill(pid, 9)

    def _finish(self) -> None:
        if not self._isolated:
            kill_descendants()
        os._exit(0)


def _hold(
    config: dict[str, Any], request: dict[str, Any], fds: list[int], status: _socket.socket, control: _socket.socket
) -> None:
    code, exceeded = 125, ""
    try:
        control.close()
        sc.die_with_parent()
        sc.adopt_orphans()
        if config["level"] == "overlay":
            namespaces.enter_command(config, request["readable"])
        watch = Watch(config)
        child = os.fork()
        if child == 0:
            _exec(config, request, fds)
        for fd in fds[:3]:
            os.close(fd)
        code, exceeded = _await(child, status, watch)
    except OSError as error:
        os.write(fds[2], f"the view could not start the command: {error}\n".encode())
    finally:
        if config["level"] != "overlay":
            kill_descendants()
        try:
            status.send(code.to_bytes(4, "little", signed=True) + exceeded.encode())
        finally:
            os._exit(0)


def _await(child: int, status: _socket.socket, watch: Watch) -> tuple[int, str]:
    poll = select.poll()
    poll.register(status.fileno(), _CLOSED)
    poll.register(os.pidfd_open(child), select.POLLIN)
    while True:
        for fd, event in poll.poll(TICK_MS):
            if fd != status.fileno():
                return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), ""
            if event & _HANGUP:
                return -9, ""
        reap_others(child)
        if exceeded := watch.exceeded():
            return -9, exceeded


def _confine(config: dict[str, Any], readable: list[bytes]) -> None:
    level = config["level"]
    if level == "none":
        return
    confining.forget_keyring()
    confined = level == "landlock"
    if confined:
        version, network = confining.landlock_version(), config["network"]
        confining.restrict_paths(version, config["writable"], [*config["readable"], *readable], network)
    denied = confining.DENIED if level == "overlay" else (*confining.DENIED, *confining.PEEKING)
    cut = confined and not config["network"]
    confining.deny_calls((*denied, "socket") if cut else denied, strict=confined)


def _exec(config: dict[str, Any], request: dict[str, Any], fds: list[int]) -> None:
    try:
        os.setsid()
        for number in (2, 13, 25):
            sc.set_signal(number, ignore=False)  # the interpreter's SIGINT, SIGPIPE and SIGXFSZ are not the command's
        for number, fd in enumerate(fds[:3]):
            os.dup2(fd, number)
        os.chdir(os.path.join(config["project"], request["cwd"]))
        limits.apply(config["limits"])
        if config["level"] != "none":
            namespaces.drop_privileges()
        sc.no_new_privileges()
        _confine(config, request["readable"])
        os.execvpe(request["argv"][0], request["argv"], request["env"])
    except OSError as error:
        name = os.fsdecode(request["argv"][0])
        os.write(2, f"{name}: {error.strerror or error}\n".encode(errors="replace"))
        os._exit(126 if isinstance(error, PermissionError) else 127)
    finally:
        os._exit(125)
