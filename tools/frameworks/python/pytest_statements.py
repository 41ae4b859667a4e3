"""Which lines of a Python file count for coverage, as coverage.py counts them. Runs in the project's interpreter.

A statement counts once, by its first line. Docstrings do not count, nor what ``# pragma: no cover`` excludes, nor
``if TYPE_CHECKING:``, nor a body that is ``...``.
"""

from __future__ import annotations

import ast
import re
import tokenize
from dis import findlinestarts
from types import CodeType
from typing import Dict, Iterator, List, Set, Tuple

_NO_COVER = re.compile(r"#\s*(?:pragma|PRAGMA)[:\s]?\s*(?:no|NO)\s*(?:cover|COVER)")
_TYPING = re.compile(r"\s*if (?:typing\.)?TYPE_CHECKING:")
_BODIES = ("body", "orelse", "finalbody")


def read_statements(path: str, ran: Set[int]) -> Tuple[Set[int], Set[int]]:
    """The lines of the file that count, and those of them that ran; without a readable file, all that ran."""
    try:
        with tokenize.open(path) as stream:
            text = stream.read()
        tree = ast.parse(text, path)
        code = compile(text, path, "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return ran, ran
    found = Statements(tree, text.splitlines())
    first = found.first
    counted = {first.get(line, line) for line in _all_lines(code)} - found.left_out
    return counted, {first.get(line, line) for line in ran} & counted


class Statements:
    """``first``: by line the first line of its statement. ``left_out``: lines that do not count."""

    def __init__(self, tree: ast.Module, lines: List[str]) -> None:
        self.lines = lines
        self.first: Dict[int, int] = {}
        self.left_out: Set[int] = set()
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                self._docstring(node.body)
            if isinstance(node, (ast.stmt, ast.ExceptHandler)):
                self._join(node)
        if not isinstance(tree.body[0] if tree.body else None, ast.stmt):
            self.left_out.update(range(1, len(lines) + 2))

    def _docstring(self, body: List[ast.stmt]) -> None:
        if body and isinstance(body[0], ast.Expr) and isinstance(getattr(body[0].value, "value", None), str):
            self.left_out.update(range(body[0].lineno, _end(body[0]) + 1))

    def _join(self, node: ast.AST) -> None:
        start, end = getattr(node, "lineno", 1), _end(node)
        for decorator in getattr(node, "decorator_list", ()):
            self._span(decorator.lineno, _end(decorator))
        parts = [getattr(node, name, None) for name in _BODIES]
        bodies = [part for part in parts if isinstance(part, list) and part and isinstance(part[0], ast.stmt)]
        subject = getattr(node, "subject", None)  # of ``match``, whose body are the cases
        header = _end(subject) if subject else _start(bodies[0][0]) - 1 if bodies else end
        self._span(start, max(start, header))
        said = self.lines[min(_start(node), start) - 1 : max(start, header)]
        if any(_NO_COVER.search(line) for line in said) or (isinstance(node, ast.If) and _TYPING.match(said[0])):
            until = _end(bodies[0][-1]) if bodies and isinstance(node, (ast.If, ast.For, ast.While, ast.Try)) else end
            self.left_out.update(range(_start(node), until + 1))
        for part in bodies:
            self._clause(part)
        if _is_dots(node) or (isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and _is_dots(node.body[0])):
            self.left_out.update(range(_start(node), end + 1))

    def _clause(self, body: List[ast.stmt]) -> None:
        """``else:`` and ``finally:``, which have no node of their own."""
        above = _start(body[0]) - 2
        header = self.lines[above] if 0 <= above < len(self.lines) else ""
        if re.match(r"\s*(?:else|finally)\s*:", header) and _NO_COVER.search(header):
            self.left_out.update(range(above + 1, _end(body[-1]) + 1))

    def _span(self, start: int, end: int) -> None:
        for line in range(start, end + 1):
            self.first.setdefault(line, start)


def _is_dots(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and getattr(node.value, "value", None) is Ellipsis


def _start(node: ast.AST) -> int:
    lines: List[int] = [getattr(node, "lineno", 1), *(d.lineno for d in getattr(node, "decorator_list", ()))]
    return min(lines)


def _end(node: ast.AST) -> int:
    return int(getattr(node, "end_lineno", None) or getattr(node, "lineno", None) or 1)


def _all_lines(code: CodeType) -> Iterator[int]:
    for _, line in findlinestarts(code):
        if line:
            yield line
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _all_lines(constant)
