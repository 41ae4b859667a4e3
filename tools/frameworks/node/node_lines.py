"""The reporters' JSON lines, read back many at a time: cut-off, damaged and hostile ones do no harm.

A record is an object, or a short list for what comes once a test: ``["d", place, file, titles]`` gives a ``describe``
in a file a short name; ``["s", place, title, line]`` is a start, ``["c", place, title, ms]`` a test that passed in a
file that is still running, ``["p", place, title, ms]`` one that passed.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LONGEST_LINE = 200_000
"""Bytes of a record; longer ones are not ours."""
_BLOCK = 4_096
"""Bytes decoded by one call: decoded text takes ten times as much, and the report of a small suite is small."""


def read_blocks(path: Path) -> Iterator[list[Any]]:
    """The records of a file in their order, some hundred at a time; whatever JSON stands in a line."""
    try:
        stream = path.open("rb")
    except OSError:
        return
    with stream:
        rest, skipping = b"", False
        while fresh := stream.read(_BLOCK):
            whole, newline, tail = fresh.rpartition(b"\n")
            if not newline:
                skipping = skipping or len(rest) > LONGEST_LINE
                rest = b"" if skipping else rest + fresh
                continue
            if skipping:
                whole, skipping = whole.partition(b"\n")[2], False
            yield _decoded(rest + whole)
            rest = tail
        if not skipping:
            yield _decoded(rest)


def _decoded(lines: bytes) -> list[Any]:
    """All lines at once, as one list; one by one where something is wrong with any of them."""
    from pydantic_core import from_json

    if not lines:
        return []
    try:
        found = from_json(b"[" + lines.replace(b"\n", b",") + b"]")
    except ValueError:
        return list(_one_by_one(lines))
    return found if len(found) == lines.count(b"\n") + 1 else list(_one_by_one(lines))


def _one_by_one(lines: bytes) -> Iterator[Any]:
    for line in lines.split(b"\n"):
        if line.startswith((b"{", b"[")) and len(line) <= LONGEST_LINE:  # to be refused takes json a while
            try:
                yield json.loads(line)  # takes half of a surrogate pair, too: a test may be named so
            except (ValueError, RecursionError):
                continue


@contextmanager
def without_collector() -> Iterator[None]:
    """No garbage collection meanwhile: records hold no cycles, and looking for some takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
