"""Functions of JavaScript and TypeScript: promises, whose ``this`` it is, what they answer and throw."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model import Splice
from ..shapes import callee_of
from ..statements import statements_of
from .names import is_value
from .registry import Rewrite, Site, operator


@operator(
    "awaited",
    "call",
    weight=0.55,
    examples={
        "javascript": (
            ("async function f() {\n  const a = g();\n}\n", "async function f() {\n  const a = await g();\n}\n"),
            ("function f() {\n  const a = g();\n}\n", "async function f() {\n  const a = await g();\n}\n"),
            ("async function f() {\n  return (g()).h();\n}\n", "async function f() {\n  return (await g()).h();\n}\n"),
        ),
    },
)
def awaited(site: Site) -> Iterator[Rewrite]:
    """A promise is waited for."""
    node, function = site.node, site.function
    if function is None or (node.parent is not None and node.parent.kind == "await") or node.text.startswith("super"):
        return
    tight = node.parent is not None and node.parent.kind in ("member", "call", "index") and node.parent.inner[0] is node
    text = f"(await {node.text})" if tight else f"await {node.text}"
    splice = Splice(node.start, node.end, text)
    if any(child.type == "async" for child in function.children):
        yield Rewrite((splice,), 1.0)
    elif "async" in site.tree.text or "Promise" in site.tree.text or function.kind == "function":
        start = next(
            (c.start for c in function.children if c.type not in ("static", "accessibility_modifier")), function.start
        )
        if not any(c.text in ("get", "set", "constructor") for c in function.children):
            yield Rewrite((Splice(start, start, "async "), splice), 0.3)


@operator(
    "not awaited",
    "await",
    weight=0.2,
    examples={
        "javascript": (("async function f() {\n  return await g();\n}\n", "async function f() {\n  return g();\n}\n"),)
    },
)
def not_awaited(site: Site) -> Iterator[Rewrite]:
    """A promise is not waited for."""
    if site.node.inner:
        yield site.splice(site.node.start, site.node.inner[0].start, "")


@operator(
    "parameter default",
    "function",
    weight=0.3,
    examples={"javascript": (("function f(a, b) {}\n", "function f(a, b = 0) {}\n"),)},
)
def parameter_default(site: Site) -> Iterator[Rewrite]:
    """A parameter that has a value when none is given."""
    parameters = site.node.get("parameters")
    for parameter in reversed(parameters.inner if parameters is not None else []):
        plain = parameter.kind == "name" or (parameter.type == "required_parameter" and parameter.get("value") is None)
        if not plain or "..." in parameter.text:
            return
        for place, text in enumerate(("0", "[]", "{}", "''", "1", "null")):
            yield site.splice(parameter.end, parameter.end, f" = {text}", 0.9**place)


@operator(
    "of this",
    "name",
    weight=0.4,
    examples={
        "javascript": (
            ("class A {\n  f(a) {\n    return a;\n  }\n}\n", "class A {\n  f(a) {\n    return this.a;\n  }\n}\n"),
        )
    },
)
def of_this(site: Site) -> Iterator[Rewrite]:
    """A member of ``this`` that was written as a variable."""
    if is_value(site.node) and site.node.around("class") is not None and not site.node.type.startswith("shorthand"):
        known = site.scope.type_of(site.text, site.node.start) or any(
            b.name == site.text for b in site.scope.visible(site.node.start)
        )
        yield site.replace(f"this.{site.text}", 0.6 if known else 1.6)


@operator(
    "called on this",
    "call",
    weight=0.45,
    examples={
        "javascript": (("class A {\n  f() {\n    g();\n  }\n}\n", "class A {\n  f() {\n    this.g();\n  }\n}\n"),)
    },
)
def called_on_this(site: Site) -> Iterator[Rewrite]:
    """A method of ``this`` that was called as a function."""
    callee = callee_of(site.node)
    if callee is not None and callee.kind == "name" and site.node.around("class") is not None and callee.text != "this":
        known = any(b.name == callee.text for b in site.scope.visible(site.node.start))
        yield site.splice(callee.start, callee.start, "this.", 0.4 if known else 1.4)


@operator(
    "own this",
    "function",
    weight=0.3,
    examples={
        "javascript": (
            ("a.map(function (b) {\n  return this.c;\n});\n", "a.map((b) => {\n  return this.c;\n});\n"),
            ("x = { f: () => this.a };\n", "x = { f: function () { return this.a; } };\n"),
        ),
    },
)
def own_this(site: Site) -> Iterator[Rewrite]:
    """An arrow function by a plain one, and back: whose ``this`` it is."""
    node, parameters, body = site.node, site.node.get("parameters"), site.node.get("body")
    if parameters is None or body is None or "this" not in node.text:
        return
    between = site.tree.text[parameters.end : body.start]
    if node.type == "function_expression" and node.get("name") is None and not between.strip():
        begin = "async " if node.text.startswith("async") else ""
        yield site.splice(node.start, body.start, f"{begin}{parameters.text} => ")
    elif node.type == "arrow_function" and node.parent is not None and node.parent.kind != "arguments":
        begin = "async function " if node.text.startswith("async") else "function "
        text = body.text if body.kind == "block" else f"{{ return {body.text}; }}"
        yield site.splice(node.start, node.end, f"{begin}{parameters.text} {text}", 0.6)


@operator(
    "assignable",
    "declaration",
    weight=0.3,
    examples={"javascript": (("const a = 1;\n", "let a = 1;\n"), ("var a = 1;\n", "let a = 1;\n"))},
)
def assignable(site: Site) -> Iterator[Rewrite]:
    """A constant that is changed later; a variable of its own in each turn of a loop."""
    word = site.text.split(None, 1)[0]
    for own, other in (("const", "let"), ("var", "let")):
        names = [n.get("name") for n in site.node.inner if n.kind == "declare"]
        if word == own and (own == "var" or any(n is not None and _assigned(site.tree.text, n.text) for n in names)):
            yield site.splice(site.node.start, site.node.start + len(own), other, 1.0 if own == "const" else 0.6)


def _assigned(text: str, name: str) -> bool:
    return len(re.findall(rf"\b{re.escape(name)}\s*(?:=(?!=)|[-+*/%]=|\+\+|--)", text)) > 0


@operator(
    "object answered",
    "function",
    weight=0.4,
    examples={"javascript": (("x = a.map(b => { c });\n", "x = a.map(b => (c));\n"),)},
)
def object_answered(site: Site) -> Iterator[Rewrite]:
    """An arrow function in braces that should answer its only expression."""
    body = site.node.get("body")
    statements = statements_of(body) if body is not None and body.kind == "block" else []
    if (
        site.node.type == "arrow_function"
        and body is not None
        and len(statements) == 1
        and statements[0].kind == "plain"
    ):
        inner = statements[0].inner[0]
        yield site.splice(body.start, body.end, f"({inner.text})")
        yield site.splice(body.start, body.end, f"({body.text})", 0.5)


@operator(
    "thrown",
    "plain",
    "new",
    weight=0.4,
    examples={
        "javascript": (
            ("if (a) {\n  new Error('b');\n}\n", "if (a) {\n  throw new Error('b');\n}\n"),
            ("return new Error('b');\n", "throw new Error('b');\n"),
        )
    },
)
def thrown(site: Site) -> Iterator[Rewrite]:
    """An error that was made and not thrown."""
    node = site.node
    if node.kind != "new" or "Error" not in node.text.split("(")[0] or node.parent is None:
        return
    if node.parent.kind == "plain":
        yield site.splice(node.start, node.start, "throw ")
    elif node.parent.kind == "return":
        yield site.splice(node.parent.start, node.start, "throw ")
