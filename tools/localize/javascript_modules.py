"""What a JavaScript or TypeScript module takes in and gives out, in both module systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .outline import CALL, DEFAULT, MODULE, UNKNOWN, Chain, Import
from .syntax import SyntaxCollector, line_of, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

FUNCTIONS = {"arrow_function", "function_expression", "generator_function", "function"}
NAMES = {
    "identifier", "property_identifier", "private_property_identifier", "type_identifier", "this", "super",
    "shorthand_property_identifier", "shorthand_property_identifier_pattern", "nested_type_identifier",
}  # fmt: skip
TRANSPARENT = {
    "await_expression", "parenthesized_expression", "non_null_expression", "as_expression", "satisfies_expression",
}  # fmt: skip


class ModuleCollector(SyntaxCollector):
    """Imports, exports and chains; what is defined is its subclass's matter."""

    def named(self, name: str, value: Node, owner: str = "", first: Node | None = None) -> None:
        """Notes a function, class or object that a name is given to."""
        raise NotImplementedError

    def chain(self, node: Node | None) -> Chain:
        """The chain of an expression; the head of a ``require`` or dynamic ``import`` is its module."""
        if node is None:
            return (UNKNOWN,)
        kind = node.type
        if kind in NAMES:
            return tuple(text_of(node).split("."))
        if kind == "member_expression":
            return (*self.chain(node.child_by_field_name("object")), text_of(node.child_by_field_name("property")))
        if kind == "call_expression":
            return self._module(node) or (*self.chain(node.child_by_field_name("function")), CALL)
        if kind == "new_expression":
            return (*self.chain(node.child_by_field_name("constructor")), CALL)
        if kind == "subscript_expression":
            return (*self.chain(node.child_by_field_name("object")), UNKNOWN)
        if kind in TRANSPARENT and node.named_children:
            return self.chain(node.named_children[0])
        return (UNKNOWN,)

    def _module(self, call: Node) -> Chain | None:
        callee = call.child_by_field_name("function")
        arguments = call.child_by_field_name("arguments")
        if callee is None or arguments is None or text_of(callee) not in ("require", "import"):
            return None
        named = arguments.named_children
        if not named or named[0].type != "string":
            return None
        spec = unquoted(named[0])
        self.imports.append(Import("", spec, None, line_of(call)))
        return (MODULE + spec,)

    def on_import_statement(self, node: Node) -> None:
        source = node.child_by_field_name("source")
        for child in node.named_children:
            if child.type == "import_clause":
                self._clause(child, unquoted(source))
            elif child.type == "import_require_clause":
                module = unquoted(child.child_by_field_name("source"))
                self.imports.append(Import(text_of(child.named_children[0]), module, None, line_of(node)))

    def _clause(self, clause: Node, module: str) -> None:
        line = line_of(clause)
        for child in clause.named_children:
            if child.type == "identifier":
                self.imports.append(Import(text_of(child), module, DEFAULT, line))
            elif child.type == "namespace_import":
                self.imports.append(Import(text_of(child.named_children[0]), module, None, line))
            else:
                self._specifiers(child, module)

    def _specifiers(self, node: Node, module: str) -> None:
        for item in node.named_children:
            name = text_of(item.child_by_field_name("name"))
            alias = text_of(item.child_by_field_name("alias")) or name
            if name and module:
                self.imports.append(Import(alias, module, name, line_of(item)))
            elif name:
                self.exports[alias] = (name,)

    def on_export_statement(self, node: Node) -> None:
        module = unquoted(node.child_by_field_name("source"))
        value, declared = node.child_by_field_name("value"), node.child_by_field_name("declaration")
        is_default = any(child.type == "default" for child in node.children)
        if module and not node.named_children[0].type.endswith(("clause", "export")):
            self.imports.append(Import("*", module, "*", line_of(node)))
        for child in node.named_children:
            if child.type == "export_clause":
                self._specifiers(child, module)
            elif child.type == "namespace_export":
                self.imports.append(Import(text_of(child.named_children[0]), module, None, line_of(node)))
        if value is not None:
            self.export(DEFAULT, value)
        if declared is not None:
            self.visit(declared)
            if is_default:
                self.exports[DEFAULT] = (text_of(declared.child_by_field_name("name")) or DEFAULT,)

    def export(self, name: str, value: Node) -> None:
        if value.type in FUNCTIONS or value.type == "class":
            own = text_of(value.child_by_field_name("name")) or name
            self.named(own, value)
            self.exports[name] = (own,)
        else:
            self.exports[name] = self.chain(value)
            self.visit(value)

    def common_js(self, name: Chain, value: Node) -> None:
        """``exports.name = value``, or ``module.exports = value`` where ``name`` is empty."""
        if name:
            self.export(name[0], value)
        elif value.type == "object":
            for item in value.named_children:
                self._property(item)
        else:
            self.export(DEFAULT, value)

    def _property(self, item: Node) -> None:
        value = item.child_by_field_name("value")
        if item.type == "pair" and value is not None:
            self.export(text_of(item.child_by_field_name("key")), value)
        elif item.type == "spread_element" and item.named_children:
            chain = self.chain(item.named_children[0])
            if chain[0].startswith(MODULE):
                self.imports.append(Import("*", chain[0].removeprefix(MODULE), "*", line_of(item)))
        elif item.type == "method_definition":
            self.visit(item)


def unquoted(node: Node | None) -> str:
    """A string literal's contents."""
    return text_of(node)[1:-1]
