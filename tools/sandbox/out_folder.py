"""The folder that a view's commands hand files back in: what they plant there must not lead us anywhere else."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from pathlib import Path

from .removing import remove_tree

_DEEPEST = 32


def put_file(folder: Path, name: str, data: bytes) -> None:
    """Write ``folder/name`` anew. A link that stands there is replaced, never followed."""
    fresh = folder / f".{secrets.token_hex(8)}"
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with open(fd, "wb") as stream:  # noqa: PTH123 - a descriptor
        stream.write(data)
    target = folder / name
    if target.is_dir() and not target.is_symlink():
        remove_tree(target)
    fresh.replace(target)


def settle(folder: Path) -> None:
    """Leave only folders, sockets and ordinary files with one name in ``folder``.

    Links would show us the user's other files as if they were results, pipes and devices would hold us up for ever.
    """
    if sys.platform == "win32" or not folder.parent.is_dir():  # closed meanwhile, with all that it held
        return
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink(missing_ok=True)
        folder.mkdir(mode=0o700)
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _settle(fd, folder, 0)
    finally:
        os.close(fd)


def _settle(fd: int, folder: Path, depth: int) -> None:
    with os.scandir(fd) as entries:
        listed = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
    for name, known in listed:
        if stat.S_ISDIR(known.st_mode):
            _settle_folder(fd, folder / name, depth)
        elif not (stat.S_ISSOCK(known.st_mode) or (stat.S_ISREG(known.st_mode) and _is_plain(known))):
            os.unlink(name, dir_fd=fd)


def _settle_folder(above: int, folder: Path, depth: int) -> None:
    try:
        if depth >= _DEEPEST:
            raise OSError("too deep")
        fd = os.open(folder.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
    except OSError:
        remove_tree(folder)
        return
    try:
        _settle(fd, folder, depth + 1)
    finally:
        os.close(fd)


def _is_plain(known: os.stat_result) -> bool:
    return known.st_nlink == 1 and bool(known.st_mode & stat.S_IRUSR)
