"""The outline of a JavaScript or TypeScript module: both module systems, classes, and the blocks of test files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .outline import CALL, DEFAULT, MODULE, UNKNOWN, Binding, Chain, Import, Kind
from .syntax import SyntaxCollector, line_of, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_TESTS = {"it", "test", "specify", "fit", "xit", "bench"}
_HOOKS = {"beforeEach", "beforeAll", "before", "setup", "suiteSetup", "afterEach", "afterAll", "after"}
_FUNCTIONS = {"arrow_function", "function_expression", "generator_function", "function"}
_NAMES = {
    "identifier", "property_identifier", "private_property_identifier", "type_identifier", "this", "super",
    "shorthand_property_identifier", "shorthand_property_identifier_pattern", "nested_type_identifier",
}  # fmt: skip
_TRANSPARENT = {
    "await_expression", "parenthesized_expression", "non_null_expression", "as_expression", "satisfies_expression",
}  # fmt: skip


class JavaScriptCollector(SyntaxCollector):
    """Walks one module."""

    def chain(self, node: Node | None) -> Chain:
        """The chain of an expression; the head of a ``require`` or dynamic ``import`` is its module."""
        if node is None:
            return (UNKNOWN,)
        kind = node.type
        if kind in _NAMES:
            return tuple(text_of(node).split("."))
        if kind == "member_expression":
            return (*self.chain(node.child_by_field_name("object")), text_of(node.child_by_field_name("property")))
        if kind == "call_expression":
            return self._module(node) or (*self.chain(node.child_by_field_name("function")), CALL)
        if kind == "new_expression":
            return (*self.chain(node.child_by_field_name("constructor")), CALL)
        if kind == "subscript_expression":
            return (*self.chain(node.child_by_field_name("object")), UNKNOWN)
        if kind in _TRANSPARENT and node.named_children:
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
        spec = _unquoted(named[0])
        self.imports.append(Import("", spec, None, line_of(call)))
        return (MODULE + spec,)

    def on_import_statement(self, node: Node) -> None:
        source = node.child_by_field_name("source")
        for child in node.named_children:
            if child.type == "import_clause":
                self._clause(child, _unquoted(source))
            elif child.type == "import_require_clause":
                module = _unquoted(child.child_by_field_name("source"))
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
        module = _unquoted(node.child_by_field_name("source"))
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
            self._export(DEFAULT, value)
        if declared is not None:
            self.visit(declared)
            if is_default:
                self.exports[DEFAULT] = (text_of(declared.child_by_field_name("name")) or DEFAULT,)

    def _export(self, name: str, value: Node) -> None:
        if value.type in _FUNCTIONS or value.type == "class":
            own = text_of(value.child_by_field_name("name")) or name
            self._named(own, value)
            self.exports[name] = (own,)
        else:
            self.exports[name] = self.chain(value)
            self.visit(value)

    def _named(self, name: str, value: Node, owner: str = "", first: Node | None = None) -> None:
        """A function, class or object that a name is given to."""
        if value.type == "object":
            self.define(name, value, Kind.CLASS, owner=owner, first=first)
            self.inside(name, value.named_children)
        elif value.type == "class":
            self._class(name, value)
        else:
            self.define(name, value, Kind.FUNCTION, owner=owner, returns=self._returns(value), first=first)
            self._parameters(value)
            self.inside(name, (value.child_by_field_name("body"),))

    def on_function_declaration(self, node: Node) -> None:
        self._named(text_of(node.child_by_field_name("name")) or DEFAULT, node)

    on_generator_function_declaration = on_function_declaration

    def on_method_definition(self, node: Node) -> None:
        self._named(text_of(node.child_by_field_name("name")), node)

    def on_pair(self, node: Node) -> None:
        value = node.child_by_field_name("value")
        if value is not None and value.type in _FUNCTIONS and self.scope:
            self._named(text_of(node.child_by_field_name("key")), value, first=node)
        else:
            self.visit(value)

    def on_class_declaration(self, node: Node) -> None:
        self._class(text_of(node.child_by_field_name("name")) or DEFAULT, node)

    on_abstract_class_declaration = on_class_declaration
    on_class = on_class_declaration

    def _class(self, name: str, node: Node) -> None:
        heritage = [child for child in node.named_children if child.type == "class_heritage"]
        clauses = [c for h in heritage for c in h.named_children]
        parents = [c.child_by_field_name("value") if c.type == "extends_clause" else c for c in clauses]
        bases = tuple(self.chain(parent) for parent in parents if parent is not None)
        self.define(name, node, Kind.CLASS, bases=tuple(b for b in bases if b[0] != UNKNOWN))
        self.inside(name, (node.child_by_field_name("body"),))

    def on_public_field_definition(self, node: Node) -> None:
        name = text_of(node.child_by_field_name("name") or node.child_by_field_name("property"))
        value = node.child_by_field_name("value")
        self.statement = line_of(node)
        if value is not None and value.type in _FUNCTIONS:
            self._named(name, value, first=node)
        else:
            self._typed(f"this.{name}", node, value)
            self.visit(value)

    on_field_definition = on_public_field_definition

    def on_variable_declarator(self, node: Node) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None:
            return
        if name.type != "identifier":
            self._pattern(name, self.chain(value))
        elif value is not None and value.type in (*_FUNCTIONS, "class", "object"):
            self._named(text_of(name), value, first=node)
            return
        else:
            self._typed(text_of(name), node, value)
        self.visit(value)

    def _typed(self, target: str, node: Node, value: Node | None) -> None:
        chains = [*self._type(node.child_by_field_name("type")), *([self.chain(value)] if value else [])]
        self.bind(target, *(chains or [(UNKNOWN,)]))

    def _pattern(self, node: Node, chain: Chain) -> None:
        for child in node.named_children:
            if child.type == "shorthand_property_identifier_pattern":
                self.bind(text_of(child), (*chain, text_of(child)))
            elif child.type == "pair_pattern":
                target, key = child.child_by_field_name("value"), child.child_by_field_name("key")
                self.bind(text_of(target), (*chain, text_of(key)))
            elif child.type == "identifier":
                self.bind(text_of(child), chain)

    def on_assignment_expression(self, node: Node) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return
        target = self.chain(left)
        exported = target[1:] if target[0] == "module" else target
        if exported[0] == "exports" and len(exported) <= 2:
            self._common_js(exported[1:], right)
        elif right.type in (*_FUNCTIONS, "class") and "prototype" in target[1:]:
            self._named(target[-1], right, owner=target[0], first=node)
        else:
            self.bind(".".join(target), self.chain(right))
            self.visit(right)
            self.visit(left)

    def _common_js(self, name: Chain, value: Node) -> None:
        if name:
            self._export(name[0], value)
        elif value.type == "object":
            for item in value.named_children:
                self._property(item)
        else:
            self._export(DEFAULT, value)

    def _property(self, item: Node) -> None:
        value = item.child_by_field_name("value")
        if item.type == "pair" and value is not None:
            self._export(text_of(item.child_by_field_name("key")), value)
        elif item.type == "spread_element" and item.named_children:
            chain = self.chain(item.named_children[0])
            if chain[0].startswith(MODULE):
                self.imports.append(Import("*", chain[0].removeprefix(MODULE), "*", line_of(item)))
        elif item.type == "method_definition":
            self.on_method_definition(item)

    def on_for_in_statement(self, node: Node) -> None:
        self.bind(text_of(node.child_by_field_name("left")), (*self.chain(node.child_by_field_name("right")), UNKNOWN))
        self.visit_all(node.named_children)

    def on_call_expression(self, node: Node) -> None:
        callee, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        given = arguments.named_children if arguments is not None else []
        head = self.chain(callee)[0]
        bodies = [child for child in given if child.type in _FUNCTIONS]
        if bodies and head in _TESTS | _HOOKS:
            title = _unquoted(given[0]) if given[0].type in ("string", "template_string") else head
            self.define(title, node, Kind.TEST if head in _TESTS else Kind.HOOK)
        self._chained(node)

    def _chained(self, node: Node) -> None:
        """A reference to the outermost chain, then everything that its calls were given."""
        self.refer(node)
        current: Node | None = node
        while current is not None and current.type not in _NAMES:
            arguments = current.child_by_field_name("arguments")
            self.visit_all(arguments.named_children if arguments is not None else ())
            following = (current.child_by_field_name(n) for n in ("function", "object", "constructor"))
            inner = next((child for child in following if child is not None), None)
            if inner is None and current.type in _TRANSPARENT and current.named_children:
                inner = current.named_children[0]
            elif inner is None:
                self.visit(current)
            current = inner

    on_new_expression = _chained
    on_member_expression = _chained

    def on_identifier(self, node: Node) -> None:
        self.refer(node)

    on_shorthand_property_identifier = on_identifier

    def _parameters(self, function: Node) -> None:
        parameters = function.child_by_field_name("parameters")
        for item in parameters.named_children if parameters is not None else ():
            pattern = item.child_by_field_name("pattern")
            for chain in self._type(item.child_by_field_name("type")):
                self.bindings.append(Binding(text_of(pattern), chain, line_of(item)))
                if any(child.type == "accessibility_modifier" for child in item.named_children):
                    self.bindings.append(Binding(f"this.{text_of(pattern)}", chain, line_of(item)))

    def _returns(self, function: Node) -> tuple[Chain, ...]:
        annotated = self._type(function.child_by_field_name("return_type"))
        body = function.child_by_field_name("body")
        if annotated or body is None:
            return annotated
        if body.type != "statement_block":
            return (self.chain(body),)
        return tuple(chain for chain in (self.chain(value) for value in _returned(body)) if chain[0] != UNKNOWN)

    def _type(self, annotation: Node | None) -> tuple[Chain, ...]:
        """Chains of instances of the class that an annotation names, looking into ``Promise<…>`` and its like."""
        if annotation is None or not annotation.named_children:
            return ()
        node = annotation.named_children[0] if annotation.type == "type_annotation" else annotation
        if node.type == "generic_type" and node.named_child_count > 1:
            inner = node.named_children[1].named_children
            return self._type_name(inner[0]) if inner else ()
        return self._type_name(node)

    def _type_name(self, node: Node) -> tuple[Chain, ...]:
        named = node.type in ("type_identifier", "nested_type_identifier")
        return ((*text_of(node).split("."), CALL),) if named else ()


def _returned(body: Node) -> list[Node]:
    found: list[Node] = []
    waiting = list(body.named_children)
    while waiting:
        node = waiting.pop()
        if node.type == "return_statement":
            found.extend(node.named_children[:1])
        elif node.type.endswith(("statement", "block", "clause")):
            waiting.extend(node.named_children)
    return found


def _unquoted(node: Node | None) -> str:
    return text_of(node)[1:-1]
