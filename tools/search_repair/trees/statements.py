"""Which nodes are statements, and how statements lie in their blocks."""

from __future__ import annotations

from .tree import Node

_LISTS = frozenset({"block", "statements", "program", "case"})
_BRANCHES = frozenset({"consequence", "alternative", "body"})
_NO_STATEMENTS = frozenset({"comment", "attribute", "block", "statements"})


def is_statement(node: Node) -> bool:
    """Whether a node is one of the statements of a block, or the only one of a branch without braces."""
    parent = node.parent
    if parent is None or not node.named or node.kind in _NO_STATEMENTS:
        return False
    if parent.kind == "case":
        return node.field == "body" and parent.type != "match_arm"
    if parent.kind in _LISTS:
        return True
    if parent.type == "else_clause":
        return node.kind != "if"
    return parent.tree.grammar.family == "javascript" and parent.kind in _BRANCHED and node.field in _BRANCHES


_BRANCHED = frozenset({"if", "for", "each", "while"})


def statement_of(node: Node) -> Node | None:
    """The innermost statement that is or holds a node."""
    if is_statement(node):
        return node
    return next((outer for outer in node.ancestors() if is_statement(outer)), None)


def statements_of(block: Node) -> list[Node]:
    """The statements of a block."""
    children = block.inner
    if len(children) == 1 and children[0].kind == "statements":
        children = children[0].inner
    return [child for child in children if is_statement(child)]


def siblings(statement: Node) -> list[Node]:
    """The statements of the list that a statement stands in, itself among them."""
    assert statement.parent is not None
    return [child for child in statement.parent.inner if is_statement(child)]


def in_list(statement: Node) -> bool:
    """Whether there is room for more statements beside this one."""
    return statement.parent is not None and statement.parent.kind in _LISTS


def enclosing_block(statement: Node) -> Node | None:
    """The block in braces whose statement this is."""
    parent = statement.parent
    if parent is not None and parent.kind == "statements":
        parent = parent.parent
    return parent if parent is not None and parent.kind == "block" else None


def extent(statement: Node) -> tuple[int, int]:
    """A statement's characters with its ``;``, which some grammars leave outside."""
    text, end = statement.tree.text, statement.end
    rest = text[end : text.find("\n", end) if "\n" in text[end:] else len(text)]
    if rest.lstrip(" \t").startswith(";") and not text[statement.start : end].endswith((";", "}")):
        end += rest.index(";") + 1
    return statement.start, end


def alone(statement: Node) -> bool:
    """Whether a statement shares its lines with no other code."""
    tree = statement.tree
    start, end = extent(statement)
    before = tree.text[tree.line_start(start) : start].strip()
    after = tree.text[end : tree.line_end(end)].strip()
    return not before and (not after or after.startswith(("//", "/*")))


def leaves(statement: Node) -> bool:
    """Whether nothing right behind a statement is carried out after it."""
    inner = statement.inner[0] if statement.kind == "plain" and statement.inner else statement
    return inner.kind in ("return", "break", "throw")


def is_action(node: Node) -> bool:
    """Whether a node is a statement of a function that assigns or calls."""
    return (
        node.kind in ("plain", "assign", "augmented", "update") and is_statement(node) and function_of(node) is not None
    )


def function_of(node: Node) -> Node | None:
    """The innermost function that holds a node."""
    return node.around("function")


def is_pattern(node: Node) -> bool:
    """Whether a node is what a value is bound to or matched with, not a value."""
    inner = node
    for outer in node.ancestors():
        if inner.field in ("pattern", "parameters", "type", "return_type", "receiver", "type_arguments"):
            return True
        if outer.kind in ("declare", "each", "range", "constant") and inner.field in ("name", "left"):
            return True
        if outer.type.endswith(("_type", "_annotation", "_pattern", "_heritage")) or outer.kind in (
            "import",
            "attribute",
        ):
            return True
        if is_statement(outer):
            return False
        inner = outer
    return False
