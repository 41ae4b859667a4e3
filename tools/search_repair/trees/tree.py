"""A source as a tree whose nodes know their parents, their fields and their places in the text, in characters."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from functools import cached_property

from ...localize.syntax import parser_for
from .grammar import Grammar


class Node:
    """A node of a tree: ``type`` is the grammar's word, ``kind`` ours ("" for none), ``line`` is 1-based."""

    __slots__ = (
        "broken",
        "children",
        "end",
        "field",
        "kind",
        "last_line",
        "line",
        "named",
        "parent",
        "start",
        "tree",
        "type",
    )

    def __init__(self, tree: Tree, parent: Node | None, field: str) -> None:
        self.tree, self.parent, self.field = tree, parent, field
        self.children: list[Node] = []
        self.type = self.kind = ""
        self.start = self.end = self.line = self.last_line = 0
        self.named = self.broken = False

    @property
    def text(self) -> str:
        return self.tree.text[self.start : self.end]

    @property
    def inner(self) -> list[Node]:
        """The named children that are no comments."""
        return [child for child in self.children if child.named and child.kind != "comment"]

    def get(self, *fields: str) -> Node | None:
        """The first child in one of ``fields``."""
        return next((c for f in fields for c in self.children if c.field == f and c.named), None)

    def token(self, *fields: str) -> Node | None:
        """The first child in one of ``fields``, named or not."""
        return next((c for f in fields for c in self.children if c.field == f), None)

    def ancestors(self) -> Iterator[Node]:
        """Parent, grandparent … up to the root."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in source order."""
        pending = [self]
        while pending:
            node = pending.pop()
            yield node
            pending += reversed(node.children)

    def around(self, *kinds: str) -> Node | None:
        """The nearest node of one of ``kinds`` that holds this one."""
        return next((node for node in self.ancestors() if node.kind in kinds), None)

    def parent_is(self, *types: str) -> bool:
        return self.parent is not None and self.parent.type in types

    def holds(self, start: int, end: int) -> bool:
        return self.start <= start and end <= self.end


class Tree:
    """A parsed source."""

    def __init__(self, path: str, text: str, grammar: Grammar, package: tuple[str, ...]) -> None:
        self.path, self.text, self.grammar, self.package = path, text, grammar, package
        self.root = self._grown()
        if grammar.family == "javascript":
            self._without_trailing_comments()

    @staticmethod
    def parse(path: str, text: str, grammar: Grammar) -> Tree | None:
        """The tree of ``text``, or ``None`` for a file that the grammar is not meant for."""
        package = grammar.package(path)
        if package is None or parser_for(*package) is None:
            return None
        return Tree(path, text, grammar, package)

    def sound(self, text: str) -> bool:
        """Whether ``text``, of the same language, parses without an error."""
        parser = parser_for(*self.package)
        return parser is not None and not parser.parse(text.encode("utf-8", "replace")).root_node.has_error

    @cached_property
    def newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    @cached_property
    def nodes(self) -> list[Node]:
        """All nodes, in source order."""
        return list(self.root.walk())

    def line_start(self, offset: int) -> int:
        """Where the line of ``offset`` begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Where the line of ``offset`` ends, after its line break."""
        found = self.text.find("\n", offset)
        return len(self.text) if found < 0 else found + 1

    def indent(self, offset: int) -> str:
        """The white space before the line of ``offset``."""
        start = self.line_start(offset)
        line = self.text[start : self.line_end(offset)]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def _without_trailing_comments(self) -> None:
        """A comment behind a block's end is taken by the grammar for a part of it, where no semicolon is needed."""
        for node in reversed(self.nodes):
            last = next((child for child in reversed(node.children) if child.kind != "comment"), None)
            if last is not None and node.kind not in ("program", "case"):
                node.end, node.last_line = last.end, last.last_line

    def _grown(self) -> Node:
        parser = parser_for(*self.package)
        assert parser is not None
        data = self.text.encode("utf-8", "replace")
        at = _characters(self.text, data)
        cursor = parser.parse(data).walk()
        kinds, root, parent = self.grammar.kinds, None, None
        while True:
            found = cursor.node
            assert found is not None
            node = Node(self, parent, cursor.field_name or "")
            node.type, node.named, node.broken = found.type, found.is_named, found.has_error or found.is_missing
            node.kind = kinds.get(found.type, "") if found.is_named else ""
            node.start, node.end = at(found.start_byte), at(found.end_byte)
            node.line, node.last_line = found.start_point[0] + 1, found.end_point[0] + 1
            if parent is None:
                root = node
            else:
                parent.children.append(node)
            if cursor.goto_first_child():
                parent = node
                continue
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent() or parent is None:
                    assert root is not None
                    return root
                parent = parent.parent


class _Same:
    def __call__(self, offset: int) -> int:
        return offset


class _Counted:
    def __init__(self, text: str) -> None:
        self._places = array("l")
        for index, character in enumerate(text):
            width = len(character.encode("utf-8", "replace"))
            self._places.extend([index] * width)
        self._places.append(len(text))

    def __call__(self, offset: int) -> int:
        return self._places[offset]


def _characters(text: str, data: bytes) -> _Same | _Counted:
    """Turns offsets of bytes into offsets of characters."""
    return _Same() if len(text) == len(data) else _Counted(text)
