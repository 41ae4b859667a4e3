"""A run's events on the disk: one JSON line each, whose number is the event's id. Written before they are told."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

CHUNK = 1 << 18
"""Bytes read at once."""
LAST_KINDS = ("finished", "failed", "interrupted", "undone")
"""Events that end a stream."""
_HEAD = re.compile(rb'\{"id": (\d+), "at": [\d.]+, "event": "(\w+)"')


class EventLog:
    """The log of one run, for whoever writes it: one process at a time. Readers take ``read_events``."""

    def __init__(self, file: Path) -> None:
        """Opens ``file``. A line that a kill cut short was never told: it is removed."""
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.last_id, whole = _count(self._descriptor)
        os.ftruncate(self._descriptor, whole)

    def append(self, event: Mapping[str, Any]) -> int:
        """Keep ``event`` (JSON types, ``event`` names its kind); returns its id. A kill leaves all of it or nothing."""
        number = self.last_id + 1
        line = json.dumps({"id": number, "at": round(time.time(), 3), "event": event["event"]} | dict(event)) + "\n"
        data = memoryview(line.encode())
        while data:
            data = data[os.write(self._descriptor, data) :]
        self.last_id = number
        return number

    def close(self) -> None:
        """Release the file."""
        os.close(self._descriptor)


def append_event(file: Path, event: Mapping[str, Any]) -> int:
    """Append one event to a log that nobody writes now; its id."""
    log = EventLog(file)
    try:
        return log.append(event)
    finally:
        log.close()


class EventReader:
    """Reads a log from an event on, as far as it has been written. Keeps a place, not a queue."""

    def __init__(self, file: Path, after: int = 0) -> None:
        """``after``: the id of the last event that is known. One that is not there yet means the end."""
        self._file = file
        self._offset = _offset_after(file, after)

    def read(self) -> bytes:
        """Whole lines that were written since, at most about ``CHUNK`` bytes; empty when there are none."""
        try:
            with self._file.open("rb") as stream:
                stream.seek(self._offset)
                data = stream.read(CHUNK)
                if data and b"\n" not in data:
                    data += stream.readline()
        except FileNotFoundError:
            return b""
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole


def frames(lines: bytes) -> Iterator[tuple[str, bytes]]:
    """Each line's kind, and it as a server-sent event."""
    for line in lines.splitlines():
        if head := _HEAD.match(line):
            yield head[2].decode(), b"id: %b\nevent: %b\ndata: %b\n\n" % (head[1], head[2], line)


def last_event(file: Path) -> tuple[int, str]:
    """The id and the kind of the newest event; ``(0, "")`` where there is none."""
    try:
        with file.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            lines = _tail(stream.fileno(), stream.tell())
    except FileNotFoundError:
        return 0, ""
    heads = [head for line in lines if (head := _HEAD.match(line))]
    return (int(heads[-1][1]), heads[-1][2].decode()) if heads else (0, "")


def _tail(descriptor: int, size: int) -> list[bytes]:
    """The whole lines at the end of a file, the last one in any case."""
    room = 4096
    while True:
        begin = max(0, size - room)
        data = os.pread(descriptor, size - begin, begin)
        lines = data[: data.rfind(b"\n") + 1].splitlines()
        if begin == 0 or len(lines) > 1:
            return lines if begin == 0 else lines[1:]
        room *= 8


def _count(descriptor: int) -> tuple[int, int]:
    """How many whole lines a file has, and how many bytes they are."""
    lines = whole = offset = 0
    while data := os.pread(descriptor, CHUNK, offset):
        lines += data.count(b"\n")
        if (last := data.rfind(b"\n")) >= 0:
            whole = offset + last + 1
        offset += len(data)
    return lines, whole


def _offset_after(file: Path, lines: int) -> int:
    if lines <= 0:
        return 0
    try:
        stream = file.open("rb")
    except FileNotFoundError:
        return 0
    with stream:
        for _ in range(lines):
            if not stream.readline().endswith(b"\n"):
                break
        return stream.tell() if _ends_line(stream) else _count(stream.fileno())[1]


def _ends_line(stream: Any) -> bool:
    at = stream.tell()
    return at == 0 or os.pread(stream.fileno(), 1, at - 1) == b"\n"
