"""Where names are bound: parameters, variables, functions, imports, with what is written of their types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .guessing import guess
from .tree import Node, Tree

_HOLDERS = frozenset({"block", "function", "for", "each", "if", "switch", "case", "while", "program"})
_VALUES = frozenset({"type", "value", "right", "key", "body", "default"})


@dataclass(frozen=True)
class Binding:
    """A name that may stand for a value inside of ``holder``, from ``start`` on where it is a variable of a function.
    ``type`` is as written, or what its first value tells, or ""."""

    name: str
    holder: Node
    start: int
    type: str
    role: str
    """``parameter``, ``variable``, ``function``, ``class`` or ``import``."""

    def visible(self, offset: int) -> bool:
        if not self.holder.holds(offset, offset):
            return False
        return self.start < offset or self.role in ("function", "class", "import") or self.holder.kind == "program"


@dataclass(frozen=True)
class Declarer:
    """Which children of a node bind names."""

    fields: tuple[str, ...]
    role: str = "variable"
    plain: bool = False
    """Whether identifiers right below the node are names as well."""


_PARAMETER = Declarer(("pattern", "left", "name"), "parameter")
_VARIABLE = Declarer(("name", "left", "pattern", "parameter"))
_DECLARERS: Mapping[str, Mapping[str, Declarer]] = {
    "javascript": {
        "formal_parameters": Declarer(("pattern",), "parameter", plain=True),
        "required_parameter": _PARAMETER,
        "optional_parameter": _PARAMETER,
        "arrow_function": Declarer(("parameter",), "parameter"),
        "variable_declarator": _VARIABLE,
        "for_in_statement": _VARIABLE,
        "catch_clause": _VARIABLE,
        "function_declaration": Declarer(("name",), "function"),
        "generator_function_declaration": Declarer(("name",), "function"),
        "class_declaration": Declarer(("name",), "class"),
        "import_specifier": Declarer(("alias", "name"), "import"),
        "import_clause": Declarer((), "import", plain=True),
        "namespace_import": Declarer((), "import", plain=True),
    },
    "go": {
        "parameter_declaration": _PARAMETER,
        "variadic_parameter_declaration": _PARAMETER,
        "short_var_declaration": _VARIABLE,
        "var_spec": _VARIABLE,
        "const_spec": _VARIABLE,
        "range_clause": _VARIABLE,
        "function_declaration": Declarer(("name",), "function"),
    },
    "rust": {
        "parameter": _PARAMETER,
        "self_parameter": Declarer((), "parameter", plain=True),
        "closure_parameters": Declarer((), "parameter", plain=True),
        "let_declaration": _VARIABLE,
        "let_condition": _VARIABLE,
        "for_expression": _VARIABLE,
        "match_arm": _VARIABLE,
        "const_item": _VARIABLE,
        "static_item": _VARIABLE,
        "function_item": Declarer(("name",), "function"),
    },
}


_LATER = frozenset({"short_var_declaration", "var_spec", "let_declaration"})
"""What binds names only after it."""


def bindings(tree: Tree) -> list[Binding]:
    """All bindings of a file, in source order."""
    table = _DECLARERS[tree.grammar.family]
    return [b for node in tree.nodes if node.type in table for b in _bound(node, table[node.type])]


def _bound(node: Node, declarer: Declarer) -> Iterator[Binding]:
    holder = _holder(node, declarer)
    places = [child for child in node.children if child.named and (child.field in declarer.fields or declarer.plain)]
    if declarer.role == "import" and node.type == "import_specifier":
        places = places[-1:]
    written = node.get("type")
    for index, place in enumerate(places):
        for name in _names(place):
            kind = written.text.lstrip(": ") if written is not None else guess(node, index)
            yield Binding(name.text, holder, node.end if node.type in _LATER else name.start, kind, declarer.role)


def _holder(node: Node, declarer: Declarer) -> Node:
    if declarer.role == "parameter":
        return node if node.kind == "function" else node.around("function", "program") or node.tree.root
    if node.kind in ("for", "each") or node.type in ("match_arm", "catch_clause"):
        return node
    return node.around(*_HOLDERS) or node.tree.root


def _names(place: Node) -> Iterator[Node]:
    if place.kind in ("name", "comment") or place.type == "shorthand_property_identifier_pattern":
        if place.text not in ("_", "this") and place.kind != "comment" and not _is_path(place):
            yield place
        return
    if place.kind in ("call", "member", "index", "string", "number") or place.type.endswith("_type"):
        return
    for child in place.children:
        if child.named and child.field not in _VALUES:
            yield from _names(child)


def _is_path(name: Node) -> bool:
    """Whether a name in a pattern is a variant or a constant that is there already."""
    upper = name.tree.grammar.family == "rust" and name.text[:1].isupper()
    return upper and not name.parent_is("const_item", "static_item")
