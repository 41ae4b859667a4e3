"""Statements left out, returned; loops left, or gone on with."""

from __future__ import annotations

from collections.abc import Iterator

from ..statements import enclosing_block, in_list, siblings, statements_of
from ..tree import Node
from .registry import Rewrite, Site, operator


@operator(
    "left out",
    "plain",
    "assign",
    "update",
    "return",
    "break",
    "if",
    "throw",
    "defer",
    "augmented",
    weight=0.35,
    examples={
        "javascript": (("f();\ng();\n", "g();\n"), ("if (a) f();\ng();\n", "g();\n")),
        "go": (("f()\nx = 1\n", "f()\n"),),
        "rust": (("f();\ng();\n", "g();\n"),),
    },
)
def left_out(site: Site) -> Iterator[Rewrite]:
    """A statement goes."""
    statement = site.own_statement()
    if statement is None or not in_list(statement) or _is_needed(site, statement):
        return
    yield site.delete(statement, 1.0 if statement.kind != "if" else 0.7, 0.35)


def _is_needed(site: Site, statement: Node) -> bool:
    """Whether Go would miss the ``return`` at a function's end."""
    block = enclosing_block(statement)
    last = site.family == "go" and block is not None and statement is statements_of(block)[-1]
    function = site.function
    return last and function is not None and function.get("body") is block and function.get("result") is not None


@operator(
    "way out of a loop",
    "break",
    weight=0.5,
    examples={
        "javascript": (("for (;;) {\n  break;\n}\n", "for (;;) {\n  continue;\n}\n"),),
        "go": (("for {\n\tcontinue\n}\n", "for {\n\tbreak\n}\n"),),
        "rust": (("loop { break; }\n", "loop { continue; }\n"),),
    },
)
def way_out(site: Site) -> Iterator[Rewrite]:
    """``break`` by ``continue`` and back; a label of a loop around is left out."""
    word = "continue" if site.text.startswith("break") else "break"
    own = "break" if word == "continue" else "continue"
    yield site.splice(site.node.start, site.node.start + len(own), word)
    label = site.node.inner[0] if site.node.inner else None
    if label is not None and ("label" in label.type or label.type in ("statement_identifier", "label_name")):
        yield site.splice(site.node.start + len(own), label.end, "", 0.6)


@operator(
    "loop left",
    "plain",
    "assign",
    "augmented",
    "update",
    weight=0.3,
    examples={
        "javascript": (
            (
                "for (const a of b) {\n  if (a) {\n    f();\n  }\n}\n",
                "for (const a of b) {\n  if (a) {\n    f();\n    break;\n  }\n}\n",
            ),
        ),
        "go": (("for a {\n\tif b {\n\t\tf()\n\t}\n}\n", "for a {\n\tif b {\n\t\tf()\n\t\tbreak\n\t}\n}\n"),),
        "rust": (
            (
                "while a {\n    if b {\n        f();\n    }\n}\n",
                "while a {\n    if b {\n        f();\n        break;\n    }\n}\n",
            ),
        ),
    },
)
def loop_left(site: Site) -> Iterator[Rewrite]:
    """A loop is left, or gone on with, after a statement of a branch in it."""
    statement = site.own_statement()
    if statement is None or not in_list(statement) or statement is not siblings(statement)[-1]:
        return
    looped, branch = statement.around("for", "each", "while", "loop", "function"), statement.around("if", "case")
    if looped is None or looped.kind == "function" or branch is None or not looped.holds(branch.start, branch.end):
        return
    end = "" if site.family == "go" else ";"
    yield site.insert_after(statement, f"break{end}", 1.0, 0.1)
    yield site.insert_after(statement, f"continue{end}", 0.8, 0.1)


@operator(
    "returned",
    "plain",
    weight=0.6,
    examples={
        "javascript": (("function f() {\n  g();\n}\n", "function f() {\n  return g();\n}\n"),),
        "rust": (
            ("fn f() -> i32 {\n    g();\n}\n", "fn f() -> i32 {\n    g()\n}\n"),
            ("if a { b; }\n", "if a { return b; }\n"),
        ),
    },
)
def result_returned(site: Site) -> Iterator[Rewrite]:
    """The value of a last statement is what the function returns."""
    statement = site.statement
    if (
        statement is not site.node
        or not in_list(statement)
        or statement is not siblings(statement)[-1]
        or not statement.inner
    ):
        return
    inner = statement.inner[0]
    if inner.kind in ("if", "while", "for", "loop", "assign", "augmented", "return", "break", "update", "string"):
        return
    yield site.splice(statement.start, statement.start, "return ")
    if site.family == "rust" and statement.text.endswith(";"):
        yield site.splice(statement.end - 1, statement.end, "", 1.2)


@operator(
    "return added",
    "block",
    weight=0.4,
    examples={
        "javascript": (
            ("function f(a) {\n  let b = a;\n  g(b);\n}\n", "function f(a) {\n  let b = a;\n  g(b);\n  return b;\n}\n"),
        ),
    },
)
def return_added(site: Site) -> Iterator[Rewrite]:
    """A function that ends without a value returns one of its variables."""
    block = site.node
    statements = statements_of(block)
    if (
        block.parent is None
        or block.parent.kind != "function"
        or not statements
        or statements[-1].kind in ("return", "throw")
    ):
        return
    for place, binding in enumerate(site.scope.variables(block.end - 1)[:6]):
        if binding.holder.kind != "program":
            yield site.insert_after(statements[-1], f"return {binding.name};", 0.9**place)


@operator(
    "result",
    "return",
    weight=0.4,
    examples={
        "javascript": (("function f(a, b) {\n  return a.g(1);\n}\n", "function f(a, b) {\n  return b;\n}\n"),),
        "go": (("func f(a int) int {\n\treturn 0\n}\n", "func f(a int) int {\n\treturn a\n}\n"),),
        "rust": (("fn f(a: i32) -> i32 {\n    return 0;\n}\n", "fn f(a: i32) -> i32 {\n    return a;\n}\n"),),
    },
)
def result(site: Site) -> Iterator[Rewrite]:
    """What is returned by one of the variables."""
    values = site.node.inner
    if values and values[0].kind == "several":
        values = values[0].inner
    for value in values:
        if value.kind == "name":
            continue
        for place, binding in enumerate(site.scope.variables(site.node.start)[:6]):
            if binding.holder.kind != "program":
                yield site.replace(binding.name, 0.9**place / len(values), node=value)
