"""A "whole file" that is only a part of a Python file: its definitions take the place of those of the same names.

Models asked for a whole file often send just the function that they changed. Taken literally that deletes the rest.
"""

from __future__ import annotations

import ast
import textwrap
import warnings
from collections.abc import Sequence

from ...core.errors import NoMatch

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def complete_excerpt(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """``new`` when it is a whole file, else the lines of ``old`` with the definitions of ``new`` put in their places.

    ``new`` is an excerpt when definitions of ``old`` are missing from it and it brings no new name (a rename does).
    Raises ``NoMatch``, naming what is missing, where an excerpt holds statements that cannot be placed.
    """
    before, after = _parse(old), _parse(new)
    if before is None or after is None:
        return list(new)
    names, new_names = _top_names(before), _top_names(after)
    if _is_lone_method(before, after):
        return _placed(old, new, before, after)
    missing = [name for name in names if name not in new_names]
    if not missing or not new_names or any(name not in names for name in new_names):
        return list(new)
    known = {ast.dump(node) for node in before.body}
    if all(isinstance(node, _Definition) or ast.dump(node) in known or _is_docstring(node) for node in after.body):
        return _placed(old, new, before, after)
    raise NoMatch(
        f"the new file lacks {', '.join(missing[:8])}, which the file has: "
        "write the whole file, or use SEARCH/REPLACE for the part that changes"
    )


def _parse(lines: Sequence[str]) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(textwrap.dedent("\n".join(lines)) + "\n")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _top_names(tree: ast.Module) -> list[str]:
    return [node.name for node in tree.body if isinstance(node, _Definition)]


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_lone_method(before: ast.Module, after: ast.Module) -> bool:
    """Whether ``after`` holds nothing but functions that are methods, not top-level functions, in ``before``."""
    inner = {node.name for node in ast.walk(before) if isinstance(node, _Definition)} - set(_top_names(before))
    return bool(after.body) and all(isinstance(node, _Definition) and node.name in inner for node in after.body)


def _placed(old: Sequence[str], new: Sequence[str], before: ast.Module, after: ast.Module) -> list[str]:
    source = textwrap.dedent("\n".join(new)).split("\n")
    spans = []
    for node in after.body:
        if isinstance(node, _Definition):
            start, end = _span(_only(before, node.name))
            indent = old[start][: len(old[start]) - len(old[start].lstrip())]
            first, last = _span(node)
            spans.append((start, end, textwrap.indent("\n".join(source[first:last]), indent).split("\n")))
    lines = list(old)
    for start, end, text in sorted(spans, key=lambda span: span[0], reverse=True):
        lines[start:end] = text
    return lines


def _only(tree: ast.Module, name: str) -> _Definition:
    top = [node for node in tree.body if isinstance(node, _Definition) and node.name == name]
    found = top or [node for node in ast.walk(tree) if isinstance(node, _Definition) and node.name == name]
    if len(found) != 1:
        raise NoMatch(f"the answer holds only {name}, which the file defines {len(found)} times: use SEARCH/REPLACE")
    return found[0]


def _span(node: _Definition) -> tuple[int, int]:
    """The lines of a definition with its decorators, 0-based, end exclusive."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return first - 1, node.end_lineno or node.lineno
