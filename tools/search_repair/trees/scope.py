"""The names that may stand at a place, and what is known of what they hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from .bindings import Binding, bindings
from .statements import function_of, is_action
from .tree import Node, Tree

_MOST = 8


class File:
    """What all functions of a file share; made once."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    @cached_property
    def bindings(self) -> list[Binding]:
        return bindings(self.tree)

    @cached_property
    def local(self) -> list[Binding]:
        """Bindings inside of functions, the last ones first."""
        return [b for b in reversed(self.bindings) if b.holder.kind != "program"]

    @cached_property
    def common(self) -> list[Binding]:
        """Bindings of the whole file, the last ones first, each name once."""
        found = {b.name: b for b in self.bindings if b.holder.kind == "program"}
        return list(reversed(found.values()))

    @cached_property
    def members(self) -> dict[str, dict[str, bool]]:
        """Members by the text of what they are taken of: name, and whether it is called. Those of the fields of
        classes and structs are below ``""``."""
        found: dict[str, dict[str, bool]] = {}
        for node in self.tree.nodes:
            name = node.get("property", "field") if node.kind == "member" else None
            if name is not None and node.inner and name.text:
                called = node.parent is not None and node.parent.kind == "call" and node.parent.inner[0] is node
                found.setdefault(node.inner[0].text, {})[name.text] = called
            elif node.type in ("field_declaration", "field_definition", "public_field_definition"):
                for child in node.children:
                    if child.kind == "property":
                        found.setdefault("", {})[child.text] = False
        return found

    @cached_property
    def actions(self) -> dict[str, list[Node | None]]:
        """Statements that assign or call, with the functions that they stand in; those that make fields of a Rust
        structure what they were at first, which stand in none."""
        found: dict[str, list[Node | None]] = {}
        for node in self.tree.nodes:
            if is_action(node):
                found.setdefault(node.text, []).append(function_of(node))
            value = node.get("value") if node.type == "field_initializer" else None
            if value is not None and value.kind in ("number", "boolean", "call") and len(value.text) < 20:
                found.setdefault(f"self.{node.inner[0].text} = {value.text};", [])
        return found

    @cached_property
    def variants(self) -> dict[str, list[str]]:
        """Names that stand behind ``::``, by the name before it, and those of the file's enumerations."""
        found: dict[str, dict[str, None]] = {}
        for node in self.tree.nodes:
            head, _, name = node.text.rpartition("::") if node.kind == "path" else ("", "", "")
            if head and name[:1].isupper():
                found.setdefault(head.rpartition("::")[2], {})[name] = None
            elif node.type == "enum_variant" and node.parent is not None and node.parent.parent is not None:
                holder, own = node.parent.parent.get("name"), node.get("name")
                if holder is not None and own is not None:
                    found.setdefault(holder.text, {})[own.text] = None
        return {head: list(names) for head, names in found.items()}

    @cached_property
    def arity(self) -> dict[str, int]:
        """How many parameters the functions of the file take."""
        found = {}
        for node in self.tree.nodes:
            name, parameters = node.get("name"), node.get("parameters")
            if node.kind == "function" and name is not None and parameters is not None:
                found[name.text] = sum(max(1, _names_in(p)) for p in parameters.inner if p.type != "self_parameter")
        return found


def _names_in(parameter: Node) -> int:
    return sum(child.field == "name" for child in parameter.children)


class Scope:
    """What a function sees."""

    def __init__(self, file: File, function: Node | None) -> None:
        self.file, self.function = file, function
        self._seen: dict[tuple[int, tuple[str, ...]], list[Binding]] = {}

    @property
    def tree(self) -> Tree:
        return self.file.tree

    @cached_property
    def conditions(self) -> list[Node]:
        """Comparisons that stand in the function."""
        root = self.function or self.tree.root
        return [n for n in root.walk() if n.kind == "binary" and _operator(n) in _COMPARED][:40]

    @cached_property
    def _near(self) -> list[Binding]:
        """Bindings that some place of the function sees, the last ones first."""
        root = self.function or self.tree.root
        inside = [b for b in self.file.local if b.holder.start < root.end and root.start < b.holder.end]
        return [*inside, *self.file.common]

    def visible(self, offset: int, *roles: str) -> list[Binding]:
        """Bindings that a place sees, the nearest first, each name once."""
        key = (offset, roles)
        if key not in self._seen:
            found: dict[str, Binding] = {}
            for binding in self._near:
                if (not roles or binding.role in roles) and binding.visible(offset):
                    known = found.get(binding.name)
                    if known is None or known.holder.start < binding.holder.start:
                        found[binding.name] = binding
            self._seen[key] = list(found.values())
        return self._seen[key]

    def variables(self, offset: int) -> list[Binding]:
        """Parameters and variables that a place sees, those of functions first."""
        found = [b for b in self.visible(offset, "parameter", "variable") if b.name != "self"]
        return sorted(found, key=lambda b: b.holder.kind == "program")

    def type_of(self, name: str, offset: int) -> str:
        """What is known of a variable's type, or ""."""
        return next((b.type for b in self.visible(offset) if b.name == name), "")

    def instead_of(self, node: Node) -> list[tuple[str, float]]:
        """Variables that may be meant where another one stands, likeliest first, with a factor."""
        own = self.type_of(node.text, node.start)
        strict = self.tree.grammar.family != "javascript"
        found = []
        for place, binding in enumerate(self.variables(node.start)):
            if binding.name == node.text or (strict and own and binding.type and not same_type(own, binding.type)):
                continue
            unlike = strict or (own and binding.type)
            factor = 1.0 if own and same_type(own, binding.type) else 0.5 if unlike else 0.75
            factor *= 0.6 if binding.holder.kind == "program" else 1.0
            factor *= 1.0 + 0.3 * likeness(binding.name, node.text)
            found.append((binding.name, factor * max(0.5, 1 - 0.04 * place)))
        found.sort(key=lambda entry: -entry[1])
        return found[:_MOST]


_COMPARED = frozenset({"<", "<=", ">", ">=", "==", "!=", "===", "!=="})


def _operator(node: Node) -> str:
    token = node.token("operator")
    return token.text if token is not None else ""


def same_type(one: str, two: str) -> bool:
    """Whether two types as they are written may be the same; Rust's number literals fit all of theirs."""
    if one == two:
        return True
    whole = re.compile(r"[iu](\d+|size)|integer")
    return "integer" in (one, two) and bool(whole.fullmatch(one) and whole.fullmatch(two))


def likeness(one: str, two: str) -> float:
    """How much two names have in common, from 0 to 1: their words, their beginning or their end."""
    words, others = _words(one), _words(two)
    shared = len(words & others) / max(1, len(words | others))
    ends = sum(a == b and a.isalpha() for a, b in ((one[:3], two[:3]), (one[-3:], two[-3:]))) / 2
    return max(shared, ends)


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", name)}


def closest(name: str, others: Iterable[str], most: int = _MOST) -> list[tuple[str, float]]:
    """The names most like ``name``, with a factor."""
    found = [(other, 0.6 + 0.4 * likeness(name, other)) for other in others if other != name]
    return sorted(found, key=lambda entry: -entry[1])[:most]
