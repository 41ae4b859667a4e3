"""Which names, attributes and expressions stand around a place."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from .source import Function, Source

_BUILTIN_NAMES = frozenset(dir(builtins))


@dataclass
class Scope:
    """What one function (or the module, for ``None``) has at hand. Lists are in source order, without repeats."""

    source: Source
    function: Function | None
    conditions: list[tuple[str, float]] = field(default_factory=list)
    """Filled on first use: the conditions that its names make."""

    @cached_property
    def root(self) -> ast.AST:
        return self.function or self.source.tree

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(self.source.walk(self.root))

    @cached_property
    def parameters(self) -> list[str]:
        if self.function is None:
            return []
        a = self.function.args
        every = [
            *a.posonlyargs,
            *a.args,
            *([a.vararg] if a.vararg else []),
            *a.kwonlyargs,
            *([a.kwarg] if a.kwarg else []),
        ]
        return [p.arg for p in every]

    @cached_property
    def outer(self) -> Scope | None:
        """The scope of the function around this one."""
        around = self.source.function(self.function) if self.function is not None else None
        return Scope(self.source, around) if around is not None else None

    @cached_property
    def stored(self) -> list[str]:
        """Names that the function binds itself, besides its parameters."""
        names = [n.id for n in self.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        names += [n.name for n in self.nodes if isinstance(n, ast.ExceptHandler) and n.name]
        return list(dict.fromkeys(names))

    @cached_property
    def variables(self) -> list[str]:
        """Names that hold values here: parameters, locals, those of functions around, constants of the module."""
        outer = self.outer.variables if self.outer else []
        names = [*self.parameters, *self.stored, *outer, *self.module_constants]
        return [name for name in dict.fromkeys(names) if name not in ("self", "cls", "_")]

    @cached_property
    def module_constants(self) -> list[str]:
        names = [
            t.id
            for s in self.source.tree.body
            if isinstance(s, ast.Assign | ast.AnnAssign)
            for t in (s.targets if isinstance(s, ast.Assign) else [s.target])
            if isinstance(t, ast.Name) and not t.id.startswith("__")
        ]
        used = {n.id for n in self.nodes if isinstance(n, ast.Name)}
        return [n for n in dict.fromkeys(names) if n in used or len(names) <= 12]

    @cached_property
    def callables(self) -> list[str]:
        """Functions and classes that may be called by name: those of the module, the imported and the builtins used."""
        names = [
            s.name
            for s in self.source.tree.body
            if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        ]
        for statement in self.source.tree.body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                names += [a.asname or a.name.split(".")[0] for a in statement.names]
        names += [n.func.id for n in self.nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
        names += [s.name for s in self.nodes if isinstance(s, ast.FunctionDef)]
        return list(dict.fromkeys(names))

    @cached_property
    def fragments(self) -> list[tuple[str, ast.expr]]:
        """Expressions of the function with their text, each text once, small ones only."""
        found: dict[str, ast.expr] = {}
        for node in self.nodes:
            if isinstance(node, ast.expr) and _is_value(node):
                text = self.source.segment(node)
                if len(text) <= 60 and "\n" not in text:
                    found.setdefault(text, node)
        return list(found.items())

    @cached_property
    def attributes(self) -> dict[str, list[str]]:
        """Attribute names by the text of what they hang on, over the whole module for ``self``, else the function."""
        found: dict[str, Counter[str]] = {}
        scope = self.class_nodes or self.nodes
        for node in [*self.nodes, *scope]:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found.setdefault(node.value.id, Counter())[node.attr] += 1
        for name in self.class_members:
            found.setdefault("self", Counter())[name] += 1
        return {base: list(names) for base, names in found.items()}

    @cached_property
    def class_nodes(self) -> list[ast.AST]:
        owner = self.source.class_of(self.function) if self.function is not None else None
        return list(self.source.walk(owner)) if owner is not None else []

    @cached_property
    def class_members(self) -> list[str]:
        owner = self.source.class_of(self.function) if self.function is not None else None
        if owner is None:
            return []
        names = [s.name for s in owner.body if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef)]
        for s in owner.body:
            if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name):
                names.append(s.target.id)
            elif isinstance(s, ast.Assign):
                names += [t.id for t in s.targets if isinstance(t, ast.Name)]
        return names

    @cached_property
    def all_attributes(self) -> list[str]:
        """Every attribute name used anywhere in the file, most used first."""
        counts = Counter(n.attr for n in ast.walk(self.source.tree) if isinstance(n, ast.Attribute))
        return [name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]

    @cached_property
    def data_attributes(self) -> list[str]:
        """Attribute names of the file that are used as values, not called."""
        called = {n.func.attr for n in ast.walk(self.source.tree) if _calls_attribute(n)}  # type: ignore[attr-defined]
        return [name for name in self.all_attributes if name not in called]

    @cached_property
    def integers(self) -> list[int]:
        values = [n.value for n in self.nodes if isinstance(n, ast.Constant) and type(n.value) is int]
        return list(dict.fromkeys(values))

    @cached_property
    def strings(self) -> list[str]:
        """String literals of the function, then of the module, without docstrings."""
        values = []
        for nodes in (self.nodes, ast.walk(self.source.tree)):
            values += [
                n.value
                for n in nodes
                if isinstance(n, ast.Constant)
                and type(n.value) is str
                and not isinstance(self.source.parent(n), ast.Expr)
            ]
        return list(dict.fromkeys(values))

    @cached_property
    def collections(self) -> list[str]:
        """Names that visibly hold containers here."""
        found = []
        for node in self.nodes:
            if isinstance(node, ast.Assign) and _makes_container(node.value):
                found += [self.source.segment(t) for t in node.targets if isinstance(t, ast.Name | ast.Attribute)]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _GROWING:
                found.append(self.source.segment(node.func.value))
            elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
                found.append(self.source.segment(node.comparators[0]))
        return [
            name
            for name in dict.fromkeys(found)
            if len(name) < 40 and name.replace(".", "").replace("_", "a").isalnum()
        ]

    @cached_property
    def reads(self) -> Counter[str]:
        """How often each name's value is used; being assigned into (``x[i] = …``) is no use."""
        loads = [n for n in self.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
        return Counter(n.id for n in loads if not self._is_filled(n))

    def _is_filled(self, node: ast.Name) -> bool:
        parent = self.source.parent(node)
        return isinstance(parent, ast.Subscript) and parent.value is node and not isinstance(parent.ctx, ast.Load)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Names that visibly hold numbers: counted up, compared with a number, set to one."""
        found = set()
        for node in self.nodes:
            if isinstance(node, ast.AugAssign | ast.Assign) and _is_number(node.value):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found |= {t.id for t in targets if isinstance(t, ast.Name)}
            elif isinstance(node, ast.Compare) and any(_is_number(c) for c in node.comparators):
                found |= {node.left.id} if isinstance(node.left, ast.Name) else set()
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.FloorDiv | ast.Div):
                found |= {n.id for n in (node.left, node.right) if isinstance(n, ast.Name)}
        return frozenset(found)

    @cached_property
    def never_grown(self) -> list[str]:
        """Containers that are asked for members and never given any."""
        asked = [c for c in self.collections if any(_asks(n, c, self.source) for n in self.nodes)]
        return [c for c in asked if not any(_grows(n, c, self.source) for n in self.nodes)]

    @cached_property
    def called(self) -> frozenset[str]:
        """Names of the functions and methods that the function calls."""
        calls = [n.func for n in self.nodes if isinstance(n, ast.Call)]
        return frozenset(c.id if isinstance(c, ast.Name) else getattr(c, "attr", "") for c in calls) - {""}

    def is_variable(self, name: str) -> bool:
        return name in self.variables

    def is_builtin(self, name: str) -> bool:
        return name in _BUILTIN_NAMES


_GROWING = ("append", "add", "extend", "update", "insert", "appendleft")


def _calls_attribute(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)


def _asks(node: ast.AST, container: str, source: Source) -> bool:
    found = isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn)
    return found and source.segment(node.comparators[0]) == container  # type: ignore[attr-defined]


def _grows(node: ast.AST, container: str, source: Source) -> bool:
    if isinstance(node, ast.Attribute) and node.attr in _GROWING:
        return source.segment(node.value) == container
    stored = isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
    return stored and source.segment(node.value) == container  # type: ignore[attr-defined]


def _makes_container(value: ast.expr) -> bool:
    if isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp):
        return True
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and (value.func.id in ("list", "dict", "set", "deque", "defaultdict", "Counter", "OrderedDict"))
    )


def _is_value(node: ast.expr) -> bool:
    if isinstance(node, ast.Starred | ast.Slice | ast.Yield | ast.YieldFrom | ast.Await | ast.JoinedStr | ast.Lambda):
        return False
    context = getattr(node, "ctx", None)
    return context is None or isinstance(context, ast.Load)
