"""Which of the tests that ran belong to a report, by their names and by which of them are parents."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from .go_events import Package
from .go_project import split_id, test_id

MOST_LEVELS = 50
"""Subtests in subtests whose parents are all sought."""


class Chosen:
    """Which tests belong to a report: all, or those that the ids select, with what lies below them."""

    def __init__(self, ids: Collection[str] | None) -> None:
        self._ids = None if ids is None else set(ids)
        self.all = ids is None
        self._packages = {split_id(one)[0] for one in ids or ()}
        self._above = {test_id(package, above) for package, name in map(split_id, ids or ()) for above in _above(name)}

    def holds(self, path: str, name: str, package: Package) -> bool:
        """Whether the test ``name`` of ``package``, whose import path is ``path``, is chosen."""
        if self._ids is None or path in self._ids or test_id(path, name) in self._ids:
            return True
        return any(one in package.parents and test_id(path, one) in self._ids for one in _above(name))

    def above(self, identifier: str) -> bool:
        """Whether a chosen test lies below ``identifier``."""
        return identifier in self._above

    def package(self, name: str) -> bool:
        """Whether anything in the package ``name`` is chosen."""
        return self._ids is None or name in self._packages


def ancestors(names: Iterable[str]) -> set[str]:
    """All the parents of ``names``, at every level."""
    found = {name.rpartition("/")[0] for name in names if "/" in name}
    for parent in tuple(found):
        above = parent.rpartition("/")[0] if parent.count("/") <= MOST_LEVELS else ""
        while above and above not in found:
            found.add(above)
            above = above.rpartition("/")[0]
    return found


def _above(name: str) -> Iterator[str]:
    """The parents of a test, outermost first."""
    at = name.find("/")
    for _ in range(MOST_LEVELS):
        if at < 0:
            return
        yield name[:at]
        at = name.find("/", at + 1)
