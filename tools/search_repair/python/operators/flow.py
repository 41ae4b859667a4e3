"""Where control goes: loops for conditions, ways out of loops, what runs however a block ends."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .layout import reindented, whole_lines, within_function
from .registry import Rewrite, Site, operator


@operator(
    "if or while",
    ast.If,
    ast.While,
    weight=0.6,
    examples=(
        ("if a:\n    f()\n", "while a:\n    f()\n"),
        ("while a:\n    f()\n", "if a:\n    f()\n"),
        ("if a:\n    f()\nif b:\n    g()\n", "if a:\n    f()\nelif b:\n    g()\n"),
        ("if a:\n    f()\nelif b:\n    g()\n", "if a:\n    f()\nif b:\n    g()\n"),
    ),
)
def if_or_while(site: Site) -> Iterator[Rewrite]:
    """``if`` by ``while`` and back, ``elif`` by ``if`` and back."""
    node = site.node
    start = site.source.span(node)[0]
    word = "while" if isinstance(node, ast.While) else site.source.text[start : start + 4].rstrip()
    if isinstance(node, ast.While):
        yield site.splice(start, start + 5, "if", 0.7)
        return
    assert isinstance(node, ast.If)
    if word.startswith("elif"):
        yield site.splice(start, start + 4, "if", 0.8)
        return
    if not node.orelse:
        yield site.splice(start, start + 2, "while", 1.0)
    block = site.source.block(node)
    index = next((i for i, s in enumerate(block) if s is node), 0)
    if index and isinstance(block[index - 1], ast.If) and not _has_else(block[index - 1]):
        yield site.splice(start, start + 2, "elif", 0.8)


def _has_else(node: ast.stmt) -> bool:
    while isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        node = node.orelse[0]
    return bool(getattr(node, "orelse", None))


@operator(
    "way out",
    ast.Break,
    ast.Continue,
    ast.Return,
    ast.Raise,
    ast.Pass,
    weight=0.5,
    examples=(
        ("for x in y:\n    break\n", "for x in y:\n    continue\n"),
        ("def f(y):\n    for x in y:\n        return x\n", "def f(y):\n    for x in y:\n        continue\n"),
        ("def f(y):\n    for x in y:\n        break\n", "def f(y):\n    for x in y:\n        return x\n"),
        (
            "def f():\n    try:\n        g()\n    except E:\n        pass\n",
            "def f():\n    try:\n        g()\n    except E:\n        raise\n",
        ),
        ("def f():\n    if x:\n        return ValueError(x)\n", "def f():\n    if x:\n        raise ValueError(x)\n"),
    ),
)
def way_out(site: Site) -> Iterator[Rewrite]:
    """``break``, ``continue``, ``return`` and ``raise`` by each other."""
    node, text = site.node, site.text
    around = list(within_function(site, node))
    looped = any(isinstance(a, ast.For | ast.While | ast.AsyncFor) for a in around)
    handled = any(isinstance(a, ast.ExceptHandler) for a in around)
    others = ["continue", "break"] if looped else []
    others += ["raise"] if handled and not (isinstance(node, ast.Raise) and node.exc) else []
    if site.scope.function is not None:
        others += ["return", *(["return None"] if isinstance(node, ast.Raise) else [])]
        if isinstance(node, ast.Break | ast.Continue | ast.Pass):
            others += [f"return {name}" for name in ("True", "False", *site.scope.stored[:6])]
    start, end = site.source.span(node)
    if isinstance(node, ast.Return) and node.value is not None and "Error" in text:
        yield site.splice(start, start + 6, "raise", 1.6)
    for other in others:
        if other != text:
            simple = isinstance(node, ast.Break | ast.Continue)
            yield site.splice(start, end, other, (1.0 if simple else 0.6) * (0.6 if " " in other else 1.0), 0.1)


@operator(
    "finally",
    ast.Expr,
    ast.Try,
    weight=0.45,
    examples=(
        ("def f():\n    yield 1\n    g()\n", "def f():\n    try:\n        yield 1\n    finally:\n        g()\n"),
        (
            "def f(x):\n    x.open()\n    x.g()\n    x.close()\n",
            "def f(x):\n    x.open()\n    try:\n        x.g()\n    finally:\n        x.close()\n",
        ),
        ("try:\n    f()\nexcept E:\n    g()\nh()\n", "try:\n    f()\nexcept E:\n    g()\nfinally:\n    h()\n"),
        ("try:\n    f()\nexcept E:\n    g()\nh()\n", "try:\n    f()\nexcept E:\n    g()\nelse:\n    h()\n"),
    ),
)
def finally_(site: Site) -> Iterator[Rewrite]:
    """What follows a step runs even if that step fails."""
    node = site.node
    assert isinstance(node, ast.stmt)
    block = site.source.block(node)
    index = next((i for i, s in enumerate(block) if s is node), -1)
    after = block[index + 1 :]
    if index < 0 or not after or not all(site.alone(s) for s in (node, *after)):
        return
    indent, step, newline = site.source.indent(node), site.source.indent_step, site.source.newline
    start, end = whole_lines(site, node, after[-1])
    rest = reindented(site, after, indent + step)
    if isinstance(node, ast.Try):
        if not node.finalbody and not node.orelse and len(after) <= 3:
            body = site.source.text[slice(*whole_lines(site, node))]
            for word in ("finally", "else"):
                yield site.splice(start, end, f"{body}{indent}{word}:{newline}{rest}", 0.6)
        return
    if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant) and len(after) <= 4:
        yields = isinstance(node.value, ast.Yield)
        body = reindented(site, [node], indent + step)
        text = f"{indent}try:{newline}{body}{indent}finally:{newline}{rest}"
        yield site.splice(start, end, text, 2.0 if yields else 0.5)
