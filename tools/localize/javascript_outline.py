"""The outline of a JavaScript or TypeScript module: functions, classes, and the blocks of test files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .javascript_modules import FUNCTIONS, NAMES, TRANSPARENT, ModuleCollector, unquoted
from .outline import CALL, DEFAULT, UNKNOWN, Binding, Chain, Kind
from .syntax import line_of, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_TESTS = {"it", "test", "specify", "fit", "xit", "bench"}
_HOOKS = {"beforeEach", "beforeAll", "before", "setup", "suiteSetup", "afterEach", "afterAll", "after"}


class JavaScriptCollector(ModuleCollector):
    """Walks one module."""

    def named(self, name: str, value: Node, owner: str = "", first: Node | None = None) -> None:
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
        self.named(text_of(node.child_by_field_name("name")) or DEFAULT, node)

    on_generator_function_declaration = on_function_declaration

    def on_method_definition(self, node: Node) -> None:
        self.named(text_of(node.child_by_field_name("name")), node)

    def on_pair(self, node: Node) -> None:
        value = node.child_by_field_name("value")
        if value is not None and value.type in FUNCTIONS and self.scope:
            self.named(text_of(node.child_by_field_name("key")), value, first=node)
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
        if value is not None and value.type in FUNCTIONS:
            self.named(name, value, first=node)
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
        elif value is not None and value.type in (*FUNCTIONS, "class", "object"):
            self.named(text_of(name), value, first=node)
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
            self.common_js(exported[1:], right)
        elif right.type in (*FUNCTIONS, "class") and "prototype" in target[1:]:
            self.named(target[-1], right, owner=target[0], first=node)
        else:
            self.bind(".".join(target), self.chain(right))
            self.visit(right)
            self.visit(left)

    def on_for_in_statement(self, node: Node) -> None:
        self.bind(text_of(node.child_by_field_name("left")), (*self.chain(node.child_by_field_name("right")), UNKNOWN))
        self.visit_all(node.named_children)

    def on_call_expression(self, node: Node) -> None:
        callee, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        given = arguments.named_children if arguments is not None else []
        head = self.chain(callee)[0]
        bodies = [child for child in given if child.type in FUNCTIONS]
        if bodies and head in _TESTS | _HOOKS:
            title = unquoted(given[0]) if given[0].type in ("string", "template_string") else head
            self.define(title, node, Kind.TEST if head in _TESTS else Kind.HOOK)
        self._chained(node)

    def _chained(self, node: Node) -> None:
        """A reference to the outermost chain, then everything that its calls were given."""
        self.refer(node)
        current: Node | None = node
        while current is not None and current.type not in NAMES:
            arguments = current.child_by_field_name("arguments")
            self.visit_all(arguments.named_children if arguments is not None else ())
            following = (current.child_by_field_name(n) for n in ("function", "object", "constructor"))
            inner = next((child for child in following if child is not None), None)
            if inner is None and current.type in TRANSPARENT and current.named_children:
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
