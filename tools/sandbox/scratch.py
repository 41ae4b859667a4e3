"""Scratch folders that live as long as their owner: each holds a locked file, and a lock dies with its process."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from .removing import remove_tree

_PREFIX = "view-"
_LOCK = "owner.lock"
_NEWBORN_S = 60.0


class ScratchFolder:
    """A fresh private folder below ``parent``, removed by ``close`` or, after a kill, by the next ``sweep``."""

    def __init__(self, parent: Path) -> None:
        parent.mkdir(parents=True, exist_ok=True)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        # The lock is taken under another name first: a sweep never meets a lock file that is not held yet.
        newborn = self.path / f"{_LOCK}.new"
        self._lock = os.open(newborn, os.O_RDWR | os.O_CREAT, 0o600)
        _try_lock(self._lock)
        newborn.rename(self.path / _LOCK)

    def close(self) -> None:
        """Remove the folder and all in it."""
        if self._lock >= 0:
            lock, self._lock = self._lock, -1
            remove_tree(self.path)
            os.close(lock)


def sweep(scratch: Path) -> int:
    """Remove the folders that killed runs left in ``scratch``; returns how many. Folders in use are not touched."""
    if not scratch.is_dir():
        return 0
    return sum(_remove_if_abandoned(folder) for folder in scratch.glob(f"{_PREFIX}*"))


def _remove_if_abandoned(folder: Path) -> bool:
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR)
    except OSError:
        return _is_old(folder) and remove_tree(folder)
    try:
        return _try_lock(lock) and remove_tree(folder)
    finally:
        os.close(lock)


def _is_old(folder: Path) -> bool:
    # Between its making and its lock a folder is a few microseconds old.
    try:
        return time.time() - folder.stat().st_mtime > _NEWBORN_S
    except OSError:
        return False


def _try_lock(fd: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
