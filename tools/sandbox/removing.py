"""Removing a tree that hostile code made: however deep, whatever its modes, and following no link."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path


def remove_tree(folder: Path) -> bool:
    """Remove ``folder``, locked folders included; says whether it is gone. Links are removed, never followed."""
    if sys.platform == "win32" or folder.is_symlink():
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()
    try:
        folder.chmod(0o700)
        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return not folder.exists()
    try:
        _empty(top)
    finally:
        os.close(top)
    try:
        folder.rmdir()
    except OSError:
        return not folder.exists()
    return True


def _empty(top: int) -> None:
    # Inner folders are moved up before theirs is removed: no recursion, and no path that grows too long for the kernel.
    number = 0
    pending = _split(top)
    while pending:
        name = pending.pop()
        try:
            os.chmod(name, 0o700, dir_fd=top)
            fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
        except OSError:
            continue
        try:
            for inner in _split(fd):
                number += 1
                moved = f".moved-{os.getpid()}-{number}"
                _try_rename(inner, moved, fd, top, pending)
        finally:
            os.close(fd)
        _try_rmdir(name, top)


def _split(fd: int) -> list[str]:
    """Unlink all but the folders in ``fd``; returns those."""
    with os.scandir(fd) as entries:
        listed = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_dir in listed:
        if not is_dir:
            try:
                os.unlink(name, dir_fd=fd)
            except OSError:
                continue
    return [name for name, is_dir in listed if is_dir]


def _try_rename(inner: str, moved: str, fd: int, top: int, pending: list[str]) -> None:
    try:
        os.chmod(inner, 0o700, dir_fd=fd)
        os.rename(inner, moved, src_dir_fd=fd, dst_dir_fd=top)
    except OSError:
        return
    pending.append(moved)


def _try_rmdir(name: str, top: int) -> None:
    try:
        os.rmdir(name, dir_fd=top)
    except OSError:
        return
