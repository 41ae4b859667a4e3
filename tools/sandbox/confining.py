"""What a process gives up for good before it becomes a command: paths by Landlock, calls by seccomp.

A bare interpreter imports this. Structures and numbers are those of ``linux/landlock.h``, ``linux/filter.h`` and the
kernel's tables of system calls.
"""

from __future__ import annotations

import ctypes
import os

from . import syscalls as sc

TYPE_CHECKING = False  # typing would double the start-up time of a bare interpreter
if TYPE_CHECKING:
    from collections.abc import Iterable

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every architecture
_EXECUTE, _WRITE, _READ, _READ_DIR = 1, 2, 4, 8
_REFER, _TRUNCATE, _IOCTL = 1 << 13, 1 << 14, 1 << 15
_FILE_RIGHTS = _EXECUTE | _WRITE | _READ | _TRUNCATE | _IOCTL
_READING = _EXECUTE | _READ | _READ_DIR
_ALL_TCP, _ALL_SCOPES = 3, 3
_VERSION_ONLY = 1

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NUMBERS = {
    "x86_64": {
        "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "pidfd_getfd": 438, "keyctl": 250,
        "add_key": 248, "request_key": 249, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323,
        "io_uring_setup": 425,
        "kexec_load": 246, "kexec_file_load": 320, "init_module": 175, "finit_module": 313, "socket": 41,
    },
    "aarch64": {
        "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "pidfd_getfd": 438, "keyctl": 219,
        "add_key": 217, "request_key": 218, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282,
        "io_uring_setup": 425,
        "kexec_load": 104, "kexec_file_load": 294, "init_module": 105, "finit_module": 273, "socket": 198,
    },
}  # fmt: skip
_ALLOW, _DENY = 0x7FFF0000, 0x00050000 | 13  # EACCES
_JOIN_SESSION_KEYRING = 1

DENIED = (
    "keyctl", "add_key", "request_key", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "kexec_load",
    "kexec_file_load", "init_module", "finit_module",
)  # fmt: skip
"""Calls that no test needs and that reach the user's keys or the kernel's soft parts."""
PEEKING = ("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd")
"""Calls that reach into other processes: denied where those of the user are in sight."""


def landlock_version() -> int:
    """The Landlock ABI of this kernel, 0 for none."""
    try:
        return sc.numbered(_CREATE, None, ctypes.c_size_t(0), _VERSION_ONLY)
    except OSError:
        return 0


def restrict_paths(version: int, writable: Iterable[bytes], readable: Iterable[bytes], network: bool) -> None:
    """From here on nothing but ``writable`` may be changed and nothing but both may be read. Needs no_new_privs."""
    rights = (1 << 13) - 1 | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    rights |= _IOCTL if version >= 5 else 0
    words = [rights, 0 if network or version < 4 else _ALL_TCP, 0 if version < 6 else _ALL_SCOPES]
    attributes = (ctypes.c_uint64 * 3)(*words)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = sc.numbered(_CREATE, ctypes.byref(attributes), ctypes.c_size_t(size), 0)
    for place in writable:
        _allow(ruleset, place, rights)
    for place in readable:
        _allow(ruleset, place, rights & _READING)
    sc.numbered(_RESTRICT, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, place: bytes, rights: int) -> None:
    try:
        fd = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(place):  # noqa: PTH112
        rights &= _FILE_RIGHTS
    rule = rights.to_bytes(8, "little") + fd.to_bytes(4, "little")
    try:
        sc.numbered(_ADD, ruleset, 1, rule, 0)
    finally:
        os.close(fd)


def can_deny() -> bool:
    """Whether this processor's system calls are known here."""
    return os.uname().machine in _NUMBERS


def deny_calls(names: Iterable[str], strict: bool = False) -> None:
    """Make system calls say EACCES. ``strict`` refuses those of other architectures too (32-bit programs)."""
    machine = os.uname().machine
    if machine not in _NUMBERS:
        return
    numbers = [_NUMBERS[machine][name] for name in names]
    other = _DENY if strict else _ALLOW
    program = [(0x20, 0, 0, 4), (0x15, 1, 0, _AUDIT_ARCH[machine]), (0x06, 0, 0, other), (0x20, 0, 0, 0)]
    program.append((0x35, len(numbers) + 1, 0, 0x40000000))  # the x32 table, which has other numbers
    program += [(0x15, len(numbers) - index, 0, number) for index, number in enumerate(numbers)]
    program += [(0x06, 0, 0, _ALLOW), (0x06, 0, 0, _DENY)]
    sc.set_filter(b"".join(_instruction(*row) for row in program))


def _instruction(code: int, yes: int, no: int, value: int) -> bytes:
    return code.to_bytes(2, "little") + bytes((yes, no)) + value.to_bytes(4, "little")


def forget_keyring() -> None:
    """Leave the session keyring of the user, which may hold keys, for an empty one."""
    number = _NUMBERS.get(os.uname().machine, {}).get("keyctl")
    try:
        if number:
            sc.numbered(number, _JOIN_SESSION_KEYRING, None, 0, 0, 0)
    except OSError:
        return  # a container that forbids the call forbids it to the command as well
