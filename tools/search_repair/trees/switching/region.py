"""The words of switching: what is written more than once, and what a language puts around it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ...model import Splice
from ..tree import Node, Tree


@dataclass(frozen=True)
class Region:
    """Characters ``start`` up to ``end`` of a file that are written once more for each variant: a function's
    statements, or the expression that is all its body."""

    function: Node
    start: int
    end: int
    expression: bool = False


class Dialect(Protocol):
    """How a family of languages switches."""

    def region(self, tree: Tree, first: int, last: int) -> Region | None:
        """What must be written again for a variant that changes the characters from ``first`` to ``last``; ``None``
        where that cannot be switched."""
        ...

    def frame(self, tree: Tree, name: str) -> tuple[Splice, ...]:
        """What a file with a switch in it needs beside it, in no more lines than there were, except at its end."""
        ...

    def opening(self, region: Region, name: str) -> str:
        """What stands before the first variant, with a line break at its end."""
        ...

    def variant(self, region: Region, name: str, number: int, body: str) -> str:
        """``body``, in force for one number; whole lines."""
        ...

    def closing(self, region: Region) -> tuple[str, str]:
        """What stands between the last variant and the original, and after the original."""
        ...


def own_name(path: str, text: str) -> str:
    """A name that occurs nowhere in a file, and is another one in another file."""
    name = "aionR" + hashlib.blake2b(path.encode("utf-8", "replace"), digest_size=4).hexdigest()
    while name in text:
        name += "x"
    return name


def inside(body: Node, statements: Sequence[Node], prologue: int) -> tuple[int, int]:
    """The characters between a body's braces, without its first ``prologue`` statements."""
    start = statements[prologue - 1].end if prologue else body.start + 1
    return start, body.end - 1
