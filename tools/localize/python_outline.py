"""The outline of a Python module, from its syntax tree in one pass."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from .outline import CALL, FIXTURE, UNKNOWN, Binding, Chain, Definition, Import, Kind, Outline, Reference

Function = ast.FunctionDef | ast.AsyncFunctionDef

_HOOKS = {
    "setUp", "setUpClass", "asyncSetUp", "setUpModule", "setUpTestData",
    "setup_method", "setup_class", "setup_module", "setup_function", "setup",
}  # fmt: skip
_LEAVES = (ast.Constant, ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop, ast.Pass)
_WRAPPERS = {"Optional", "Annotated", "Type", "type", "Final", "ClassVar", "Iterator", "Generator", "Iterable"}


class Collector:
    """Walks one module. ``file`` is its base name: names like ``test_x`` are tests only in test files."""

    def __init__(self, file: str) -> None:
        self._tests = file.startswith("test") or file.endswith(("_test.py", "_tests.py"))
        self._definitions: list[Definition] = []
        self._imports: list[Import] = []
        self._references: list[Reference] = []
        self._bindings: list[Binding] = []
        self._scope: list[str] = []
        self._returned: list[Chain] = []
        self._statement = 1

    def collect(self, tree: ast.Module) -> Outline:
        """The outline of ``tree``."""
        self._body(tree.body)
        return Outline(
            definitions=tuple(sorted(self._definitions, key=lambda d: (d.line, -d.end_line))),
            imports=tuple(self._imports),
            references=tuple(sorted(self._references, key=lambda r: r.line)),
            bindings=tuple(self._bindings),
        )

    def _body(self, body: Iterable[ast.AST]) -> None:
        for node in body:
            self._visit(node)

    def _visit(self, node: ast.AST) -> None:
        if isinstance(node, _LEAVES):
            return
        if isinstance(node, ast.stmt):
            self._statement = node.lineno
        match node:
            case ast.Name() | ast.Attribute() | ast.Call():
                self._reference(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node)
            case ast.ClassDef():
                self._class(node)
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case _:
                self._binding(node)
                self._children(node)

    def _children(self, node: ast.AST) -> None:
        for name in node._fields:  # ast.iter_child_nodes costs twice as much, and this is where the time goes
            value = getattr(node, name, None)
            if isinstance(value, list):
                for child in value:
                    if isinstance(child, ast.AST):
                        self._visit(child)
            elif isinstance(value, ast.AST):
                self._visit(value)

    def _function(self, node: Function) -> None:
        self._body(node.decorator_list)
        kind = self._kind(node)
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            self._parameter(node, argument, kind)
        self._body(d for d in (*node.args.defaults, *node.args.kw_defaults) if d)
        outer, self._returned = self._returned, []
        self._nested(node)
        returns = (*self._returned, *instances(node.returns))
        self._returned = outer
        self._define(node, kind, returns=returns)

    def _parameter(self, node: Function, argument: ast.arg, kind: Kind) -> None:
        for chain in instances(argument.annotation):
            self._bindings.append(Binding(argument.arg, chain, node.body[0].lineno))
        if kind in (Kind.TEST, Kind.FIXTURE) and argument.arg not in ("self", "cls", "request"):
            chain = (FIXTURE + argument.arg, CALL)
            self._bindings.append(Binding(argument.arg, chain, node.lineno))
            self._references.append(Reference(chain, node.lineno, node.lineno))

    def _class(self, node: ast.ClassDef) -> None:
        self._body(node.decorator_list)
        bases = tuple(chain_of(base) for base in node.bases)
        self._define(node, Kind.CLASS, bases=bases)
        self._body(node.bases)
        self._nested(node)

    def _nested(self, node: Function | ast.ClassDef) -> None:
        self._scope.append(node.name)
        self._body(node.body)
        self._scope.pop()

    def _define(
        self, node: Function | ast.ClassDef, kind: Kind, bases: tuple[Chain, ...] = (), returns: tuple[Chain, ...] = ()
    ) -> None:
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        qualname = ".".join([*self._scope, node.name])
        body, end = node.body[0].lineno, node.end_lineno or node.lineno
        self._definitions.append(Definition(node.name, qualname, kind, first, end, body, bases, returns))

    def _kind(self, node: Function) -> Kind:
        if any("fixture" in chain_of(d)[-2:] for d in node.decorator_list):
            return Kind.HOOK if any(_autouse(d) for d in node.decorator_list) else Kind.FIXTURE
        if node.name in _HOOKS:
            return Kind.HOOK
        return Kind.TEST if self._tests and node.name.startswith("test") else Kind.FUNCTION

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                self._imports.append(Import(alias.asname or alias.name, alias.name, None, node.lineno))
            else:
                module = "." * node.level + (node.module or "")
                self._imports.append(Import(alias.asname or alias.name, module, alias.name, node.lineno))

    def _reference(self, node: ast.Name | ast.Attribute | ast.Call) -> None:
        chain = chain_of(node)
        if chain[0] != UNKNOWN or len(chain) > 1:
            self._references.append(Reference(chain, node.lineno, self._statement))
        current: ast.AST = node
        while not isinstance(current, ast.Name):
            if isinstance(current, ast.Call):
                self._body((*current.args, *(k.value for k in current.keywords)))
                current = current.func
            elif isinstance(current, ast.Attribute | ast.Await):
                current = current.value
            else:
                self._visit(current)
                return

    def _binding(self, node: ast.AST) -> None:
        line = self._statement
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._bind(target, value, line)
            case ast.AnnAssign(target=target, annotation=annotation, value=annotated):
                self._bind(target, annotated or annotation, line)
                for chain in instances(annotation):
                    self._bindings.append(Binding(".".join(chain_of(target)), chain, line))
            case ast.NamedExpr(target=target, value=value) | ast.AugAssign(target=target, value=value):
                self._bind(target, value, line)
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                self._bind(target, value, line)
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                self._bind(target, value, line)
            case ast.Return(value=ast.expr() as value) | ast.Yield(value=ast.expr() as value):
                chain = chain_of(value)
                if chain[0] != UNKNOWN:
                    self._returned.append(chain)
            case _:
                pass

    def _bind(self, target: ast.expr, value: ast.expr, line: int) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            paired = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
            values = value.elts if paired and isinstance(value, ast.Tuple | ast.List) else [value] * len(target.elts)
            for part, given in zip(target.elts, values, strict=True):
                self._bind(part, given, line)
        elif isinstance(target, ast.Name | ast.Attribute):
            self._bindings.append(Binding(".".join(chain_of(target)), chain_of(value), line))


def chain_of(node: ast.AST | None) -> Chain:
    """The chain of an expression; ``("?",)`` where it is none."""
    parts: list[str] = []
    while True:
        match node:
            case ast.Name(id=name):
                parts.append(name)
                return tuple(reversed(parts))
            case ast.Attribute(value=value, attr=attr):
                parts.append(attr)
                node = value
            case ast.Call(func=func):
                parts.append(CALL)
                node = func
            case ast.Await(value=value):
                node = value
            case ast.Subscript(value=value):
                parts.append(UNKNOWN)
                node = value
            case _:
                parts.append(UNKNOWN)
                return tuple(reversed(parts))


def instances(annotation: ast.expr | None) -> tuple[Chain, ...]:
    """The classes, as chains of their instances, that a type annotation names."""
    match annotation:
        case ast.Name() | ast.Attribute():
            return ((*chain_of(annotation), CALL),)
        case ast.BinOp(left=left, right=right):
            return instances(left) + instances(right)
        case ast.Subscript(value=value, slice=inner) if chain_of(value)[-1] in _WRAPPERS:
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return instances(parts[0]) if parts else ()
        case ast.Constant(value=str(text)) if text.replace(".", "").isidentifier():
            return ((*text.split("."), CALL),)
        case _:
            return ()


def _autouse(decorator: ast.expr) -> bool:
    keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
    return any(k.arg == "autouse" and isinstance(k.value, ast.Constant) and bool(k.value.value) for k in keywords)
