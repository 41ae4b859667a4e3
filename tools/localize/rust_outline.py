"""The outline of a Rust file: items, ``impl`` blocks, inline modules, ``#[test]`` functions and the calls in macros."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .outline import CALL, MODULE, UNKNOWN, Binding, Chain, Import, Kind, Reference
from .syntax import SyntaxCollector, line_of, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMES = {"identifier", "type_identifier", "field_identifier", "self", "shorthand_field_identifier"}
_ROOTS = {"crate", "super"}
_WRAPPERS = {"Result", "Option", "Box", "Rc", "Arc", "RefCell", "Cell", "Mutex"}
_TRANSPARENT = {
    "unwrap", "expect", "clone", "as_ref", "as_mut", "borrow", "borrow_mut", "into", "to_owned", "unwrap_or_default",
    "by_ref", "lock",
}  # fmt: skip
_STANDARD = {"std", "core", "alloc"}
_IN_MACRO = re.compile(
    r'"(?:[^"\\]|\\.)*"|(\.?[ \t]*\b[A-Za-z_]\w*(?:\s*(?:::|\.)\s*[A-Za-z_]\w*)*)(?:::<[^<>()]*>)?(\s*\()?'
)
_TEST_ATTRIBUTE = re.compile(r"#\[\s*(?:\w+\s*::\s*)*(?:test|rstest|test_case|quickcheck)\b")


class RustCollector(SyntaxCollector):
    """Walks one file. What stands in a ``#[cfg(test)]`` module is test code, though its file may be edited."""

    def __init__(self) -> None:
        super().__init__()
        self._type = ""
        self._in_tests = False

    def chain(self, node: Node | None) -> Chain:
        """The chain of an expression or path; ``?`` and methods like ``unwrap`` leave it as it is."""
        if node is None:
            return (UNKNOWN,)
        kind = node.type
        if kind in _NAMES:
            return (self._type if text_of(node) == "Self" else text_of(node),)
        if kind in ("crate", "super"):
            return (MODULE + kind,)
        if kind in ("scoped_identifier", "scoped_type_identifier"):
            return self._path(node)
        if kind == "field_expression":
            name = text_of(node.child_by_field_name("field"))
            return (*self.chain(node.child_by_field_name("value")), name)
        if kind == "call_expression":
            inner = self.chain(node.child_by_field_name("function"))
            return inner[:-1] if len(inner) > 1 and inner[-1] in _TRANSPARENT else (*inner, CALL)
        if kind == "struct_expression":
            return (*self.chain(node.child_by_field_name("name")), CALL)
        if kind == "generic_function":
            return self.chain(node.child_by_field_name("function"))
        if kind == "generic_type":
            return self.chain(node.child_by_field_name("type"))
        if kind == "index_expression" and node.named_children:
            return (*self.chain(node.named_children[0]), UNKNOWN)
        wraps = kind in ("try_expression", "await_expression", "reference_expression", "parenthesized_expression",
                         "reference_type", "unary_expression")  # fmt: skip
        inner_nodes = [child for child in node.named_children if child.type not in ("mutable_specifier", "lifetime")]
        return self.chain(inner_nodes[0]) if wraps and inner_nodes else (UNKNOWN,)

    def _path(self, node: Node) -> Chain:
        path, name = node.child_by_field_name("path"), text_of(node.child_by_field_name("name"))
        if path is None:
            return (name,)
        if path.type == "self":
            return (MODULE + "self", name)
        head = self.chain(path)
        if len(head) == 1 and head[0].islower() and head[0] not in _STANDARD and not head[0].startswith(MODULE):
            self.imports.append(Import(head[0], head[0], None, line_of(node)))  # a crate or a module named in place
        if head == (MODULE + "super",) and name == "super":
            return (MODULE + "super::super",)
        return (*head, name)

    def on_use_declaration(self, node: Node) -> None:
        self._use(node.child_by_field_name("argument"), [])

    def _use(self, node: Node | None, prefix: list[str]) -> None:
        if node is None:
            return
        line = line_of(node)
        if node.type == "use_list":
            for child in node.named_children:
                self._use(child, prefix)
        elif node.type == "scoped_use_list":
            inside = [*prefix, *_segments(node.child_by_field_name("path"))]
            self._use(node.child_by_field_name("list"), inside)
        elif node.type == "use_wildcard":
            inside = [*prefix, *_segments(node.named_children[0] if node.named_children else None)]
            self.imports.append(Import("*", "::".join(inside), "*", line))
        elif node.type == "use_as_clause":
            names = [*prefix, *_segments(node.child_by_field_name("path"))]
            self._used(names, text_of(node.child_by_field_name("alias")), line)
        else:
            self._used([*prefix, *_segments(node)], "", line)

    def _used(self, names: list[str], alias: str, line: int) -> None:
        if names and names[-1] == "self":
            names = names[:-1]
        if len(names) == 1:
            self.imports.append(Import(alias or names[0], names[0], None, line))
        elif names:
            self.imports.append(Import(alias or names[-1], "::".join(names[:-1]), names[-1], line))

    def on_mod_item(self, node: Node) -> None:
        name, body = text_of(node.child_by_field_name("name")), node.child_by_field_name("body")
        if body is None:
            self.imports.append(Import(name, f"self::{name}", None, line_of(node)))
            return
        before, first = self._in_tests, _attributed(node)
        self._in_tests = before or "cfg(test" in _attributes(node).replace(" ", "")
        self.define(name, node, Kind.FIXTURE if self._in_tests else Kind.CLASS, first=first)
        self.inside(name, (body,))
        self._in_tests = before

    def on_impl_item(self, node: Node) -> None:
        before = self._type
        self._type = self.chain(node.child_by_field_name("type"))[-1]
        self.inside(self._type, (node.child_by_field_name("body"),))
        self._type = before

    def on_trait_item(self, node: Node) -> None:
        before, self._type = self._type, text_of(node.child_by_field_name("name"))
        self.define(self._type, node, Kind.CLASS)
        self.inside(self._type, (node.child_by_field_name("body"),))
        self._type = before

    def on_struct_item(self, node: Node) -> None:
        self.define(text_of(node.child_by_field_name("name")), node, Kind.CLASS, first=_attributed(node))
        body = node.child_by_field_name("body")
        for field in body.named_children if body is not None else ():
            for chain in self._instances(field.child_by_field_name("type")):
                name = text_of(field.child_by_field_name("name"))
                self.bindings.append(Binding(f"self.{name}", chain, line_of(field)))

    def on_enum_item(self, node: Node) -> None:
        self.define(text_of(node.child_by_field_name("name")), node, Kind.CLASS, first=_attributed(node))

    def on_function_item(self, node: Node) -> None:
        name = text_of(node.child_by_field_name("name"))
        is_test = bool(_TEST_ATTRIBUTE.search(_attributes(node)))
        kind = Kind.TEST if is_test else Kind.FIXTURE if self._in_tests else Kind.FUNCTION
        returns = self._instances(node.child_by_field_name("return_type"))
        self.define(name, node, kind, returns=returns, first=_attributed(node))
        parameters = node.child_by_field_name("parameters")
        for item in parameters.named_children if parameters is not None else ():
            target = text_of(item.child_by_field_name("pattern"))
            for chain in self._instances(item.child_by_field_name("type")):
                self.bindings.append(Binding(target, chain, line_of(item)))
        self.inside(name, (node.child_by_field_name("body"),))

    def _instances(self, node: Node | None) -> tuple[Chain, ...]:
        """Chains of instances of the type, or of what it wraps for ``Result``, ``Option``, ``Box`` and such."""
        chain = self.chain(node)
        if node is not None and node.type == "reference_type":
            return self._instances(node.named_children[-1])
        if node is not None and node.type == "generic_type" and chain[-1] in _WRAPPERS:
            arguments = node.child_by_field_name("type_arguments")
            inner = arguments.named_children if arguments is not None else []
            return self._instances(inner[0]) if inner else ()
        return ((*chain, CALL),) if chain[0] not in (UNKNOWN, "") else ()

    def on_let_declaration(self, node: Node) -> None:
        pattern, value = node.child_by_field_name("pattern"), node.child_by_field_name("value")
        chains = [*self._instances(node.child_by_field_name("type")), *([self.chain(value)] if value else [])]
        if pattern is not None and pattern.type == "identifier":
            self.bind(text_of(pattern), *(chains or [(UNKNOWN,)]))
        elif pattern is not None:
            for name in (child for child in pattern.named_children if child.type == "identifier"):
                self.bind(text_of(name))
        self.visit(value)

    def on_call_expression(self, node: Node) -> None:
        self._chained(node)

    def _chained(self, node: Node) -> None:
        self.refer(node)
        current: Node | None = node
        while current is not None and current.type not in _NAMES:
            self.visit(current.child_by_field_name("arguments") or current.child_by_field_name("body"))
            following = (current.child_by_field_name(n) for n in ("function", "value"))
            inner = next((child for child in following if child is not None), None)
            if inner is None and current.type in ("try_expression", "await_expression", "parenthesized_expression"):
                inner = current.named_children[0] if current.named_children else None
            elif inner is None and current.type not in ("struct_expression", "scoped_identifier"):
                self.visit_all(current.named_children)
            current = inner

    on_field_expression = _chained
    on_struct_expression = _chained
    on_scoped_identifier = _chained

    def on_identifier(self, node: Node) -> None:
        self.refer(node)

    def on_attribute_item(self, node: Node) -> None:
        """Names in attributes are none of the code's."""

    def on_macro_invocation(self, node: Node) -> None:
        """A macro's arguments are bare tokens to the grammar: calls in them are told by their looks."""
        text, first = text_of(node), line_of(node)
        start = text.find("!") + 1
        for found in _IN_MACRO.finditer(text, start, start + 4_000):
            if not found[1]:
                continue
            parts = tuple(re.split(r"\s*(?:::|\.)\s*", found[1].strip()))
            chain = self._tokens(parts)
            if chain:
                line = first + text.count("\n", 0, found.start(1))
                self.references.append(Reference((*chain, CALL) if found[2] else chain, line, self.statement))

    def _tokens(self, parts: Chain) -> Chain:
        if parts[0] == "":
            parts = (UNKNOWN, *parts[1:])
        if parts[0] in _ROOTS:
            parts = (MODULE + parts[0], *parts[1:])
        while len(parts) > 1 and parts[-1] in _TRANSPARENT:
            parts = parts[:-1]
        return tuple(self._type if part == "Self" and self._type else part for part in parts)


def _segments(node: Node | None) -> list[str]:
    return [part.strip() for part in text_of(node).split("::") if part.strip()]


def _attributes(node: Node) -> str:
    found, before = "", node.prev_named_sibling
    while before is not None and before.type in ("attribute_item", "line_comment", "block_comment"):
        found += text_of(before) if before.type == "attribute_item" else ""
        before = before.prev_named_sibling
    return found


def _attributed(node: Node) -> Node:
    first, before = node, node.prev_named_sibling
    while before is not None and before.type == "attribute_item":
        first, before = before, before.prev_named_sibling
    return first
