"""The functions of a source, each as the texts of its statements."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ..localize.syntax import parser_for, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

Bodies = dict[str, list[str]]

_GRAMMARS = {
    ".go": ("tree_sitter_go",),
    ".rs": ("tree_sitter_rust",),
    ".ts": ("tree_sitter_typescript", "language_typescript"),
    ".mts": ("tree_sitter_typescript", "language_typescript"),
    ".cts": ("tree_sitter_typescript", "language_typescript"),
    ".tsx": ("tree_sitter_typescript", "language_tsx"),
} | dict.fromkeys((".js", ".jsx", ".mjs", ".cjs"), ("tree_sitter_javascript",))
_FUNCTIONS = {
    "function_declaration",
    "generator_function_declaration",
    "method_definition",
    "method_declaration",
    "function_item",
    "variable_declarator",
}


def functions(path: str, code: str) -> Bodies:
    """Name to statements, for the functions that have a name; empty for a source that does not parse."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix == ".py":
        return _python(code)
    parser = parser_for(*_GRAMMARS[suffix]) if suffix in _GRAMMARS else None
    return dict(_named(parser.parse(code.encode("utf-8", "replace")).root_node)) if parser else {}


def _python(code: str) -> Bodies:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    return {
        node.name: [ast.unparse(statement) for statement in node.body]
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _named(root: Node) -> Iterator[tuple[str, list[str]]]:
    pending = [root]
    while pending:
        node = pending.pop()
        pending += node.named_children
        if node.type in _FUNCTIONS:
            name, body = node.child_by_field_name("name"), _body(node)
            if name is not None and body is not None:
                yield text_of(name), _statements(body)


def _body(node: Node) -> Node | None:
    holder = node.child_by_field_name("value") if node.type == "variable_declarator" else node
    if holder is None or (holder is not node and holder.type not in ("arrow_function", "function_expression")):
        return None
    return holder.child_by_field_name("body")


def _statements(body: Node) -> list[str]:
    if body.type not in ("statement_block", "block"):
        return [text_of(body)]
    inner = body.named_children
    if len(inner) == 1 and inner[0].type == "statement_list":
        inner = inner[0].named_children
    return [text_of(statement) for statement in inner]
