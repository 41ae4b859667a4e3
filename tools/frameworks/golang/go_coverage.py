"""Go's cover profiles, read as ``go tool cover`` reads them: in statements, a block that several programs hold counts
once.

A line of a profile is ``import/path/file.go:first.column,last.column statements count``. The test program of each
package writes its own when it ends, failing tests or not; one that panics or is killed writes none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..cleaning import inside
from ..coverage import FileCoverage, document, read
from .go_project import GoProject, is_test_file

PROFILE = "aion_r_go_cover"
LONGEST_FILE = 200_000
"""Lines."""
_BLOCK = re.compile(rb"^(\S[^\n]*?)/([^/\n:]+):(\d{1,7})\.\d+,(\d{1,7})\.(\d+) (\d{1,6}) (\d+)$", re.M)

Block = tuple[int, int, int, bytes]
"""First and last line, statements, and the text that tells blocks apart."""


def cover_flags(out: Path, project: GoProject, steps: int) -> list[list[str]]:
    """What makes each step count the lines of all packages, also of those that only other packages' tests reach."""
    patterns = [f"./{module.folder}/...".replace("./.", ".") for module in project.modules]
    packages = ",".join(patterns) if project.workspace else "./..."
    names = [out / f"{PROFILE}_{number}.out" for number in range(max(1, steps))]
    return [[f"-coverprofile={name}", "-covermode=set", f"-coverpkg={packages}"] for name in names]


def read_profiles(out: Path, project: GoProject) -> dict[str, Any] | None:
    """The coverage of one run; ``None`` where no test program came to its end."""
    files: dict[str, dict[Block, bool]] = {}
    for path in sorted(out.glob(f"{PROFILE}_*.out")):
        for name, block, ran in _blocks(read(path) or b"", project):
            blocks = files.setdefault(name, {})
            blocks[block] = ran or blocks.get(block, False)
    found = {own: _file(blocks) for name, blocks in files.items() if (own := inside(name))}
    return document(found, "statements", is_test_file)


def _blocks(profile: bytes, project: GoProject) -> Iterator[tuple[str, Block, bool]]:
    folders: dict[bytes, str | None] = {}
    for match in _BLOCK.finditer(profile):
        package = match[1]
        if package not in folders:
            folders[package] = project.folder_of(package.decode("utf-8", "replace"))
        folder = folders[package]
        if folder is not None:
            name = f"{folder}/{match[2].decode('utf-8', 'replace')}".lstrip("/")
            last = int(match[4]) - (match[5] == b"1")  # a block that ends before a line's first character
            yield name, (int(match[3]), last, int(match[6]), match[0].rpartition(b" ")[0]), match[7] != b"0"


def _file(blocks: dict[Block, bool]) -> FileCoverage:
    ran = _lines(block for block, done in blocks.items() if done)
    missing = _lines(block for block, done in blocks.items() if not done)
    covered = sum(block[2] for block, done in blocks.items() if done)
    return FileCoverage(covered, sum(block[2] for block in blocks), missing - ran, ran)


def _lines(blocks: Iterator[Block]) -> frozenset[int]:
    found: set[int] = set()
    after = 1
    for first, last, *_ in sorted(blocks):
        found.update(range(max(first, after), min(last, LONGEST_FILE) + 1))
        after = max(after, last + 1)
    return frozenset(found)
