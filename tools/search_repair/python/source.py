"""One Python file: its text, its tree, and the characters that every node stands on."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

Function = ast.FunctionDef | ast.AsyncFunctionDef

_LINE_END = re.compile(r"\r\n|\r|\n")

# Python 3.11's positions inside f-strings are wrong
_OPAQUE = (ast.JoinedStr,) if sys.version_info < (3, 12) else ()


@dataclass
class Source:
    """A parsed file. Offsets count characters of ``text``; lines are 1-based."""

    path: str
    text: str
    tree: ast.Module
    _starts: list[int] = field(init=False)
    _parents: dict[ast.AST, ast.AST] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._starts = [0] + [match.end() for match in _LINE_END.finditer(self.text)]
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                self._parents[child] = node

    @staticmethod
    @lru_cache(maxsize=64)
    def parse(path: str, text: str) -> Source | None:
        """The file, or ``None`` when it does not parse."""
        try:
            return Source(path, text, ast.parse(text))
        except (SyntaxError, ValueError, RecursionError):
            return None

    @cached_property
    def definitions(self) -> dict[str, Function]:
        """Functions by name, and classes by theirs: what a call of the name takes its parameters from."""
        found: dict[str, Function] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.setdefault(node.name, node)
            elif isinstance(node, ast.ClassDef):
                made = [s for s in node.body if isinstance(s, ast.FunctionDef) and s.name == "__init__"]
                found.update({node.name: made[0]} if made else {})
        return found

    @cached_property
    def newline(self) -> str:
        """The file's own line end."""
        match = _LINE_END.search(self.text)
        return match.group() if match else "\n"

    def offset(self, line: int, column: int) -> int:
        """The character at ``line`` and UTF-8 byte ``column``, as the tree counts."""
        start = self._starts[line - 1]
        text = self.line_text(line)
        return start + (column if text.isascii() else len(text.encode()[:column].decode(errors="ignore")))

    def line_start(self, line: int) -> int:
        return self._starts[line - 1] if line <= len(self._starts) else len(self.text)

    def line_text(self, line: int) -> str:
        return self.text[self._starts[line - 1] : self.line_start(line + 1)]

    def line_of(self, offset: int) -> int:
        low, high = 0, len(self._starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._starts[middle] <= offset else (low, middle)
        return low + 1

    def span(self, node: ast.AST) -> tuple[int, int]:
        """First and last (exclusive) character of an expression or statement, decorators left out."""
        return (
            self.offset(node.lineno, node.col_offset),  # type: ignore[attr-defined]
            self.offset(node.end_lineno, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def segment(self, node: ast.AST) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def parent(self, node: ast.AST) -> ast.AST | None:
        return self._parents.get(node)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        current = self._parents.get(node)
        while current is not None:
            yield current
            current = self._parents.get(current)

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """The innermost statement that holds ``node``, itself included."""
        for candidate in (node, *self.ancestors(node)):
            if isinstance(candidate, ast.stmt):
                return candidate
        return None

    def function(self, node: ast.AST) -> Function | None:
        """The innermost function around ``node``; a function is not around itself."""
        return next((a for a in self.ancestors(node) if isinstance(a, ast.FunctionDef | ast.AsyncFunctionDef)), None)

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        return next((a for a in self.ancestors(node) if isinstance(a, ast.ClassDef)), None)

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """The list of statements that ``statement`` stands in."""
        parent = self._parents.get(statement)
        for name in ("body", "orelse", "finalbody", "handlers"):
            found = getattr(parent, name, None)
            if isinstance(found, list) and any(entry is statement for entry in found):
                return found
        return [statement]

    def indent(self, statement: ast.stmt) -> str:
        """The white space before a statement; of its line, where it shares one."""
        text = self.line_text(statement.lineno)
        return text[: len(text) - len(text.lstrip(" \t\f"))]

    @cached_property
    def indent_step(self) -> str:
        """One level of indentation as this file writes it."""
        for node in ast.walk(self.tree):
            body = getattr(node, "body", None)
            if isinstance(node, ast.stmt) and isinstance(body, list) and body and body[0].lineno > node.lineno:
                inner, outer = self.indent(body[0]), self.indent(node)
                if inner.startswith(outer) and len(inner) > len(outer):
                    return inner[len(outer) :]
        return "    "

    def top_level(self, line: int) -> ast.stmt | None:
        """The top-level statement that ``line`` belongs to, decorators included."""
        return next((s for s in self.tree.body if first_line(s) <= line <= (s.end_lineno or s.lineno)), None)

    def walk(self, node: ast.AST) -> Iterator[ast.AST]:
        """Depth first in source order, leaving out what has no reliable position."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.keyword):
                yield child
            if not isinstance(child, _OPAQUE):
                yield from self.walk(child)


def first_line(statement: ast.stmt) -> int:
    """The line where a statement begins, its decorators included."""
    decorators = getattr(statement, "decorator_list", [])
    lines: list[int] = [statement.lineno, *(d.lineno for d in decorators)]
    return min(lines)


def decode(data: bytes) -> tuple[str, str] | None:
    """Text and encoding of a Python file, line ends kept; ``None`` when it is not text in its declared encoding."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding), encoding
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return None
