"""Guards: something is asked before a statement, which is left out, or the function left, where it does not hold."""

from __future__ import annotations

from collections.abc import Iterator

from ..shapes import method_of, operator_of
from ..statements import alone, extent, in_list, is_statement, siblings
from ..tree import Node
from ..zero import answers
from .registry import Rewrite, Site, operator

_STATEMENTS = (
    "plain",
    "return",
    "declaration",
    "assign",
    "declare",
    "if",
    "for",
    "each",
    "while",
    "augmented",
    "update",
)


@operator(
    "early return",
    *_STATEMENTS,
    weight=0.4,
    examples={
        "javascript": (
            (
                "function f(a) {\n  return a.b;\n}\n",
                "function f(a) {\n  if (a == null) return null;\n  return a.b;\n}\n",
            ),
            (
                "function f(a, b) {\n  return a / b;\n}\n",
                "function f(a, b) {\n  if (b === 0) return 0;\n  return a / b;\n}\n",
            ),
        ),
        "go": (
            (
                "func f(a, b int) int {\n\treturn a / b\n}\n",
                "func f(a, b int) int {\n\tif b == 0 {\n\t\treturn 0\n\t}\n\treturn a / b\n}\n",
            ),
            (
                "func f(a []int) int {\n\treturn a[0]\n}\n",
                "func f(a []int) int {\n\tif len(a) == 0 {\n\t\treturn 0\n\t}\n\treturn a[0]\n}\n",
            ),
        ),
        "rust": (
            (
                "fn f(a: &[i32]) -> i32 {\n    let x = a[0];\n    x\n}\n",
                "fn f(a: &[i32]) -> i32 {\n    if a.is_empty() { return 0; }\n    let x = a[0];\n    x\n}\n",
            ),
        ),
    },
)
def early_return(site: Site) -> Iterator[Rewrite]:
    """The function is left before a statement that could not be carried out."""
    statement = site.statement
    if statement is None or statement is not _outer(site.node) or not in_list(statement) or not alone(statement):
        return
    for condition, likely in conditions(site, statement):
        for value, factor in answers(site.function)[:6]:
            risk = 0.15 if value not in ("", "null", "nil", "None") else 0.05
            yield site.insert_before(
                statement, _guard(site.family, condition, f"return {value}".strip()), likely * factor, risk
            )


@operator(
    "skipped",
    *_STATEMENTS,
    weight=0.35,
    examples={
        "javascript": (
            (
                "for (const a of b) {\n  f(a.c);\n}\n",
                "for (const a of b) {\n  if (a == null) continue;\n  f(a.c);\n}\n",
            ),
            ("function f(a) {\n  a.g();\n}\n", "function f(a) {\n  if (a) a.g();\n}\n"),
        ),
        "go": (("func f(a *T) {\n\ta.g()\n}\n", "func f(a *T) {\n\tif a != nil {\n\t\ta.g()\n\t}\n}\n"),),
        "rust": (
            ("fn f(a: &[i32]) {\n    g(a[0]);\n}\n", "fn f(a: &[i32]) {\n    if !a.is_empty() { g(a[0]); }\n}\n"),
        ),
    },
)
def skipped(site: Site) -> Iterator[Rewrite]:
    """A statement, or the rest of a turn of a loop, is left out where it could not be carried out."""
    statement = site.statement
    if statement is None or statement is not _outer(site.node) or not alone(statement) or not in_list(statement):
        return
    looped = statement.around("for", "each", "while", "function")
    for condition, likely in conditions(site, statement):
        if looped is not None and looped.kind != "function":
            yield site.insert_before(statement, _guard(site.family, condition, "continue"), likely, 0.1)
        if statement.kind in ("plain", "assign", "augmented", "update"):
            start, end = extent(statement)
            text = _only_if(site, condition, site.tree.text[start:end], site.tree.indent(start))
            yield site.splice(start, end, text, 0.9 * likely, 0.1)


def _outer(node: Node) -> Node:
    """The statement that a node of a statement's kind is meant for: once for each statement."""
    parent = node.parent
    wrapping = parent is not None and parent.kind in ("plain", "declaration") and is_statement(parent)
    return parent if wrapping and parent is not None else node


def _guard(family: str, condition: str, action: str) -> str:
    if family == "go":
        return f"if {condition} {{\n\t{action}\n}}"
    return f"if {condition} {{ {action}; }}" if family == "rust" else f"if ({condition}) {action};"


def _only_if(site: Site, condition: str, text: str, indent: str) -> str:
    holds = _opposite(condition)
    if site.family == "go":
        return f"if {holds} {{\n{indent}\t{text}\n{indent}}}"
    return f"if {holds} {{ {text} }}" if site.family == "rust" else f"if ({holds}) {text}"


def _opposite(condition: str) -> str:
    for sign, other in ((" == null", ""), (".length === 0", ".length > 0"), (" === 0", " !== 0"), (" == ", " != ")):
        if sign in condition:
            return condition.replace(sign, other)
    return condition.removeprefix("!") if condition.startswith("!") else f"!{condition}"


def conditions(site: Site, statement: Node) -> Iterator[tuple[str, float]]:
    """What would keep a statement from being carried out."""
    seen: set[str] = set()
    body = [
        n for n in statement.walk() if statement.kind not in ("if", "for", "each", "while") or not _within(n, statement)
    ]
    for node in body:
        for condition, factor in _TROUBLES[site.family](site, node):
            if condition not in seen and "\n" not in condition:
                seen.add(condition)
                yield condition, factor
    if statement is siblings(statement)[0] and site.function is not None:
        for binding in site.scope.visible(statement.start, "parameter")[:4]:
            for condition in _of_parameter(site.family, binding.name, binding.type):
                if condition not in seen:
                    seen.add(condition)
                    yield condition, 0.9


def _within(node: Node, statement: Node) -> bool:
    return any(
        outer.field in ("body", "consequence", "alternative")
        for outer in (node, *node.ancestors())
        if statement.holds(outer.start, outer.end) and outer is not statement
    )


def _script(site: Site, node: Node) -> Iterator[tuple[str, float]]:
    base = node.inner[0] if node.kind in ("member", "index") and node.inner else None
    if (
        base is not None
        and base.kind in ("name", "member")
        and base.text not in ("this", "Math", "Object", "Array", "JSON", "console", "Number")
    ):
        yield f"{base.text} == null", 1.0
        yield f"!{base.text}", 0.6
        if node.kind == "index":
            yield f"{base.text}.length === 0", 0.8
    if node.kind == "binary" and operator_of(node) in ("/", "%"):
        divisor = node.inner[-1]
        if divisor.kind != "number":
            yield f"{divisor.text} === 0", 1.0


def _go(site: Site, node: Node) -> Iterator[tuple[str, float]]:
    base = node.inner[0] if node.kind in ("member", "index") and node.inner else None
    if base is not None and node.kind == "index" and not site.scope.type_of(base.text, node.start).startswith("map"):
        yield f"len({base.text}) == 0", 1.0
        yield f"{node.inner[-1].text} >= len({base.text})", 0.8
    pointer = base is not None and site.scope.type_of(base.text, node.start).startswith("*")
    if base is not None and node.kind == "member" and (pointer or base.kind == "member"):
        yield f"{base.text} == nil", 1.0
    if node.kind == "binary" and operator_of(node) in ("/", "%") and node.inner[-1].kind != "number":
        divisor = node.inner[-1].text
        yield f"{divisor} == 0", 1.0


def _rust(site: Site, node: Node) -> Iterator[tuple[str, float]]:
    if node.kind == "index" and node.inner:
        yield f"{node.inner[0].text}.is_empty()", 1.0
        if len(node.inner) == 2 and node.inner[1].kind in ("name", "binary"):
            yield f"{node.inner[1].text} >= {node.inner[0].text}.len()", 0.8
    method = method_of(node) if node.kind == "call" else None
    if method is not None and method[1].text == "unwrap" and method[0].kind == "call":
        inner = method_of(method[0])
        if inner is not None and inner[1].text in ("first", "last", "pop", "max", "min"):
            yield f"{inner[0].text.split('.')[0]}.is_empty()", 0.8
    if node.kind == "binary" and operator_of(node) in ("/", "%") and node.inner[-1].kind != "number":
        yield f"{node.inner[-1].text} == 0", 1.0
    if node.kind == "binary" and operator_of(node) == "-" and node.inner[-1].kind == "name":
        yield f"{node.inner[-1].text} > {node.inner[0].text}", 0.6


_TROUBLES = {"javascript": _script, "go": _go, "rust": _rust}


def _of_parameter(family: str, name: str, kind: str) -> tuple[str, ...]:
    if family == "javascript":
        return (f"{name} == null", f"{name}.length === 0", f"{name} <= 0")
    if family == "go":
        if kind.startswith("*"):
            return (f"{name} == nil",)
        if kind.startswith(("[]", "map")):
            return (f"len({name}) == 0",)
        return (
            (f"{name} == 0", f"{name} < 0")
            if kind.startswith("int")
            else (f'{name} == ""',)
            if kind == "string"
            else ()
        )
    if kind.startswith(("&[", "Vec", "&Vec", "&str", "String")):
        return (f"{name}.is_empty()",)
    return (
        (f"{name} == 0", f"{name} < 0") if kind.startswith("i") else (f"{name} == 0",) if kind.startswith("u") else ()
    )
