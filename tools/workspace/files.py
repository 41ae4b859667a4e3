"""Files of the project read and replaced safely: nothing outside the root, nothing half written."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

from ...core.errors import Forbidden

_OPEN_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def real_path(root: Path, path: str) -> str:
    """``path`` with its symlinks resolved, relative to ``root``. Raises ``Forbidden`` where it leads out."""
    real = Path(os.path.realpath(root / path))
    if not real.is_relative_to(root) or real == root:
        raise Forbidden(f"{path} leads out of the project.")
    return real.relative_to(root).as_posix()


def read_regular(file: Path) -> bytes | None:
    """The bytes of a regular file; ``None`` when there is none (a pipe or device is never opened)."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            return None
        return file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def mode_of(file: Path) -> int | None:
    """The permission bits, or ``None`` when there is no such file."""
    try:
        return stat.S_IMODE(file.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None


def umask() -> int:
    """The bits that new files of this process do not get."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text("ascii", "replace").splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    mask = os.umask(0o077)  # elsewhere there is no other way to read it than to set it
    os.umask(mask)
    return mask


def stage(temporary: Path, data: bytes, like: Path, mode: int | None) -> None:
    """Write ``data`` to the new file ``temporary``, on the disk when this returns; ``mode`` ``None`` means the umask's.

    Owner and extended attributes are those of ``like`` where it exists and they may be set.
    """
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()
    descriptor = os.open(temporary, _OPEN_NEW, 0o666)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        _imitate(stream.fileno(), like, mode)
        os.fsync(stream.fileno())


def _imitate(descriptor: int, like: Path, mode: int | None) -> None:
    with contextlib.suppress(FileNotFoundError):
        status = like.stat()
        if hasattr(os, "fchown"):
            own = os.fstat(descriptor)
            if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
                with contextlib.suppress(PermissionError):
                    os.fchown(descriptor, status.st_uid, status.st_gid)
        if hasattr(os, "listxattr"):
            with contextlib.suppress(OSError):  # not every file system has them, and some may not be set
                for name in os.listxattr(like):
                    os.setxattr(descriptor, name, os.getxattr(like, name))
    if mode is not None and hasattr(os, "fchmod"):  # after fchown, which clears set-id bits
        os.fchmod(descriptor, mode)


def sync_folder(folder: Path) -> None:
    """Make renames in ``folder`` last through a power cut, where the system can do that."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system that cannot sync folders
            raise
    finally:
        os.close(descriptor)


def temporary_for(file: Path) -> Path:
    """Where ``write_durably`` prepares ``file``; a kill may leave it."""
    return file.with_name(f".{file.name}.tmp")


def write_durably(file: Path, data: bytes) -> None:
    """Replace ``file`` by ``data`` in one step; a kill leaves the old file or the new one."""
    temporary = temporary_for(file)
    try:
        stage(temporary, data, file, mode_of(file))
        temporary.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(file.parent)
