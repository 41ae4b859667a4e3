"""Calls: arguments in another order, left out, added."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ..shapes import arguments_of, callee_of, method_of
from .registry import Rewrite, Site, operator


@operator(
    "argument order",
    "call",
    "new",
    weight=0.55,
    examples={
        "javascript": (("x = f(a, b);\n", "x = f(b, a);\n"),),
        "go": (("x := f(a, b)\n", "x := f(b, a)\n"),),
        "rust": (("let x = f(a, b);\n", "let x = f(b, a);\n"),),
    },
)
def argument_order(site: Site) -> Iterator[Rewrite]:
    """Two arguments change places."""
    arguments = arguments_of(site.node)[:5]
    for one, other in combinations(arguments, 2):
        if one.text != other.text and "string" not in (one.kind, other.kind) and one.kind != "spread" != other.kind:
            yield site.swap(one, other)


@operator(
    "receiver",
    "call",
    weight=0.4,
    examples={
        "javascript": (("x = a.concat(b);\n", "x = b.concat(a);\n"),),
        "go": (("x := a.Sub(b)\n", "x := b.Sub(a)\n"),),
        "rust": (("let x = a.cmp(&b);\n", "let x = b.cmp(&a);\n"), ("let x = a.min(b);\n", "let x = b.min(a);\n")),
    },
)
def receiver(site: Site) -> Iterator[Rewrite]:
    """What a method is called on and its only argument change places."""
    method, arguments = method_of(site.node), arguments_of(site.node)
    if (
        method is None
        or len(arguments) != 1
        or method[0].text in ("this", "self", "Math", "console", "strings", "math")
    ):
        return
    base, argument = method[0], arguments[0]
    inner = argument.inner[-1] if argument.kind == "reference" else argument
    if base.kind in ("name", "member", "index", "call") and inner.kind in ("name", "member", "index", "call"):
        yield site.swap(base, inner)


@operator(
    "argument left out",
    "call",
    "new",
    weight=0.25,
    examples={"javascript": (("x = f(a, b);\n", "x = f(a);\n"),)},
)
def argument_left_out(site: Site) -> Iterator[Rewrite]:
    """A call with its last argument less."""
    arguments = arguments_of(site.node)
    if len(arguments) > 1:
        yield site.splice(arguments[-2].end, arguments[-1].end, "", 1.0, 0.1)


@operator(
    "argument added",
    "call",
    "new",
    weight=0.45,
    examples={
        "javascript": (
            (
                "function f(a, b) {}\nfunction g(c) {\n  f(1);\n}\n",
                "function f(a, b) {}\nfunction g(c) {\n  f(1, c);\n}\n",
            ),
        ),
        "go": (
            (
                "func f(a, b int) {}\nfunc g(c int) {\n\tf(1)\n}\n",
                "func f(a, b int) {}\nfunc g(c int) {\n\tf(1, c)\n}\n",
            ),
        ),
        "rust": (
            (
                "fn f(a: i32, b: i32) {}\nfn g(c: i32) {\n    f(1);\n}\n",
                "fn f(a: i32, b: i32) {}\nfn g(c: i32) {\n    f(1, c);\n}\n",
            ),
        ),
    },
)
def argument_added(site: Site) -> Iterator[Rewrite]:
    """A function of the file gets as many arguments as it takes."""
    callee, arguments = callee_of(site.node), arguments_of(site.node)
    if callee is None:
        return
    name = callee.inner[-1].text if callee.kind == "member" else callee.text
    if site.scope.file.arity.get(name, 0) <= len(arguments):
        return
    for place, binding in enumerate(site.scope.variables(site.node.start)[:8]):
        factor = 0.93**place
        if arguments:
            yield site.splice(arguments[-1].end, arguments[-1].end, f", {binding.name}", factor)
            yield site.splice(arguments[0].start, arguments[0].start, f"{binding.name}, ", 0.6 * factor)
        else:
            yield site.splice(site.node.end - 1, site.node.end - 1, binding.name, factor)
