"""Candidate sources served from memory: the import system sees them, the disk does not."""

from __future__ import annotations

import os
from importlib.machinery import SourceFileLoader
from types import CodeType
from typing import Any, Dict, Optional

_sources: Dict[str, str] = {}
_compiled: Dict[str, CodeType] = {}
_load_from_disk = SourceFileLoader.get_code


def install() -> None:
    """Put the overlay before the disk, for every later import of a source file."""
    SourceFileLoader.get_code = _get_code  # type: ignore[method-assign,assignment]


def put(path: str, source: str) -> None:
    """Serve ``source`` for the file at ``path`` (absolute)."""
    _compiled.pop(os.path.realpath(path), None)
    _sources[os.path.realpath(path)] = source


def clear() -> None:
    """Serve nothing but the disk."""
    _sources.clear()
    _compiled.clear()


def keep_compiled(path: str) -> None:
    """Compile the file at ``path`` once, for all children forked later."""
    path = os.path.realpath(path)
    try:
        source: Any = _sources[path] if path in _sources else _read(path)
        _compiled[path] = compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, OSError):
        _compiled.pop(path, None)


def _read(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


def _get_code(self: SourceFileLoader, fullname: str) -> Optional[CodeType]:
    path = os.path.realpath(self.path)
    if path in _compiled:
        return _compiled[path]
    if path in _sources:
        return compile(_sources[path], self.path, "exec", dont_inherit=True)
    return _load_from_disk(self, fullname)
