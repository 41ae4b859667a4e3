"""Statements left out, moved, guarded, put back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .conditions import atoms
from .registry import Rewrite, Site, operator

_SIMPLE = (
    ast.Expr,
    ast.Assign,
    ast.AugAssign,
    ast.Return,
    ast.Raise,
    ast.Break,
    ast.Continue,
    ast.Delete,
    ast.AnnAssign,
    ast.Assert,
)
_STATEMENTS = (*_SIMPLE, ast.If, ast.For, ast.While, ast.With, ast.Try)


def _lines(site: Site, first: ast.stmt, last: ast.stmt | None = None) -> tuple[int, int]:
    """The characters of whole lines from one statement up to the end of another."""
    last = last or first
    return site.source.line_start(first.lineno), site.source.line_start((last.end_lineno or last.lineno) + 1)


@operator(
    "delete statement", *_STATEMENTS, weight=0.25,
    examples=(("a()\nb()\n", "b()\n"), ("if x:\n    a()\n", "if x:\n    pass\n"), ("if x:\n    a()\n", "a()\n")),
)  # fmt: skip
def delete_statement(site: Site) -> Iterator[Rewrite]:
    """A statement left out; a condition left out around its body."""
    node = site.node
    assert isinstance(node, ast.stmt)
    if not site.alone(node) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return
    start, end = _lines(site, node)
    block = site.source.block(node)
    empty = site.source.indent(node) + "pass" + site.source.newline if len(block) == 1 else ""
    yield site.splice(start, end, empty, 1.0 if isinstance(node, _SIMPLE) else 0.5, 0.7)
    if (
        isinstance(node, ast.If | ast.With | ast.Try)
        and not getattr(node, "orelse", None)
        and node.body[0].lineno > node.lineno
    ):
        body = _reindented(site, node.body, site.source.indent(node))
        yield site.splice(start, end, body, 0.8, 0.4)


def _reindented(site: Site, body: list[ast.stmt], indent: str) -> str:
    start, end = _lines(site, body[0], body[-1])
    old = site.source.indent(body[0])
    lines = site.source.text[start:end].splitlines(keepends=True)
    return "".join(indent + line[len(old) :] if line.startswith(old) else line for line in lines)


@operator(
    "move statement", *_STATEMENTS, weight=0.45,
    examples=(
        ("a()\nb()\n", "b()\na()\n"),
        ("for x in y:\n    a()\n    b()\n", "for x in y:\n    a()\nb()\n"),
        ("for x in y:\n    a()\nb()\n", "for x in y:\n    a()\n    b()\n"),
        ("for x in y:\n    a()\n    b()\n", "a()\nfor x in y:\n    b()\n"),
    ),
)  # fmt: skip
def move_statement(site: Site) -> Iterator[Rewrite]:
    """Neighbours change places; the last statement of a block leaves it; the next one enters it."""
    node = site.node
    assert isinstance(node, ast.stmt)
    block = site.source.block(node)
    index = next((i for i, s in enumerate(block) if s is node), -1)
    if index < 0 or not site.alone(node):
        return
    if index + 1 < len(block) and site.alone(block[index + 1]) and isinstance(block[index + 1], _STATEMENTS):
        yield _exchanged(site, node, block[index + 1])
    parent = site.parent
    compound = isinstance(parent, ast.For | ast.While | ast.If | ast.With | ast.AsyncFor | ast.AsyncWith)
    if compound and isinstance(parent, ast.stmt) and index and index == len(block) - 1:
        yield _moved(site, node, _lines(site, parent)[1], site.source.indent(parent), 1.0)
    if compound and isinstance(parent, ast.stmt) and index == 0 and len(block) > 1 and block is parent.body:  # type: ignore[attr-defined]
        yield _moved(site, node, _lines(site, parent)[0], site.source.indent(parent), 0.8)
    before = block[index - 1] if index else None
    if isinstance(before, ast.For | ast.While | ast.If | ast.With) and before.body[-1].lineno > before.lineno:
        for body in (before.body, before.orelse if isinstance(before, ast.If) else []):
            if body and not isinstance(body[-1], ast.If):
                yield _moved(site, node, _lines(site, body[-1])[1], site.source.indent(body[-1]), 0.7)
    if isinstance(before, ast.For | ast.While) and isinstance(before.body[-1], ast.If):
        yield _moved(site, node, _lines(site, before.body[-1])[1], site.source.indent(before.body[-1]), 0.7)


def _exchanged(site: Site, one: ast.stmt, two: ast.stmt) -> Rewrite:
    (a, b), (c, d) = _lines(site, one), _lines(site, two)
    text = site.source.text
    second, first = text[c:d], text[a:b]
    if not second.endswith(("\n", "\r")):
        second, first = second + site.source.newline, first.rstrip("\r\n")
    return site.splice(a, d, second + text[b:c] + first, 0.9)


def _moved(site: Site, node: ast.stmt, to: int, indent: str, factor: float) -> Rewrite:
    from ...model import Splice

    start, end = _lines(site, node)
    text = _reindented(site, [node], indent)
    cut, paste = Splice(start, end, ""), Splice(to, to, text)
    if to and site.source.text[to - 1] not in "\r\n":
        paste = Splice(to, to, site.source.newline + text.rstrip("\r\n"))
    return Rewrite(tuple(sorted((cut, paste), key=lambda s: (s.start, s.end))), factor)


@operator(
    "guard", *_STATEMENTS, weight=0.4,
    examples=(
        ("def f(a):\n    a.b()\n", "def f(a):\n    if a:\n        a.b()\n"),
        ("def f(a):\n    return a[0]\n", "def f(a):\n    if not a:\n        return None\n    return a[0]\n"),
        ("for x in y:\n    f(x)\n", "for x in y:\n    if not x:\n        continue\n    f(x)\n"),
    ),
)  # fmt: skip
def guard(site: Site) -> Iterator[Rewrite]:
    """A statement only under a condition; before it a way out under a condition."""
    node = site.node
    assert isinstance(node, ast.stmt)
    if not site.alone(node) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return
    first = site.scope.function is not None and node in _opening(site.scope.function)
    ways_out = list(_ways_out(site, node))
    mentioned = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    crashed = 1.9 if _crashes(site, node) else 1.0
    for atom, plain in dict(reversed(list(atoms(site)))).items():
        factor = plain * crashed
        near = 1.0 if any(re.search(rf"\b{re.escape(n)}\b", atom) for n in mentioned) else 0.4
        if isinstance(node, ast.Expr | ast.Assign | ast.AugAssign | ast.Return | ast.Raise):
            yield _guarded(site, node, atom, 0.8 * factor * near)
        for text, likely in ways_out:
            opening = 1.0 if first else 0.6
            yield site.insert_before(
                node, f"if {atom}:\n{site.source.indent_step}{text}", factor * near * likely * opening, 0.15
            )


def _crashes(site: Site, node: ast.stmt) -> bool:
    """Whether a failing test ended in an exception just here: what a guard is for."""
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    ends = [error.frames[-1] for error in site.errors if error.frames and error.type not in ("AssertionError", "Hang")]
    return any(file == site.source.path and line in lines for file, line, _ in ends)


def _opening(function: ast.AST) -> list[ast.stmt]:
    body: list[ast.stmt] = function.body  # type: ignore[attr-defined]
    return body[:1] if not (isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)) else body[1:2]


def _guarded(site: Site, node: ast.stmt, atom: str, factor: float) -> Rewrite:
    indent, step = site.source.indent(node), site.source.indent_step
    start, end = _lines(site, node)
    body = _reindented(site, [node], indent + step)
    return site.splice(start, end, f"{indent}if {atom}:{site.source.newline}{body}", factor, 0.1)


def _ways_out(site: Site, node: ast.stmt) -> Iterator[tuple[str, float]]:
    if any(isinstance(a, ast.For | ast.While) for a in _within_function(site, node)):
        yield "continue", 0.8
        yield "break", 0.6
    if site.scope.function is None:
        return
    returns = [n.value for n in site.scope.nodes if isinstance(n, ast.Return) and n.value is not None]
    generates = any(isinstance(n, ast.Yield | ast.YieldFrom) for n in site.scope.nodes)
    if generates or not returns:
        yield "return", 0.9
        if generates:
            return
    yield from _empty_results(site, returns)
    raised = [site.source.segment(n) for n in site.scope.nodes if isinstance(n, ast.Raise) and n.exc is not None]
    for text in dict.fromkeys(raised):
        yield text, 0.5


def _empty_results(site: Site, returns: list[ast.expr]) -> Iterator[tuple[str, float]]:
    seen = dict.fromkeys(site.source.segment(r) for r in returns if len(site.source.segment(r)) < 25)
    kinds = {type(r) for r in returns}
    texts = [t.id for t in returns if isinstance(t, ast.Name)]
    yield "return None", 0.7
    for text in list(seen)[:4]:
        if text != "None":
            yield f"return {text}", 0.7
    for empty, likely in (
        ("0", 0.5),
        ("[]", 0.6),
        ("''", 0.4),
        ("False", 0.4),
        ("True", 0.3),
        ("{}", 0.3),
        ("1", 0.3),
        ("0.0", 0.2),
    ):
        if empty not in seen:
            fitting = (empty == "[]" and kinds & {ast.List, ast.ListComp, ast.BinOp}) or (
                empty == "{}" and kinds & {ast.Dict, ast.DictComp}
            )
            yield f"return {empty}", likely * (1.4 if fitting else 0.8)
    for name in site.scope.parameters[:4]:
        if name not in texts and name not in ("self", "cls"):
            yield f"return {name}", 0.4


def _within_function(site: Site, node: ast.AST) -> Iterator[ast.AST]:
    for ancestor in site.source.ancestors(node):
        if ancestor is site.scope.function:
            return
        yield ancestor


@operator(
    "return it", ast.Expr, ast.Assign, ast.FunctionDef, ast.AsyncFunctionDef, weight=0.7,
    examples=(
        ("def f(a):\n    a + 1\n", "def f(a):\n    return a + 1\n"),
        ("def f(a):\n    b = a\n    b.sort()\n", "def f(a):\n    b = a\n    b.sort()\n    return b\n"),
        ("def f(a):\n    b = a\n", "def f(a):\n    return a\n"),
    ),
)  # fmt: skip
def return_it(site: Site) -> Iterator[Rewrite]:
    """The forgotten ``return``: of an expression that goes nowhere, or of a variable at the end of a function."""
    node = site.node
    start = site.source.span(node)[0]
    if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant | ast.Yield | ast.YieldFrom):
        returns = any(isinstance(n, ast.Return) and n.value is not None for n in site.scope.nodes)
        yield site.splice(start, start, "return ", 0.4 if returns else 1.2)
    elif isinstance(node, ast.Assign) and site.scope.function is not None:
        yield site.splice(start, site.source.span(node.value)[0], "return ", 0.3, 0.2)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        last = node.body[-1]
        if isinstance(last, ast.Return | ast.Raise) or last.lineno == node.lineno:
            return
        inner = Site(site.source, last, _scope_of(site, node), site.errors)
        for name in [*inner.scope.stored, *inner.scope.parameters][:10]:
            yield inner.insert_after(_at_indent(node), f"return {name}", 0.9 if name in inner.scope.stored else 0.6)


def _at_indent(function: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.stmt:
    return function.body[-1]


def _scope_of(site: Site, function: ast.FunctionDef | ast.AsyncFunctionDef):  # type: ignore[no-untyped-def]
    from ..scope import Scope

    return Scope(site.source, function)


@operator(
    "insert statement", *_STATEMENTS, weight=0.4,
    examples=(
        ("def f(n, seen):\n    if n in seen:\n        return 1\n    g(n)\n", "def f(n, seen):\n    if n in seen:\n        return 1\n    seen.add(n)\n    g(n)\n"),
        ("def f(a):\n    p = None\n    while a:\n        q = a\n    return p\n", "def f(a):\n    p = None\n    while a:\n        q = a\n        p = q\n    return p\n"),
        ("def f(a):\n    out = []\n    for t in a:\n        out.append(t)\n    return a\n", "def f(a):\n    out = []\n    for t in a:\n        out.append(t)\n    out.append(t)\n    return a\n"),
        ("def f(a):\n    i = 0\n    while a:\n        g(i)\n", "def f(a):\n    i = 0\n    while a:\n        g(i)\n        i += 1\n"),
    ),
)  # fmt: skip
def insert_statement(site: Site) -> Iterator[Rewrite]:
    """A forgotten statement: growing a container, an assignment, a step, one that stands elsewhere in the function."""
    node = site.node
    assert isinstance(node, ast.stmt)
    if site.scope.function is None or not site.alone(node):
        return
    block = site.source.block(node)
    ends_block = block[-1] is node and not isinstance(node, ast.Return | ast.Raise | ast.Break | ast.Continue)
    if node.lineno != getattr(site.parent, "lineno", 0):
        for text, factor in _statements_to_insert(site, node):
            yield site.insert_before(node, text, factor)
            if ends_block:
                yield site.insert_after(node, text, factor)


def _statements_to_insert(site: Site, node: ast.stmt) -> Iterator[tuple[str, float]]:
    scope = site.scope
    own = [n for n in [*scope.parameters, *scope.stored] if n not in ("self", "cls", "_")][:12]
    names = [n for n in scope.variables if n not in ("self", "cls")][:12]
    in_loop = any(isinstance(a, ast.For | ast.While) for a in _within_function(site, node))
    for container in scope.collections[:5]:
        for name in own[:10]:
            if name != container:
                for method, factor in (("append", 0.7), ("add", 0.7), ("remove", 0.2), ("extend", 0.3)):
                    if _fits(scope, container, method):
                        yield f"{container}.{method}({name})", factor * (2.0 if container in scope.never_grown else 1.0)
    for target in scope.stored[:8]:
        for value in own:
            if value != target:
                yield f"{target} = {value}", 0.6 if not in_loop else 0.75
    for target in own[:6]:
        if target not in scope.numbers and target not in scope.collections:
            for method, factor in (("strip", 0.4), ("lower", 0.4), ("copy", 0.15)):
                yield f"{target} = {target}.{method}()", factor
            yield f"{target} = list({target})", 0.2
            yield f"{target} = sorted({target})", 0.2
    for target in scope.stored[:8]:
        yield f"{target} += 1", 0.5 if in_loop else 0.2
        yield f"{target} -= 1", 0.25 if in_loop else 0.1
        for value in ("0", "None", "[]", "1", "''", "{}"):
            yield f"{target} = {value}", 0.25
    if in_loop:
        yield "break", 0.5
        yield "continue", 0.4
    yield from _copies(site, names)
    yield from _member_statements(site, names)


def _fits(scope: object, container: str, method: str) -> bool:
    """A set takes ``add``, a list ``append``; where nothing tells, both are tried."""
    for n in scope.nodes:  # type: ignore[attr-defined]
        if isinstance(n, ast.Assign) and any(isinstance(t, ast.Name) and t.id == container for t in n.targets):
            is_list = isinstance(n.value, ast.List | ast.ListComp)
            is_set = isinstance(n.value, ast.Set) or (
                isinstance(n.value, ast.Call) and getattr(n.value.func, "id", "") == "set"
            )
            return not (is_list and method == "add") and not (is_set and method in ("append", "extend"))
    return True


def _copies(site: Site, names: list[str]) -> Iterator[tuple[str, float]]:
    """Simple statements of the function again, as they are and with one name replaced."""
    for other in site.scope.nodes:
        if not isinstance(other, ast.Expr | ast.Assign | ast.AugAssign) or other is site.node:
            continue
        text = site.source.segment(other)
        if "\n" in text or len(text) > 70 or isinstance(getattr(other, "value", None), ast.Constant | ast.Yield):
            continue
        yield text, 0.5
        present = list(dict.fromkeys(n.id for n in ast.walk(other) if isinstance(n, ast.Name) and n.id in names))
        for old in present[:4]:
            for new in names[:8]:
                if new not in present:
                    yield re.sub(rf"(?<![\w.]){re.escape(old)}(?!\w)", new, text), 0.2


def _member_statements(site: Site, names: list[str]) -> Iterator[tuple[str, float]]:
    function = site.scope.function
    if function is None or "self" not in site.scope.parameters:
        return
    assigned = {n.attr for n in site.scope.nodes if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)}
    attributes = site.scope.attributes.get("self", ())
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
    for method in site.scope.class_members[:10]:
        if not method.startswith("__") and method != function.name:
            yield f"self.{method}()", 0.3


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


def _as_elsewhere(site: Site, function: ast.AST, assigned: set[str]) -> Iterator[tuple[str, float]]:
    """What other methods of the class do to the state, and this one does not."""
    for node in site.scope.class_nodes:
        if not isinstance(node, ast.Assign | ast.AugAssign | ast.Expr) or site.source.function(node) is function:
            continue
        text = site.source.segment(node)
        touched = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)}
        if text.startswith("self.") and "\n" not in text and len(text) <= 60 and not touched & assigned:
            yield text, 0.8 if isinstance(node, ast.Assign) else 0.4


@operator(
    "flush", ast.For, ast.While, ast.AsyncFor, weight=0.5,
    examples=(
        ("def f(a):\n    c = []\n    for x in a:\n        if g(c):\n            yield c\n", "def f(a):\n    c = []\n    for x in a:\n        if g(c):\n            yield c\n    if c:\n        yield c\n"),
        ("def f(a):\n    while g(a):\n        out.append(a)\n    return out\n", "def f(a):\n    while g(a):\n        out.append(a)\n    out.append(a)\n    return out\n"),
    ),
)  # fmt: skip
def flush(site: Site) -> Iterator[Rewrite]:
    """What the loop does now and then, once more after it: the last group, the rest of the text."""
    node = site.node
    assert isinstance(node, ast.For | ast.While | ast.AsyncFor)
    if not site.alone(node):
        return
    for inner in ast.walk(node):
        if not isinstance(inner, ast.Expr) or isinstance(inner.value, ast.Constant):
            continue
        text = site.source.segment(inner)
        if "\n" in text or len(text) > 80:
            continue
        yield site.insert_after(node, text, 0.9)
        names = [
            n.id
            for n in ast.walk(inner)
            if isinstance(n, ast.Name) and n.id in site.scope.stored + site.scope.parameters
        ]
        for name in dict.fromkeys(names):
            yield site.insert_after(node, f"if {name}:\n{site.source.indent_step}{text}", 0.9)


@operator(
    "yield", ast.Yield, ast.YieldFrom, ast.Return, ast.Expr, ast.For, ast.AsyncFor, ast.With, weight=0.6,
    examples=(
        ("def f(x):\n    yield g(x)\n", "def f(x):\n    yield from g(x)\n"), ("def f(x):\n    yield g(x)\n", "def f(x):\n    yield x\n"),
        ("def f(x):\n    return x\n", "def f(x):\n    yield x\n"), ("def f(x):\n    x\n", "def f(x):\n    yield x\n"),
    ),
)  # fmt: skip
def yields(site: Site) -> Iterator[Rewrite]:
    """``yield`` by ``yield from`` and back, by ``return`` and back; ``async`` put before a loop."""
    node = site.node
    start = site.source.span(node)[0]
    if isinstance(node, ast.For | ast.With):
        if isinstance(site.scope.function, ast.AsyncFunctionDef):
            yield site.splice(start, start, "async ", 1.0)
        return
    value = getattr(node, "value", None)
    if value is None or isinstance(node, ast.AsyncFor):
        return
    at = site.source.span(value)[0]
    if isinstance(node, ast.Yield):
        yield site.splice(start, at, "yield from ", 1.0)
        yield site.splice(start, at, "return ", 0.5)
        if isinstance(value, ast.Call) and len(value.args) == 1:
            yield site.replace(site.source.segment(value.args[0]), 0.9, node=value)
    elif isinstance(node, ast.YieldFrom):
        yield site.splice(start, at, "yield ", 1.0)
    elif isinstance(node, ast.Return) and site.scope.function is not None:
        factor = 1.0 if any(isinstance(n, ast.Yield | ast.YieldFrom) for n in site.scope.nodes) else 0.3
        yield site.splice(start, at, "yield ", factor)
        yield site.splice(start, at, "yield from ", factor * 0.7)
    elif isinstance(node, ast.Expr) and not isinstance(value, ast.Yield | ast.YieldFrom | ast.Constant | ast.Await):
        yield site.splice(start, start, "yield ", 0.3)
        yield site.splice(start, start, "yield from ", 0.5)


@operator(
    "await", ast.Call, weight=0.6,
    examples=(("async def f(x):\n    return g(x)\n", "async def f(x):\n    return await g(x)\n"),),
)  # fmt: skip
def awaits(site: Site) -> Iterator[Rewrite]:
    """The forgotten ``await``."""
    if isinstance(site.scope.function, ast.AsyncFunctionDef) and not isinstance(site.parent, ast.Await):
        yield site.replace(f"await {site.text}", 1.3)


@operator(
    "mutable default", ast.FunctionDef, ast.AsyncFunctionDef, weight=0.8,
    examples=(("def f(a, b=[]):\n    b.append(a)\n    return b\n", "def f(a, b=None):\n    if b is None:\n        b = []\n    b.append(a)\n    return b\n"),),
)  # fmt: skip
def mutable_default(site: Site) -> Iterator[Rewrite]:
    """A default that all calls share, made anew in each call."""
    node = site.node
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    arguments = [*node.args.posonlyargs, *node.args.args]
    pairs = list(zip(arguments[len(arguments) - len(node.args.defaults) :], node.args.defaults, strict=True))
    pairs += [(a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is not None]
    opening = _opening(node)
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
    "decorator", ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, weight=0.3,
    examples=(
        ("class A:\n    def f(self):\n        return 1\n", "class A:\n    @property\n    def f(self):\n        return 1\n"),
        ("class A:\n    @property\n    def f(self):\n        return 1\n", "class A:\n    def f(self):\n        return 1\n"),
        ("class A:\n    def f():\n        return 1\n", "class A:\n    def f(self):\n        return 1\n"),
    ),
)  # fmt: skip
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
            fits = (name == "staticmethod") == (names[:1] != ["self"]) or (name == "classmethod" and names[:1] == ["cls"])
            yield site.insert_before(node, f"@{name}", 1.0 if fits else 0.3)
    if names[:1] != ["self"] and names[:1] != ["cls"]:
        position = site.source.text.find("(", site.source.span(node)[0]) + 1
        yield site.splice(position, position, "self, " if names or node.args.kwonlyargs else "self", 1.4)


@operator(
    "scope of a name", ast.FunctionDef, ast.AsyncFunctionDef, weight=0.3,
    examples=(("n = 0\ndef f():\n    n += 1\n", "n = 0\ndef f():\n    global n\n    n += 1\n"),),
)  # fmt: skip
def scope_of_a_name(site: Site) -> Iterator[Rewrite]:
    """The forgotten ``global`` or ``nonlocal``."""
    node = site.node
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    inner = _scope_of(site, node)
    opening = _opening(node)
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
