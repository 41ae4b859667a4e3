"""The head of a function: its defaults, its decorators, the names it shares."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .layout import opening_of, scope_of
from .registry import Rewrite, Site, operator


@operator(
    "mutable default",
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    weight=0.8,
    examples=(
        (
            "def f(a, b=[]):\n    b.append(a)\n    return b\n",
            "def f(a, b=None):\n    if b is None:\n        b = []\n    b.append(a)\n    return b\n",
        ),
    ),
)
def mutable_default(site: Site) -> Iterator[Rewrite]:
    """A default that all calls share, made anew in each call."""
    node = site.node
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    arguments = [*node.args.posonlyargs, *node.args.args]
    pairs = list(zip(arguments[len(arguments) - len(node.args.defaults) :], node.args.defaults, strict=True))
    pairs += [(a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is not None]
    opening = opening_of(node)
    for argument, default in pairs:
        if (
            isinstance(default, ast.List | ast.Dict | ast.Set | ast.Call | ast.Attribute)
            and opening
            and opening[0].lineno > node.lineno
        ):
            lines = (
                f"if {argument.arg} is None:\n{site.source.indent_step}{argument.arg} = {site.source.segment(default)}"
            )
            first, second = site.replace("None", node=default), site.insert_before(opening[0], lines)
            yield Rewrite(first.splices + second.splices, 1.3 if not isinstance(default, ast.Attribute) else 0.4)


@operator(
    "decorator",
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    weight=0.3,
    examples=(
        (
            "class A:\n    def f(self):\n        return 1\n",
            "class A:\n    @property\n    def f(self):\n        return 1\n",
        ),
        (
            "class A:\n    @property\n    def f(self):\n        return 1\n",
            "class A:\n    def f(self):\n        return 1\n",
        ),
        ("class A:\n    def f():\n        return 1\n", "class A:\n    def f(self):\n        return 1\n"),
    ),
)
def decorators(site: Site) -> Iterator[Rewrite]:
    """A decorator forgotten, too many, or another; ``self`` forgotten."""
    node = site.node
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    for present in node.decorator_list:
        start = site.source.line_start(present.lineno)
        yield site.splice(start, site.source.line_start((present.end_lineno or 0) + 1), "", 0.7, 0.3)
        if ast.unparse(present).split(".")[-1] == "dataclass":
            end = site.source.span(present)[1]
            for option in ("order=True", "frozen=True", "eq=False", "kw_only=True", "slots=True"):
                yield site.splice(end, end, f"({option})", 1.5)
    if isinstance(node, ast.ClassDef):
        return
    if isinstance(site.parent, ast.ClassDef):
        yield from _method_decorators(site, node)
    elif any(isinstance(n, ast.Yield) for n in ast.walk(node)):
        for name in ("contextmanager", "contextlib.contextmanager"):
            yield site.insert_before(node, f"@{name}", 0.6)
    if any(isinstance(n, ast.FunctionDef) for n in node.body) and node.args.args:
        wrapped = node.args.args[0].arg
        inner = next(n for n in node.body if isinstance(n, ast.FunctionDef))
        for name in ("wraps", "functools.wraps"):
            yield site.insert_before(inner, f"@{name}({wrapped})", 0.6)


def _method_decorators(site: Site, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Rewrite]:
    names = [a.arg for a in node.args.args]
    for name in ("property", "staticmethod", "classmethod"):
        if not node.decorator_list or name != ast.unparse(node.decorator_list[0]):
            fits = (name == "staticmethod") == (names[:1] != ["self"]) or (
                name == "classmethod" and names[:1] == ["cls"]
            )
            yield site.insert_before(node, f"@{name}", 1.0 if fits else 0.3)
    if names[:1] != ["self"] and names[:1] != ["cls"]:
        position = site.source.text.find("(", site.source.span(node)[0]) + 1
        yield site.splice(position, position, "self, " if names or node.args.kwonlyargs else "self", 1.4)


@operator(
    "scope of a name",
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    weight=0.3,
    examples=(("n = 0\ndef f():\n    n += 1\n", "n = 0\ndef f():\n    global n\n    n += 1\n"),),
)
def scope_of_a_name(site: Site) -> Iterator[Rewrite]:
    """The forgotten ``global`` or ``nonlocal``."""
    node = site.node
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    inner = scope_of(site, node)
    opening = opening_of(node)
    if not opening or opening[0].lineno == node.lineno:
        return
    met = any(e.type == "UnboundLocalError" for e in site.errors)
    for name in inner.stored:
        if inner.outer and name in [*inner.outer.stored, *inner.outer.parameters]:
            yield site.insert_before(opening[0], f"nonlocal {name}", 2.0 if met else 1.0)
        if name in _module_names(site):
            yield site.insert_before(opening[0], f"global {name}", 2.0 if met else 1.0)


def _module_names(site: Site) -> set[str]:
    tree = site.source.tree
    return {t.id for s in tree.body if isinstance(s, ast.Assign) for t in s.targets if isinstance(t, ast.Name)}
