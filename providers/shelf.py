"""Small JSON documents on disk by key: safe under concurrent processes, bounded in size, none of it needed.

One file an entry, written whole and renamed into place: a reader sees the old or the new one, a kill leaves neither
half. diskcache would do it too, but pickles what it stores and adds 85 ms to an import.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

MOST_BYTES = 32 * 2**20
MOST_ENTRY_BYTES = 2**20
_KEPT_SHARE = 0.8


@dataclass(frozen=True)
class Shelf:
    """Entries in ``folder``; the least recently used go when they have more than ``most_bytes`` together."""

    folder: Path
    most_bytes: int = MOST_BYTES

    def get(self, key: str) -> dict[str, Any] | None:
        """The entry, or ``None`` where there is none that can be read."""
        path = self._path(key)
        try:
            data = json.loads(path.read_bytes())
            os.utime(path)
        except (OSError, ValueError):
            return None
        return data if isinstance(data, dict) else None

    def put(self, key: str, entry: dict[str, Any]) -> None:
        """Keep ``entry`` (JSON types). Where the disk does not let it, nothing is kept."""
        data = json.dumps(entry).encode()
        if len(data) > min(MOST_ENTRY_BYTES, self.most_bytes):
            return
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write(self._path(key), data)
            self._shrink()

    def drop(self, key: str) -> None:
        """Forget the entry."""
        with suppress(OSError):
            self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / f"{sha256(key.encode()).hexdigest()[:40]}.json"

    def _write(self, path: Path, data: bytes) -> None:
        handle, name = tempfile.mkstemp(dir=self.folder, suffix=".new")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _shrink(self) -> None:
        with os.scandir(self.folder) as entries:
            found = [(entry.stat(), entry.path) for entry in entries if entry.is_file()]
        size = sum(stat.st_size for stat, _ in found)
        if size <= self.most_bytes:
            return
        for stat, path in sorted(found, key=lambda one: one[0].st_mtime):
            Path(path).unlink(missing_ok=True)  # another process may be shrinking too
            size -= stat.st_size
            if size <= self.most_bytes * _KEPT_SHARE:
                return
