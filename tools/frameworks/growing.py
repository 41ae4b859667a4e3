"""What a run has written so far, read while its processes live: they may have put anything in its place."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

_MOST = 4_000_000
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_ordinary(path: Path) -> BinaryIO:
    """``path`` for reading. A link, or a pipe or device, which could hold us up for ever, is an ``OSError``."""
    fd = os.open(path, _FLAGS)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(f"{path} is not an ordinary file")
    return open(fd, "rb")  # noqa: PTH123 - a descriptor


def lines_since(path: Path, offset: int) -> bytes:
    """The whole lines from ``offset`` on, at most 4 MB of them; empty where there is nothing to read."""
    try:
        with open_ordinary(path) as stream:
            stream.seek(offset)
            fresh = stream.read(_MOST)
    except OSError:
        return b""
    return fresh[: fresh.rfind(b"\n") + 1]


def size_so_far(path: Path) -> int:
    """Its size in bytes; 0 where no ordinary file is there."""
    try:
        known = path.lstat()
    except OSError:
        return 0
    return known.st_size if stat.S_ISREG(known.st_mode) else 0
