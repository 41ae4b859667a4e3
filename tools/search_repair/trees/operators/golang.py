"""What goes wrong in Go only: shadowed names, errors, receivers, locks, cases."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..shapes import callee_of
from ..statements import alone, in_list, statements_of
from ..tree import Node
from ..zero import answers
from .registry import Rewrite, Site, operator


@operator(
    "shadowed",
    "declare",
    "assign",
    weight=0.6,
    examples={"go": (("x := f()\n", "x = f()\n"), ("x = f()\n", "x := f()\n"))},
)
def shadowed(site: Site) -> Iterator[Rewrite]:
    """A variable of its own by the one outside, and back."""
    token = next((c for c in site.node.children if c.text in (":=", "=") and not c.named), None)
    left = site.node.get("left")
    if token is None or left is None or site.node.type in ("var_spec", "const_spec"):
        return
    if token.text == ":=":
        names = [n.text for n in left.inner if n.text != "_"]
        known = any(b.name in names for b in site.scope.variables(site.node.start) if b.start < site.node.start)
        yield site.splice(token.start, token.end, "=", 1.3 if known else 0.3)
    elif all(n.kind == "name" for n in left.inner):
        yield site.splice(token.start, token.end, ":=", 0.4)


@operator(
    "error asked",
    "declare",
    "assign",
    weight=0.45,
    examples={
        "go": (
            (
                "func f() (int, error) {\n\tx, err := g()\n\treturn x, nil\n}\n",
                "func f() (int, error) {\n\tx, err := g()\n\tif err != nil {\n\t\treturn 0, err\n\t}\n"
                "\treturn x, nil\n}\n",
            ),
        ),
    },
)
def error_asked(site: Site) -> Iterator[Rewrite]:
    """A function is left with an error that it was given."""
    left, statement = site.node.get("left"), site.statement
    if left is None or statement is not site.node or not in_list(statement) or not alone(statement):
        return
    names = [n.text for n in left.inner]
    if names[-1:] not in (["err"], ["e"]) or site.function is None:
        return
    for value, factor in answers(site.function)[:1]:
        values = [*value.split(", ")[:-1], names[-1]] if value else []
        text = f"return {', '.join(values)}" if values else "return"
        yield site.insert_after(statement, f"if {names[-1]} != nil {{\n\t{text}\n}}", factor)


@operator(
    "error handed on",
    "nothing",
    weight=0.5,
    examples={
        "go": (
            ("func f() error {\n\terr := g()\n\treturn nil\n}\n", "func f() error {\n\terr := g()\n\treturn err\n}\n"),
        )
    },
)
def error_handed_on(site: Site) -> Iterator[Rewrite]:
    """A nil where an error is at hand."""
    for binding in site.scope.variables(site.node.start)[:8]:
        if binding.holder.kind != "program" and (binding.name.lower().endswith("err") or binding.type == "error"):
            yield site.replace(binding.name)


@operator(
    "receiver kind",
    "function",
    weight=0.5,
    examples={"go": (("func (s S) f() {\n\ts.n = 1\n}\n", "func (s *S) f() {\n\ts.n = 1\n}\n"),)},
)
def receiver_kind(site: Site) -> Iterator[Rewrite]:
    """A method that changes a copy."""
    parameter = site.node.get("receiver")
    kind = parameter.inner[0].get("type") if parameter is not None and parameter.inner else None
    name = parameter.inner[0].get("name") if parameter is not None and parameter.inner else None
    if kind is not None and name is not None and kind.type != "pointer_type" and _changes(site.node, name.text):
        yield site.splice(kind.start, kind.start, "*")


def _changes(function: Node, name: str) -> bool:
    lefts = [
        n.get("left") or n.inner[0] for n in function.walk() if n.kind in ("assign", "update", "augmented") and n.inner
    ]
    return any(n is not None and n.text.startswith(f"{name}.") for n in lefts)


@operator(
    "guarded by a lock",
    "function",
    weight=0.3,
    examples={
        "go": (
            (
                "type S struct {\n\tmu sync.Mutex\n\tn int\n}\n\nfunc (s *S) f() {\n\ts.n++\n}\n",
                "type S struct {\n\tmu sync.Mutex\n\tn int\n}\n\n"
                "func (s *S) f() {\n\ts.mu.Lock()\n\tdefer s.mu.Unlock()\n\ts.n++\n}\n",
            ),
        ),
    },
)
def guarded_by_lock(site: Site) -> Iterator[Rewrite]:
    """A method that takes the lock of what it belongs to."""
    receiver, body = site.node.get("receiver"), site.node.get("body")
    name = receiver.inner[0].get("name") if receiver is not None and receiver.inner else None
    first = next(iter(statements_of(body)), None) if body is not None else None
    if name is None or first is None or not alone(first):
        return
    for field in re.findall(r"^\s*(\w+)\s+sync\.(?:RW)?Mutex", site.tree.text, re.MULTILINE):
        if f"{name.text}.{field}." not in site.node.text:
            yield site.insert_before(first, f"{name.text}.{field}.Lock()\ndefer {name.text}.{field}.Unlock()")


@operator(
    "deferred",
    "plain",
    "defer",
    weight=0.35,
    examples={"go": (("mu.Unlock()\n", "defer mu.Unlock()\n"), ("defer f()\n", "f()\n"))},
)
def deferred(site: Site) -> Iterator[Rewrite]:
    """A call at the end of the function, or at once."""
    if site.node.kind == "defer" and site.node.text.startswith("defer"):
        yield site.splice(site.node.start, site.node.inner[0].start, "", 0.6)
    elif site.node.inner and site.node.inner[0].kind == "call":
        callee = callee_of(site.node.inner[0])
        likely = callee is not None and callee.text.endswith(("Unlock", "Close", "Done", "Stop"))
        if likely:
            yield site.splice(site.node.start, site.node.start, "defer ")


@operator(
    "case",
    "case",
    weight=0.3,
    examples={
        "go": (
            (
                "switch a {\ncase 1:\n\tf()\ncase 2:\n\tg()\n}\n",
                "switch a {\ncase 1:\n\tf()\n\tfallthrough\ncase 2:\n\tg()\n}\n",
            ),
        )
    },
)
def fallen_through(site: Site) -> Iterator[Rewrite]:
    """A case that goes on with the next one."""
    lists = [child for child in site.node.inner if child.kind == "statements"]
    last = lists[-1].inner[-1] if lists and lists[-1].inner else None
    after = site.node.parent.inner[-1] if site.node.parent is not None else site.node
    if last is None or after is site.node or site.node.type != "expression_case" or last.kind in ("return", "break"):
        return
    if alone(last):
        yield site.insert_after(last, "fallthrough")
