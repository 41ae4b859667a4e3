"""What a language front end tells of one source file, and the protocol of such a front end.

A *chain* is a dotted expression as it is written, a call marked by ``()`` and anything unknown by ``?``:
``make_cart(3).lines[0].total()`` is ``("make_cart", "()", "lines", "?", "total")`` when its last call is referred to.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .project import Project

Chain = tuple[str, ...]
CALL = "()"
UNKNOWN = "?"
DEFAULT = "default"
FIXTURE = "@"
"""Prefix of the head of a chain that names a test fixture instead of a variable."""


MODULE = "="
"""Prefix of the head of a chain that is a module's own name, as in ``require('./x').y``."""


class Kind(StrEnum):
    """What a definition is to fault localization. A ``HOOK`` runs around every test of its scope."""

    FUNCTION = "function"
    CLASS = "class"
    TEST = "test"
    FIXTURE = "fixture"
    HOOK = "hook"


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, method, class or test. Lines are 1-based and inclusive, decorators and attributes counted.

    ``body_line`` is where the body begins; ``bases`` are a class's parents; ``returns`` what calling it may give.
    """

    name: str
    qualname: str
    kind: Kind
    line: int
    end_line: int
    body_line: int
    bases: tuple[Chain, ...] = ()
    returns: tuple[Chain, ...] = ()

    def holds(self, line: int) -> bool:
        """Whether ``line`` lies in it."""
        return self.line <= line <= self.end_line


@dataclass(frozen=True, slots=True)
class Import:
    """A name bound to another module's: ``name`` is ``None`` for the module itself, ``*`` for all that it exports."""

    local: str
    module: str
    name: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Reference:
    """A use of a name. ``statement`` is the first line of the statement that it stands in."""

    chain: Chain
    line: int
    statement: int


@dataclass(frozen=True, slots=True)
class Binding:
    """``target`` (``cart``, ``self.cart``) may hold what ``chain`` gives, bound by the statement at ``line``."""

    target: str
    chain: Chain
    line: int


@dataclass(frozen=True)
class Outline:
    """One file: definitions in source order, references sorted by line, exports under other names than their own."""

    definitions: tuple[Definition, ...] = ()
    imports: tuple[Import, ...] = ()
    references: tuple[Reference, ...] = ()
    bindings: tuple[Binding, ...] = ()
    exports: dict[str, Chain] = field(default_factory=dict)

    @cached_property
    def by_name(self) -> dict[str, list[Definition]]:
        """Definitions by simple name, the least nested first."""
        return _grouped(sorted(self.definitions, key=lambda d: d.qualname.count(".")))

    @cached_property
    def bound(self) -> dict[str, list[Binding]]:
        """Bindings by target."""
        found: dict[str, list[Binding]] = {}
        for binding in self.bindings:
            found.setdefault(binding.target, []).append(binding)
        return found

    @cached_property
    def imported(self) -> dict[str, list[Import]]:
        """Imports by local name."""
        found: dict[str, list[Import]] = {}
        for item in self.imports:
            found.setdefault(item.local, []).append(item)
        return found

    @cached_property
    def _reference_lines(self) -> list[int]:
        return [reference.line for reference in self.references]

    def within(self, first: int, last: int) -> tuple[Reference, ...]:
        """The references on lines ``first`` to ``last``."""
        lines = self._reference_lines
        return self.references[bisect_left(lines, first) : bisect_right(lines, last)]

    def around(self, line: int) -> list[Definition]:
        """The definitions that hold ``line``, the innermost first."""
        found = [definition for definition in self.definitions if definition.holds(line)]
        return sorted(found, key=lambda d: (d.end_line - d.line, -d.qualname.count(".")))

    def member(self, owner: str, name: str) -> Definition | None:
        """The definition ``owner.name``."""
        return next((d for d in self.by_name.get(name, ()) if d.qualname == f"{owner}.{name}"), None)

    def members(self, owner: str) -> list[Definition]:
        """What is defined directly inside ``owner``."""
        return [d for d in self.definitions if d.qualname == f"{owner}.{d.name}"]


def _grouped(definitions: Iterable[Definition]) -> dict[str, list[Definition]]:
    found: dict[str, list[Definition]] = {}
    for definition in definitions:
        found.setdefault(definition.name, []).append(definition)
    return found


class FrontEnd(Protocol):
    """One language family."""

    suffixes: tuple[str, ...]
    """File name endings, with the dot."""
    constructors: tuple[str, ...]
    """Names of the methods that calling a class runs."""
    receivers: tuple[str, ...]
    """Names that stand for the enclosing class or its instance."""

    def outline(self, text: str, path: str) -> Outline:
        """What ``text`` defines, imports and refers to. Never raises for broken text."""
        ...

    def modules(self, project: Project, path: str, module: str) -> tuple[str, ...]:
        """The project's files that ``module``, as the file ``path`` writes it, may mean; best first."""
        ...

    def neighbours(self, project: Project, path: str) -> tuple[str, ...]:
        """Files whose names ``path`` sees without importing them."""
        ...

    def test_names(self, test_id: str) -> Chain:
        """The names, outermost first, that a framework's test id gives to the test's definition."""
        ...
