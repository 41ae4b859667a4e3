"""What stands elsewhere in the file and is missing here: statements, values of an enumeration."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..precedence import fit
from ..shapes import operator_of
from ..statements import alone, function_of, in_list, is_pattern
from ..tree import Node
from .registry import Rewrite, Site, operator

_MOST = 10
_LONGEST = 60
_BOUND = re.compile(r"\b(super|await|yield)\b|\?;")
"""What only functions of some kinds may say."""
_ACTIONS = ("plain", "assign", "augmented", "update")


@operator(
    "statement again",
    *_ACTIONS,
    weight=0.25,
    examples={
        "javascript": (
            (
                "class A {\n  f() {\n    this.n = 0;\n  }\n  g(x) {\n    this.m = x;\n  }\n}\n",
                "class A {\n  f() {\n    this.n = 0;\n  }\n  g(x) {\n    this.m = x;\n    this.n = 0;\n  }\n}\n",
            ),
        ),
        "go": (
            (
                "func f(s *S) {\n\ts.n = 0\n}\n\nfunc g(s *S) {\n\ts.m = 1\n}\n",
                "func f(s *S) {\n\ts.n = 0\n}\n\nfunc g(s *S) {\n\ts.m = 1\n\ts.n = 0\n}\n",
            ),
        ),
        "rust": (
            (
                "fn f(&mut self) {\n    self.n = 0;\n}\nfn g(&mut self) {\n    self.m = 1;\n}\n",
                "fn f(&mut self) {\n    self.n = 0;\n}\nfn g(&mut self) {\n    self.m = 1;\n    self.n = 0;\n}\n",
            ),
            (
                "fn f() -> A {\n    A { n: 0 }\n}\nfn g(&mut self) {\n    self.m = 1;\n}\n",
                "fn f() -> A {\n    A { n: 0 }\n}\nfn g(&mut self) {\n    self.m = 1;\n    self.n = 0;\n}\n",
            ),
        ),
    },
)
def statement_again(site: Site) -> Iterator[Rewrite]:
    """A short statement of this function, or of one beside it, is carried out here as well."""
    statement = site.own_statement()
    if statement is None or not in_list(statement) or not alone(statement):
        return
    own = function_of(statement)
    for place, (text, near) in enumerate(_actions(site, statement, own)):
        factor = (1.0 if near else 0.8) * 0.96**place
        yield site.insert_after(statement, text, factor)
        yield site.insert_before(statement, text, 0.8 * factor)


def _actions(site: Site, statement: Node, own: Node | None) -> list[tuple[str, bool]]:
    """Texts of other statements, those of the same function first."""
    found: dict[str, bool] = {}
    method = any(binding.name == "self" for binding in site.scope.visible(statement.start))
    for text, functions in site.scope.file.actions.items():
        here = own in functions
        if text.startswith("self.") and not method:
            continue
        if text != statement.text and len(text) <= _LONGEST and "\n" not in text and (here or not _BOUND.search(text)):
            found[text] = here
    return sorted(found.items(), key=lambda entry: not entry[1])[:_MOST]


@operator(
    "enumerated value",
    "path",
    weight=0.6,
    examples={
        "rust": (
            (
                "fn f(a: A) -> A {\n    match a {\n        A::B => A::C,\n        _ => A::B,\n    }\n}\n",
                "fn f(a: A) -> A {\n    match a {\n        A::B => A::B,\n        _ => A::B,\n    }\n}\n",
            ),
        ),
    },
)
def enumerated_value(site: Site) -> Iterator[Rewrite]:
    """A value of an enumeration by another one of it."""
    head, _, own = site.text.rpartition("::")
    if not own[:1].isupper() or (site.node.parent is not None and site.node.parent.kind == "path"):
        return
    for name in site.scope.file.variants.get(head.rpartition("::")[2], ()):
        if name != own:
            yield site.splice(site.node.end - len(own), site.node.end, name, 0.7 if is_pattern(site.node) else 1.0)


@operator(
    "operands of a chain",
    "binary",
    weight=0.45,
    examples={
        "javascript": (("x = a * 9 / 5;\n", "x = a * 5 / 9;\n"), ("x = a * b - c;\n", "x = a * c - b;\n")),
        "go": (("x := a*9/5 + b\n", "x := a*5/9 + b\n"),),
        "rust": (("let x = (a - b) * 9 / 5;\n", "let x = (a - b) * 5 / 9;\n"),),
    },
)
def operands_of_chain(site: Site) -> Iterator[Rewrite]:
    """Two operands of one computation change places."""
    left, right = site.node.get("left"), site.node.get("right")
    inner = left.get("right") if left is not None and left.kind == "binary" else None
    if right is None or inner is None or operator_of(site.node) not in ("+", "-", "*", "/", "%"):
        return
    if inner.text != right.text and fit(inner, right.text) == right.text:
        yield site.swap(inner, right)
