"""Exceptions raised and caught: by those that the tests met."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .registry import Rewrite, Site, operator


@operator(
    "exception",
    ast.Raise,
    ast.ExceptHandler,
    weight=0.5,
    examples=(
        ("raise KeyError(x)\n", "raise ValueError(x)\n"),
        ("try:\n    f()\nexcept KeyError:\n    g()\n", "try:\n    f()\nexcept (KeyError, TypeError):\n    g()\n"),
    ),
)
def exception(site: Site) -> Iterator[Rewrite]:
    """Another exception raised or caught: those that the tests met first, then the usual ones."""
    node = site.node
    met = [e.type for e in site.errors if e.type.isidentifier() and site.scope.is_builtin(e.type)]
    usual = [
        "ValueError",
        "KeyError",
        "TypeError",
        "IndexError",
        "AttributeError",
        "ZeroDivisionError",
        "LookupError",
        "RuntimeError",
        "StopIteration",
        "FileNotFoundError",
        "OSError",
        "NotImplementedError",
        "PermissionError",
    ]
    own = [
        s.name for s in site.source.tree.body if isinstance(s, ast.ClassDef) and s.name.endswith(("Error", "Exception"))
    ]
    own += [n for n in site.scope.callables if n.endswith(("Error", "Exception")) and n not in own]
    target = node.type if isinstance(node, ast.ExceptHandler) else getattr(node, "exc", None)
    if isinstance(target, ast.Call):
        target = target.func
    if target is None:
        return
    present = site.source.segment(target)
    for name in dict.fromkeys([*met, *own, *usual]):
        if name in present:
            continue
        yield site.replace(name, 1.5 if name in met else 1.2 if name in own else 0.6, node=target)
        if isinstance(node, ast.ExceptHandler):
            both = f"({present.strip('()')}, {name})"
            yield site.replace(both, 1.3 if name in met else 0.3, node=target)
