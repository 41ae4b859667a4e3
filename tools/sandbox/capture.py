"""A child's output, read as fast as it comes and kept within bounds."""

from __future__ import annotations

import os
import threading

_CHUNK = 1 << 16


class BoundedOutput:
    """Keeps the first ``head`` and the last ``tail`` bytes of what is fed; a flood's middle is counted, not kept."""

    def __init__(self, head: int = 256 << 10, tail: int = 256 << 10) -> None:
        self._head, self._tail = bytearray(), bytearray()
        self._head_size, self._tail_size = head, tail
        self.total = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes; costs at most ``head + 2 * tail`` bytes of memory however much comes."""
        self.total += len(data)
        room = self._head_size - len(self._head)
        self._head += data[:room] if room > 0 else b""
        self._tail += data[max(room, 0) :]
        if len(self._tail) > 2 * self._tail_size:
            del self._tail[: -self._tail_size]

    @property
    def truncated(self) -> bool:
        """Whether bytes are missing from the middle."""
        return self.total > self._head_size + self._tail_size

    def value(self) -> bytes:
        """Head and tail, with a line between them that says how much is missing."""
        if not self.truncated:
            return bytes(self._head + self._tail)
        left_out = self.total - self._head_size - self._tail_size
        note = f"\n[... {left_out} bytes of output left out ...]\n".encode()
        return bytes(self._head) + note + bytes(self._tail[-self._tail_size :])


class OutputReader:
    """Drains ``fd`` into a ``BoundedOutput`` in a thread of its own, so that no flood blocks the child. Owns ``fd``."""

    def __init__(self, fd: int) -> None:
        self.output = BoundedOutput()
        self._fd = fd
        self._thread = threading.Thread(target=self._drain, name="sandbox-output", daemon=True)
        self._thread.start()

    def finish(self, timeout: float = 2.0) -> None:
        """Wait for the end of file. A stray process that still holds the pipe is not waited for beyond ``timeout``."""
        self._thread.join(timeout)

    def _drain(self) -> None:
        try:
            while data := os.read(self._fd, _CHUNK):
                self.output.feed(data)
        finally:
            os.close(self._fd)
