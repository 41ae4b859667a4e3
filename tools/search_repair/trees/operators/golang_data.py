"""Slices, maps and numbers of Go."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model import Splice
from ..shapes import arguments_of, is_call_of, operator_of
from ..statements import alone, in_list, statement_of, statements_of
from ..zero import answers
from .registry import Rewrite, Site, operator


@operator(
    "appended",
    "call",
    weight=0.5,
    examples={"go": (("x = append(a, b)\n", "x = append(x, b)\n"), ("x := append(a, b)\n", "x := append(a, b...)\n"))},
)
def appended(site: Site) -> Iterator[Rewrite]:
    """What is appended to, and whether elements or a slice are."""
    arguments = arguments_of(site.node)
    if not is_call_of(site.node, "append") or len(arguments) < 2:
        return
    holder = site.node.around("assign", "declare")
    left = holder.get("left", "name") if holder is not None else None
    if left is not None and left.text != arguments[0].text:
        yield site.splice(arguments[0].start, arguments[0].end, left.text)
    if arguments[-1].kind == "spread":
        yield site.splice(arguments[-1].end - 3, arguments[-1].end, "", 0.4)
    elif arguments[-1].kind in ("name", "member", "call", "slice"):
        yield site.splice(arguments[-1].end, arguments[-1].end, "...", 0.8)
    if len(arguments) == 2 and arguments[-1].kind == "name":
        yield site.splice(arguments[0].start, arguments[0].end, f"append([]int(nil), {arguments[0].text}...)", 0.2)


@operator(
    "bounds of a slice",
    "slice",
    weight=0.55,
    examples={
        "go": (
            ("x := a[1:b]\n", "x := a[:b]\n"),
            ("x := a[b:]\n", "x := a[:b]\n"),
            ("x := a[b:]\n", "x := a[b+1:]\n"),
            ("x := a[:b]\n", "x := a[1:b]\n"),
        )
    },
)
def bounds(site: Site) -> Iterator[Rewrite]:
    """Where a part of a sequence begins and ends."""
    base, start, end = site.node.inner[0], site.node.get("start"), site.node.get("end")
    one, two = start.text if start is not None else "", end.text if end is not None else ""
    others = [
        ("", two),
        (one, ""),
        (two, one),
        ("1", two),
        (f"{one}+1" if one else "1", two),
        (f"{one}-1" if one else "", two),
    ]
    others += [(one, f"{two}+1" if two else f"len({base.text})-1"), (one, f"{two}-1" if two else f"len({base.text})-1")]
    for place, (first, last) in enumerate(others):
        if (first, last) != (one, two):
            yield site.splice(base.end, site.node.end, f"[{first}:{last}]", 0.95**place)


@operator(
    "made",
    "assign",
    "update",
    "augmented",
    weight=0.45,
    examples={
        "go": (
            (
                "func (s *S) f(k string) {\n\ts.m[k] = 1\n}\n",
                "func (s *S) f(k string) {\n\tif s.m == nil {\n\t\ts.m = make(map[string]int)\n\t}\n\ts.m[k] = 1\n}\n",
            ),
        ),
    },
)
def made(site: Site) -> Iterator[Rewrite]:
    """A map that is not there yet."""
    target = next((n for n in site.node.walk() if n.kind == "index"), None)
    statement = site.statement
    if target is None or statement is not site.node or not in_list(statement) or not alone(statement):
        return
    base = target.inner[0].text
    types = dict.fromkeys(n.text for n in site.tree.nodes if n.type == "map_type")
    own = site.scope.type_of(base, site.node.start)
    for kind in [own] if own.startswith("map") else [*types, "map[string]int"][:3]:
        yield site.insert_before(statement, f"if {base} == nil {{\n\t{base} = make({kind})\n}}")


@operator(
    "real division",
    "binary",
    weight=0.55,
    examples={
        "go": (
            ("x := a / b\n", "x := float64(a) / float64(b)\n"),
            ("x := float64(a / b)\n", "x := float64(a) / float64(b)\n"),
        )
    },
)
def real_division(site: Site) -> Iterator[Rewrite]:
    """A quotient of whole numbers that should have a fraction."""
    left, right = site.node.get("left"), site.node.get("right")
    if operator_of(site.node) != "/" or left is None or right is None:
        return
    call = site.node.parent.parent if site.node.parent is not None else None
    sides = [n.text if n.type == "float_literal" else f"float64({n.text})" for n in (left, right)]
    if call is not None and is_call_of(call, "float64"):
        yield site.replace(" / ".join(sides), node=call)
    yield site.replace(" / ".join(sides), 0.8)
    yield site.replace(f"({left.text} + {right.text} - 1) / {right.text}", 0.4)


@operator(
    "changed in place",
    "range",
    weight=0.5,
    examples={
        "go": (
            (
                "func f(a []T) {\n\tfor _, x := range a {\n\t\tx.n = 1\n\t}\n}\n",
                "func f(a []T) {\n\tfor i := range a {\n\t\tx := &a[i]\n\t\tx.n = 1\n\t}\n}\n",
            ),
            ("for _, x := range a {\n\tf(x)\n}\n", "for x := range a {\n\tf(x)\n}\n"),
            ("for x := range a {\n\tf(x)\n}\n", "for _, x := range a {\n\tf(x)\n}\n"),
        ),
    },
)
def changed_in_place(site: Site) -> Iterator[Rewrite]:
    """The elements themselves for copies of them; values for places, and back."""
    left, right = site.node.get("left"), site.node.get("right")
    body = site.node.parent.get("body") if site.node.parent is not None else None
    if left is None or right is None or body is None:
        return
    names = left.inner
    first = next(iter(statements_of(body)), None)
    if len(names) == 2 and names[0].text == "_":
        yield site.splice(left.start, left.end, names[1].text, 0.5)
        if first is not None and alone(first) and re.search(rf"\b{names[1].text}\.\w+ *(=|\+|-)", body.text):
            start = site.tree.line_start(first.start)
            text = f"{site.tree.indent(first.start)}{names[1].text} := &{right.text}[i]{site.tree.newline}"
            yield Rewrite((Splice(left.start, left.end, "i"), Splice(start, start, text)))
    elif len(names) == 1:
        yield site.splice(left.start, left.end, f"_, {left.text}", 0.8)
    else:
        yield site.splice(left.start, left.end, f"{names[1].text}, {names[0].text}", 0.3)


@operator(
    "last turn",
    "clause",
    weight=0.5,
    examples={
        "go": (
            ("for i := 0; i < n; i++ {\n}\n", "for i := 1; i < n; i++ {\n}\n"),
            ("for i := n; i > 0; i-- {\n}\n", "for i := n - 1; i >= 0; i-- {\n}\n"),
        )
    },
)
def last_turn(site: Site) -> Iterator[Rewrite]:
    """Where a counting loop begins and ends, both at once."""
    first, test = site.node.get("initializer"), site.node.get("condition")
    begin = first.get("right") if first is not None else None
    if begin is None or test is None or test.kind != "binary":
        return
    token, bound = test.token("operator"), test.get("right")
    if begin.text == "0":
        yield site.splice(begin.start, begin.end, "1", 0.8)
    if token is None or bound is None or token.text not in (">", ">="):
        return
    yield Rewrite(
        (Splice(begin.end, begin.end, " - 1"), Splice(token.start, token.end, ">=" if token.text == ">" else ">"))
    )


@operator(
    "own copy",
    "name",
    "member",
    weight=0.4,
    examples={
        "go": (
            (
                "func f(a []int) []int {\n\treturn a\n}\n",
                "func f(a []int) []int {\n\treturn append([]int(nil), a...)\n}\n",
            ),
        )
    },
)
def own_copy(site: Site) -> Iterator[Rewrite]:
    """A slice that is handed out or sorted as a copy."""
    kind = site.scope.type_of(site.text, site.node.start)
    parent = site.node.parent
    if (
        parent is not None
        and kind.startswith("[]")
        and parent.kind in ("several", "arguments")
        and parent.field != "left"
    ):
        call = parent.parent
        if call is None or not is_call_of(call, "len", "append", "cap", "copy", "make"):
            yield site.replace(f"append({kind}(nil), {site.text}...)")


@operator(
    "key asked",
    "index",
    weight=0.35,
    examples={
        "go": (
            (
                "func f(m map[string]*T) {\n\tx := m[k]\n\tx.g()\n}\n",
                "func f(m map[string]*T) {\n\tx, ok := m[k]\n\tif !ok {\n\t\treturn\n\t}\n\tx.g()\n}\n",
            ),
        )
    },
)
def key_asked(site: Site) -> Iterator[Rewrite]:
    """A key that may not be in a map."""
    statement = statement_of(site.node)
    left = statement.get("left") if statement is not None else None
    if (
        statement is None
        or left is None
        or statement.type != "short_var_declaration"
        or len(left.inner) != 1
        or not alone(statement)
    ):
        return
    right = statement.get("right")
    if right is None or right.text != site.text:
        return
    for value, factor in answers(site.function)[:2]:
        text = f"if !ok {{\n\treturn {value}".rstrip() + "\n}"
        (splice,) = site.insert_after(statement, text).splices
        yield Rewrite((Splice(left.end, left.end, ", ok"), splice), factor)
