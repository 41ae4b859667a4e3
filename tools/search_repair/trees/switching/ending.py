"""Whether statements of JavaScript can be left at their end."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..statements import statements_of
from ..tree import Node


def ends(node: Node | None) -> bool:
    """Whether what follows a statement (or a block) is surely never reached."""
    if node is None:
        return False
    if node.kind in ("return", "throw"):
        return True
    if node.kind == "block":
        return any(ends(statement) for statement in statements_of(node))
    rule = _RULES.get(node.type)
    return rule is not None and rule(node)


def _if(node: Node) -> bool:
    other = node.get("alternative")
    return other is not None and ends(node.get("consequence")) and ends(_last(other))


def _last(clause: Node) -> Node | None:
    return clause.inner[-1] if clause.inner else None


def _try(node: Node) -> bool:
    handler, final = node.get("handler"), node.get("finalizer")
    if final is not None and ends(final.get("body")):
        return True
    return ends(node.get("body")) and (handler is None or ends(handler.get("body")))


def _loop(node: Node) -> bool:
    condition = node.get("condition")
    forever = condition is None if node.kind == "for" else condition is not None and condition.text == "(true)"
    return forever and not _broken(node)


def _switch(node: Node) -> bool:
    body = node.get("body")
    cases = body.inner if body is not None else []
    if not any(case.type == "switch_default" for case in cases) or _broken(node):
        return False
    return all(_case(case) or (case is not cases[-1] and not _statements(case)) for case in cases)


def _case(case: Node) -> bool:
    return any(ends(statement) for statement in _statements(case))


def _statements(case: Node) -> list[Node]:
    return [child for child in case.inner if child.field == "body"]


def _broken(node: Node) -> bool:
    """Whether some ``break`` may leave a loop or a switch; one of an inner loop counts as well, to be safe."""
    return any(inner.type == "break_statement" for inner in node.walk())


_RULES: Mapping[str, Callable[[Node], bool]] = {
    "if_statement": _if,
    "else_clause": lambda node: ends(_last(node)),
    "try_statement": _try,
    "while_statement": _loop,
    "for_statement": _loop,
    "switch_statement": _switch,
    "labeled_statement": lambda node: False,
}
