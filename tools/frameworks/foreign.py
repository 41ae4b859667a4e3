"""Folders whose tests are somebody else's: what is vendored, shown as an example, or data of tests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

FOREIGN = frozenset(
    (
        "vendor", "vendored", "third_party", "third-party", "thirdparty", "external", "extern", "node_modules",
        "site-packages", "example", "examples", "sample", "samples", "demo", "demos", "template", "templates",
        "testdata", "test_data", "fixtures", "__fixtures__",
    )
)  # fmt: skip

_OF_TESTS = frozenset(("test", "tests", "testing", "spec", "specs", "__tests__"))
"""A whole project below one of these is what tests work on."""


def is_foreign(folder: str) -> bool:
    """Whether the manifest in ``folder``, relative to the project, is that of somebody else's project."""
    return bool((FOREIGN | _OF_TESTS).intersection(PurePosixPath(folder.casefold()).parts))


def own_first(folders: Iterable[str]) -> list[str]:
    """``folders`` without foreign ones; all of them where there is no other: then the examples are the project."""
    every = list(folders)
    return [folder for folder in every if not is_foreign(folder)] or every
