"""Which front end reads which file. Adding a language is one file and one row here."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import PurePosixPath

from .outline import FrontEnd

_ROWS: dict[str, tuple[str, ...]] = {
    "python:Python": (".py", ".pyi", ".pyw"),
    "javascript:JavaScript": (".js", ".jsx", ".mjs", ".cjs"),
    "javascript:TypeScript": (".ts", ".tsx", ".mts", ".cts"),
    "golang:Go": (".go",),
    "rust:Rust": (".rs",),
}
_BY_SUFFIX = {suffix: row for row, suffixes in _ROWS.items() for suffix in suffixes}


def front_end(path: str) -> FrontEnd | None:
    """The front end for ``path``, by its ending; loaded when the first such file is met."""
    row = _BY_SUFFIX.get(PurePosixPath(path).suffix.lower())
    return _loaded(row) if row else None


@cache
def _loaded(row: str) -> FrontEnd:
    module, _, name = row.partition(":")
    loaded: FrontEnd = getattr(import_module(f".{module}", __package__), name)()
    return loaded
