"""What a method forgets to do to its object."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .names import methods_of
from .registry import Site


def member_statements(site: Site, names: list[str]) -> Iterator[tuple[str, float]]:
    function = site.scope.function
    if function is None or "self" not in site.scope.parameters:
        return
    assigned = {n.attr for n in site.scope.nodes if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)}
    methods = methods_of(site)
    attributes = [name for name in site.scope.attributes.get("self", ()) if name not in methods]
    if function.name == "__init__":
        for name in names[:8]:
            yield f"self.{name} = {name}", 1.2 if name not in assigned else 0.1
            yield f"self._{name} = {name}", 1.0 if f"_{name}" in attributes and f"_{name}" not in assigned else 0.05
        for attribute in attributes[:12]:
            if attribute not in assigned:
                for value in ("[]", "0", "None", "{}", "set()", "False", "''"):
                    yield f"self.{attribute} = {value}", 0.5
    yield from _calls_of_super(site, function)
    yield from _as_elsewhere(site, function, assigned)
    for attribute in attributes[:10]:
        yield f"self.{attribute} += 1", 0.25
        yield f"self.{attribute} -= 1", 0.15
        for name in names[:5]:
            yield f"self.{attribute} = {name}", 0.4
            yield f"self.{attribute} += {name}", 0.3
            yield f"self.{attribute} -= {name}", 0.3
            yield f"self.{attribute}.append({name})", 0.3
            yield f"self.{attribute}[{name}] = {names[-1]}", 0.1
        yield f"self.{attribute} = None", 0.15
        yield f"self.{attribute}.clear()", 0.15
    owner = site.source.class_of(function)
    for method in owner.body if owner else ():
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) and method is not function:
            yield from _calls_of(site, method, names)


def _calls_of_super(site: Site, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, float]]:
    """The forgotten call of the method that this one overrides, with the arguments that it asks for."""
    owner = site.source.class_of(function)
    called = any(isinstance(n, ast.Name) and n.id == "super" for n in site.scope.nodes)
    if owner is None or not owner.bases or called:
        return
    own = site.scope.parameters[1:]
    taken = own
    for base in site.source.tree.body:
        if isinstance(base, ast.ClassDef) and base.name in {ast.unparse(b) for b in owner.bases}:
            methods = [s for s in base.body if isinstance(s, ast.FunctionDef) and s.name == function.name]
            taken = [a.arg for m in methods for a in m.args.args[1:]] if methods else own
    factor = 2.0 if function.name == "__init__" else 1.0
    wanted = [name for name in taken if name in own]
    prefix = "await " if isinstance(function, ast.AsyncFunctionDef) else ""
    for arguments in dict.fromkeys((", ".join(wanted), ", ".join(own), "", own[0] if own else "")):
        yield f"{prefix}super().{function.name}({arguments})", factor


def _calls_of(
    site: Site, method: ast.FunctionDef | ast.AsyncFunctionDef, names: list[str]
) -> Iterator[tuple[str, float]]:
    """A call of a method for what it does to the object: with nothing, or with names as it calls them."""
    nodes = list(ast.walk(method))
    changes = any(isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store) for n in nodes) or any(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) for n in nodes
    )
    if method.name.startswith("__") or method.decorator_list:
        return
    wanted = [a.arg for a in method.args.args[1 : len(method.args.args) - len(method.args.defaults)]]
    prefix = "await " if isinstance(method, ast.AsyncFunctionDef) else ""
    likely = 0.9 if changes else 0.2
    if not wanted:
        yield f"{prefix}self.{method.name}()", likely
    elif all(name in names for name in wanted):
        yield f"{prefix}self.{method.name}({', '.join(wanted)})", likely
    elif len(wanted) == 1:
        for index, name in enumerate(names[:6]):
            yield f"{prefix}self.{method.name}({name})", 0.5 * likely * 0.95**index


def _as_elsewhere(site: Site, function: ast.AST, assigned: set[str]) -> Iterator[tuple[str, float]]:
    """What other methods of the class do to the state, and this one does not."""
    for node in site.scope.class_nodes:
        if not isinstance(node, ast.Assign | ast.AugAssign | ast.Expr) or site.source.function(node) is function:
            continue
        text = site.source.segment(node)
        touched = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)}
        if text.startswith("self.") and "\n" not in text and len(text) <= 60 and not touched & assigned:
            yield text, 0.8 if isinstance(node, ast.Assign) else 0.4
