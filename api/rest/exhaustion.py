"""No more files for connections: that is told once in a while, and not a thousand times a second."""

from __future__ import annotations

import asyncio
import errno
import sys
from typing import Any

EVERY = 60.0
"""Seconds between two lines about it."""
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Exhaustion:
    """An exception handler for an event loop: all else goes to its own one."""

    def __init__(self) -> None:
        self._told = -EVERY

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """See the class."""
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in _EXHAUSTED:
            loop.default_exception_handler(context)
        elif loop.time() - self._told >= EVERY:
            self._told = loop.time()
            print(f"aion-r: no room for more connections ({error.strerror}): new ones wait.", file=sys.stderr)
