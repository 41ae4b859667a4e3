"""The Linux calls that Python does not offer, each as one thin function that raises ``OSError``.

The launcher imports this in a bare interpreter: nothing here may import more than ``ctypes`` needs anyway.
"""

from __future__ import annotations

import ctypes
import os

TYPE_CHECKING = False  # typing would double the start-up time of a bare interpreter
if TYPE_CHECKING:
    from typing import Any

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP = 1, 4, 24
_PR_SET_SECCOMP = 22
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 36, 38, 47
_SYS_MOUNT_SETATTR = 442  # the same number on every architecture
_AT_FDCWD, _AT_RECURSIVE, _ATTR_RDONLY = -100, 0x8000, 1
_LAST_CAP = 40

_loaded: list[ctypes.CDLL] = []


def _call(name: str, *args: Any) -> int:
    if not _loaded:
        _loaded.append(ctypes.CDLL(None, use_errno=True))
    result: int = getattr(_loaded[0], name)(*args)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def numbered(number: int, *args: Any) -> int:
    """The system call ``number``, for those that the C library does not offer."""
    return _call("syscall", ctypes.c_long(number), *args)


def unshare(flags: int) -> None:
    """Leave the namespaces in ``flags``; a new PID namespace holds only later children."""
    _call("unshare", flags)


def setns(fd: int, kind: int) -> None:
    """Enter the namespace that ``fd`` refers to."""
    _call("setns", fd, kind)


def mount(source: bytes, target: bytes, kind: bytes = b"", flags: int = 0, options: bytes = b"") -> None:
    """mount(2)."""
    _call("mount", source, target, kind or None, ctypes.c_ulong(flags), options or None)


def detach(target: bytes) -> None:
    """Unmount lazily: what is open or layered above it stays usable."""
    _call("umount2", target, MNT_DETACH)


def set_readonly(target: bytes, readonly: bool, recursive: bool = False) -> None:
    """Make a mount (and all below it) read-only, or writable again. Linux 5.12."""
    attributes = (ctypes.c_uint64 * 4)(_ATTR_RDONLY if readonly else 0, 0 if readonly else _ATTR_RDONLY, 0, 0)
    flags = _AT_RECURSIVE if recursive else 0
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    _call("syscall", ctypes.c_long(_SYS_MOUNT_SETATTR), _AT_FDCWD, target, flags, ctypes.byref(attributes), size)


def set_hostname(name: bytes) -> None:
    """Set the host name of this UTS namespace."""
    _call("sethostname", name, ctypes.c_size_t(len(name)))


def set_signal(number: int, ignore: bool) -> None:
    """Ignore a signal, or give it back its default action, below Python's own handlers."""
    if not _loaded:
        _call("getpid")
    handler = _loaded[0].signal
    handler.restype, handler.argtypes = ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p]
    handler(number, 1 if ignore else 0)


def _prctl(option: int, *args: int) -> None:
    _call("prctl", option, *(ctypes.c_ulong(a) for a in (*args, 0, 0, 0, 0)[:4]))


def die_with_parent() -> None:
    """Be killed when the thread that forked us ends."""
    _prctl(_PR_SET_PDEATHSIG, 9)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent died."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def forbid_tracing() -> None:
    """Keep processes of the same user from reading or tracing us."""
    _prctl(_PR_SET_DUMPABLE, 0)


def no_new_privileges() -> None:
    """Make set-uid programs and file capabilities powerless from here on."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def set_filter(program: bytes) -> None:
    """Let the kernel judge every later system call by ``program`` (``struct sock_filter`` after one another)."""
    code = ctypes.create_string_buffer(program, len(program))
    head = (ctypes.c_uint64 * 2)(len(program) // 8, ctypes.addressof(code))  # struct sock_fprog, little-endian
    _prctl(_PR_SET_SECCOMP, 2, ctypes.addressof(head))


def drop_capabilities(kept: int) -> None:
    """Give up every capability whose bit is not in ``kept``, for good."""
    for cap in range(_LAST_CAP + 1):
        if not kept >> cap & 1:
            _prctl(_PR_CAPBSET_DROP, cap)
    _prctl(_PR_CAP_AMBIENT, 4)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    low, high = kept & 0xFFFFFFFF, kept >> 32
    data = (ctypes.c_uint32 * 6)(low, low, 0, high, high, 0)
    _call("capset", ctypes.byref(header), ctypes.byref(data))
