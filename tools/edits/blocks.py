"""What one piece of a model's answer asks for, before it meets the files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Replace:
    """Put ``replace`` where ``search`` stands; both are whole lines, ended by ``\\n`` (or empty).

    ``line`` (1-based) and ``anchor`` (a line that stands before the place) come from diffs and only ever choose between
    places that match equally well. ``inline`` allows ``search`` to be a part of a line. ``splits`` holds further ways
    to read the block, for a text that contains the divider itself.
    """

    path: str
    search: str
    replace: str
    line: int | None = None
    anchor: str = ""
    inline: bool = False
    splits: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class WholeFile:
    """The file's new text. ``heading`` is a first comment line that named the path and may belong to the file."""

    path: str
    content: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove the file."""

    path: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Move the file; later blocks speak of ``to``."""

    path: str
    to: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """A piece that wanted to be an edit; ``reason`` tells its author what is wrong with it."""

    path: str
    reason: str


Block = Replace | WholeFile | Delete | Rename | Unusable
