"""The outline of a Go file: functions, methods by receiver, struct fields, and tests by their names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .outline import CALL, UNKNOWN, Binding, Chain, Import, Kind
from .syntax import SyntaxCollector, line_of, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_TEST = re.compile(r"(Test|Fuzz|Example|Benchmark)(?![a-z])\w*")
_NAMES = {"identifier", "field_identifier", "type_identifier", "package_identifier"}
_INNER = {
    "unary_expression": "operand", "composite_literal": "type", "type_conversion_expression": "type",
    "generic_type": "type", "type_instantiation_expression": "type",
}  # fmt: skip


class GoCollector(SyntaxCollector):
    """Walks one file; ``tests`` says whether it is a ``_test.go`` file."""

    def __init__(self, tests: bool) -> None:
        super().__init__()
        self._tests = tests

    def chain(self, node: Node | None) -> Chain:
        """The chain of an expression; a composite literal is a call of its type."""
        if node is None:
            return (UNKNOWN,)
        kind = node.type
        if kind in _NAMES:
            return (text_of(node),)
        if kind == "selector_expression":
            return (*self.chain(node.child_by_field_name("operand")), text_of(node.child_by_field_name("field")))
        if kind == "qualified_type":
            return tuple(text_of(node).split("."))
        if kind == "call_expression":
            return (*self.chain(node.child_by_field_name("function")), CALL)
        if kind in _INNER:
            inner = self.chain(node.child_by_field_name(_INNER[kind]))
            return (*inner, CALL) if kind in ("composite_literal", "type_conversion_expression") else inner
        if kind in ("parenthesized_expression", "pointer_type") and node.named_children:
            return self.chain(node.named_children[0])
        if kind in ("index_expression", "slice_expression"):
            return (*self.chain(node.child_by_field_name("operand")), UNKNOWN)
        return (UNKNOWN,)

    def on_import_spec(self, node: Node) -> None:
        module = text_of(node.child_by_field_name("path"))[1:-1]
        name = node.child_by_field_name("name")
        local = text_of(name) if name is not None else _package(module)
        item = Import("*", module, "*", line_of(node)) if local == "." else Import(local, module, None, line_of(node))
        self.imports.append(item)

    def on_function_declaration(self, node: Node) -> None:
        name = text_of(node.child_by_field_name("name"))
        self._function(node, name, "", Kind.HOOK if name == "TestMain" else self._kind(name))

    def on_method_declaration(self, node: Node) -> None:
        name = text_of(node.child_by_field_name("name"))
        receiver = node.child_by_field_name("receiver")
        types = self._types(receiver)
        owner = types[0][0] if types else ""
        kind = Kind.HOOK if self._tests and name in ("SetupTest", "SetupSuite") else self._kind(name)
        self._bind_all(receiver)
        self._function(node, name, owner, kind)

    def _kind(self, name: str) -> Kind:
        return Kind.TEST if self._tests and _TEST.fullmatch(name) else Kind.FUNCTION

    def _function(self, node: Node, name: str, owner: str, kind: Kind) -> None:
        self.define(name, node, kind, owner=owner, returns=self._types(node.child_by_field_name("result")))
        self._bind_all(node.child_by_field_name("parameters"))
        self.visit(node.child_by_field_name("body"))

    def _types(self, node: Node | None) -> tuple[Chain, ...]:
        """Chains of instances of the types in a result or a parameter list."""
        if node is None:
            return ()
        if node.type != "parameter_list":
            return self._instance(node)
        found = [self._instance(item.child_by_field_name("type")) for item in node.named_children]
        return tuple(chain for chains in found for chain in chains)

    def _instance(self, node: Node | None) -> tuple[Chain, ...]:
        chain = self.chain(node)
        return ((*chain, CALL),) if chain[0] not in (UNKNOWN, "error", "string", "int", "bool", "float64") else ()

    def _bind_all(self, parameters: Node | None) -> None:
        for item in parameters.named_children if parameters is not None else ():
            chains = self._instance(item.child_by_field_name("type"))
            for name in item.children_by_field_name("name"):
                # the line of the list's end lies inside the function, whatever stands on its first line
                self.bindings.extend(Binding(text_of(name), chain, line_of(item)) for chain in chains)

    def on_type_spec(self, node: Node) -> None:
        name, body = text_of(node.child_by_field_name("name")), node.child_by_field_name("type")
        fields = [f for part in body.named_children for f in part.named_children] if body is not None else []
        embedded = [f.child_by_field_name("type") for f in fields if f.child_by_field_name("name") is None]
        bases = tuple(self.chain(base) for base in embedded if base is not None)
        self.define(name, node, Kind.CLASS, bases=bases)
        for field in fields:
            for chain in self._instance(field.child_by_field_name("type")):
                names = field.children_by_field_name("name")
                self.bindings.extend(Binding(f"self.{text_of(n)}", chain, line_of(field)) for n in names)

    def on_short_var_declaration(self, node: Node) -> None:
        self._assigned(node.child_by_field_name("left"), node.child_by_field_name("right"))
        self.visit(node.child_by_field_name("right"))

    def on_assignment_statement(self, node: Node) -> None:
        self._assigned(node.child_by_field_name("left"), node.child_by_field_name("right"))
        self.visit_all(node.named_children)

    def on_range_clause(self, node: Node) -> None:
        left = node.child_by_field_name("left")
        for name in left.named_children if left is not None else ():
            self.bind(text_of(name), (*self.chain(node.child_by_field_name("right")), UNKNOWN))
        self.visit(node.child_by_field_name("right"))

    def on_var_spec(self, node: Node) -> None:
        chains = self._instance(node.child_by_field_name("type"))
        for name in node.children_by_field_name("name"):
            if chains:
                self.bind(text_of(name), *chains)
        self._paired(node.children_by_field_name("name"), node.child_by_field_name("value"))
        self.visit(node.child_by_field_name("value"))

    def _assigned(self, left: Node | None, right: Node | None) -> None:
        self._paired(left.named_children if left is not None else [], right)

    def _paired(self, targets: list[Node], right: Node | None) -> None:
        values = right.named_children if right is not None else []
        for at, target in enumerate(targets if values else ()):
            paired = len(values) == len(targets)
            chain = self.chain(values[at if paired else 0])
            self.bind(".".join(self.chain(target)), chain if paired or at == 0 else (UNKNOWN,))

    def on_call_expression(self, node: Node) -> None:
        self._chained(node)

    def _chained(self, node: Node) -> None:
        self.refer(node)
        current: Node | None = node
        while current is not None and current.type not in _NAMES:
            arguments = current.child_by_field_name("arguments") or current.child_by_field_name("body")
            self.visit(arguments)
            following = (current.child_by_field_name(n) for n in ("function", "operand"))
            inner = next((child for child in following if child is not None), None)
            if inner is None and current.type != "composite_literal":
                self.visit_all(current.named_children)
            current = inner

    on_selector_expression = _chained
    on_composite_literal = _chained

    def on_identifier(self, node: Node) -> None:
        self.refer(node)


def _package(module: str) -> str:
    parts = [part for part in module.split("/") if not re.fullmatch(r"v\d+", part)] or [module]
    return parts[-1].rpartition(".")[2] if "gopkg.in" in module else parts[-1].removeprefix("go-")
