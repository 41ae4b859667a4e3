"""Messages between processes: a length in four bytes, then JSON."""

from __future__ import annotations

import json
import os
import struct
from typing import Any, Dict, Optional

_HEADER = struct.Struct(">I")

Message = Dict[str, Any]


def read_message(fd: int) -> Optional[Message]:
    """The next message, or ``None`` at the end of the stream."""
    header = _read_exactly(fd, _HEADER.size)
    if header is None:
        return None
    body = _read_exactly(fd, _HEADER.unpack(header)[0])
    return None if body is None else json.loads(body)


def write_message(fd: int, message: Message) -> None:
    """Write one message whole, whatever the pipe's size."""
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    write_all(fd, _HEADER.pack(len(body)) + body)


def write_all(fd: int, data: bytes) -> None:
    """Write every byte; ``os.write`` alone may stop in the middle."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _read_exactly(fd: int, size: int) -> Optional[bytes]:
    parts = []
    while size:
        part = os.read(fd, min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
