"""Whole lines of statements: where they are, and how they read at another indentation."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..scope import Scope
from .registry import Site

SIMPLE = (
    ast.Expr,
    ast.Assign,
    ast.AugAssign,
    ast.Return,
    ast.Raise,
    ast.Break,
    ast.Continue,
    ast.Delete,
    ast.AnnAssign,
    ast.Assert,
)


STATEMENTS = (*SIMPLE, ast.If, ast.For, ast.While, ast.With, ast.Try)


def whole_lines(site: Site, first: ast.stmt, last: ast.stmt | None = None) -> tuple[int, int]:
    """The characters of whole lines from one statement up to the end of another."""
    last = last or first
    return site.source.line_start(first.lineno), site.source.line_start((last.end_lineno or last.lineno) + 1)


def reindented(site: Site, body: list[ast.stmt], indent: str) -> str:
    start, end = whole_lines(site, body[0], body[-1])
    old = site.source.indent(body[0])
    lines = site.source.text[start:end].splitlines(keepends=True)
    return "".join(indent + line[len(old) :] if line.startswith(old) else line for line in lines)


def opening_of(function: ast.AST) -> list[ast.stmt]:
    body: list[ast.stmt] = function.body  # type: ignore[attr-defined]
    return body[:1] if not (isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)) else body[1:2]


def within_function(site: Site, node: ast.AST) -> Iterator[ast.AST]:
    for ancestor in site.source.ancestors(node):
        if ancestor is site.scope.function:
            return
        yield ancestor


def scope_of(site: Site, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Scope:

    return Scope(site.source, function)
