"""Names: another variable, member, method or function that fits."""

from __future__ import annotations

from collections.abc import Iterator

from ..relatives import relatives
from ..scope import closest
from ..shapes import arguments_of, callee_of
from ..statements import is_pattern
from ..tree import Node
from .registry import Rewrite, Site, operator


@operator(
    "variable",
    "name",
    weight=0.7,
    examples={
        "javascript": (("function f(a, b) {\n  return a;\n}\n", "function f(a, b) {\n  return b;\n}\n"),),
        "go": (("func f(a, b int) int {\n\treturn a\n}\n", "func f(a, b int) int {\n\treturn b\n}\n"),),
        "rust": (("fn f(a: i32, b: i32) -> i32 {\n    a\n}\n", "fn f(a: i32, b: i32) -> i32 {\n    b\n}\n"),),
    },
)
def variable(site: Site) -> Iterator[Rewrite]:
    """A variable by another one in scope."""
    if not is_value(site.node) or site.text in ("this", "self", "undefined"):
        return
    if site.family != "javascript" and not any(b.name == site.text for b in site.scope.visible(site.node.start)):
        return  # a package, a type
    factor = 0.75 if _is_target(site.node) else 1.0
    shorthand = site.node.type.startswith("shorthand")
    for name, likely in site.scope.instead_of(site.node):
        yield site.replace(f"{site.text}: {name}" if shorthand else name, factor * likely)


_PATHS = frozenset(
    {
        "attribute",
        "generic_function",
        "macro_invocation",
        "scoped_identifier",
        "scoped_use_list",
        "self_parameter",
        "struct_pattern",
        "type_arguments",
        "use_list",
        "visibility_modifier",
    }
)


def is_value(node: Node) -> bool:
    """Whether a name is read, or assigned to, and not bound, called or a part of a path."""
    parent = node.parent
    if (
        parent is None
        or parent.type == "label"
        or is_pattern(node)
        or node.field in ("name", "label", "alias", "macro", "key")
    ):
        return False
    if parent.kind in ("member",) and parent.inner[-1] is node:
        return False
    if parent.type in _PATHS:
        return False
    if parent.type in ("keyed_element", "literal_element", "qualified_type", "labeled_statement"):
        return parent.type == "literal_element" and parent.field == "value"
    if parent.kind == "function" or parent.type.endswith(("parameters", "parameter", "parameter_declaration")):
        return node.field == "body"
    return not (parent.kind == "call" and callee_of(parent) is node)


def _is_target(node: Node) -> bool:
    return any(
        n.field == "left" and n.parent is not None and n.parent.kind in ("assign", "augmented")
        for n in (node, *node.ancestors())
    )


@operator(
    "member for variable",
    "name",
    weight=0.45,
    examples={
        "javascript": (
            (
                "function f(a) {\n  this.n = 1;\n  return n;\n}\n",
                "function f(a) {\n  this.n = 1;\n  return this.n;\n}\n",
            ),
            ("function f(a) {\n  g(a.n);\n  return a;\n}\n", "function f(a) {\n  g(a.n);\n  return a.n;\n}\n"),
        ),
        "go": (
            (
                "func (s *S) f(n int) int {\n\ts.n = 1\n\treturn n\n}\n",
                "func (s *S) f(n int) int {\n\ts.n = 1\n\treturn s.n\n}\n",
            ),
        ),
        "rust": (
            (
                "fn f(&self, n: i32) -> i32 {\n    g(self.n);\n    n\n}\n",
                "fn f(&self, n: i32) -> i32 {\n    g(self.n);\n    self.n\n}\n",
            ),
        ),
    },
)
def member_for_variable(site: Site) -> Iterator[Rewrite]:
    """A variable by the member of the same name, and an object by one of its members."""
    if not is_value(site.node) or site.node.type.startswith("shorthand"):
        return
    parent = site.node.parent
    seen = {"this", "self", *(b.name for b in site.scope.variables(site.node.start))} - {site.text}
    for base, members in site.scope.file.members.items():
        if base in seen and not members.get(site.text, True):
            yield site.replace(f"{base}.{site.text}", 1.2)
    if parent is not None and parent.kind == "member":
        return
    for name, called in list(site.scope.file.members.get(site.text, {}).items())[:6]:
        if not called and site.text not in ("this", "self"):
            yield site.replace(f"{site.text}.{name}", 0.7)


@operator(
    "member",
    "member",
    weight=0.6,
    examples={
        "javascript": (
            ("f(this.a);\nx = this.b;\n", "f(this.a);\nx = this.a;\n"),
            ("x = Math.min(a, b);\n", "x = Math.max(a, b);\n"),
        ),
        "go": (
            ("f(s.a)\nx := s.b\n", "f(s.a)\nx := s.a\n"),
            ("x := strings.HasPrefix(a, b)\n", "x := strings.HasSuffix(a, b)\n"),
        ),
        "rust": (
            ("f(self.a);\nlet x = self.b;\n", "f(self.a);\nlet x = self.a;\n"),
            ("let x = a.min(b);\n", "let x = a.max(b);\n"),
        ),
    },
)
def member(site: Site) -> Iterator[Rewrite]:
    """A member by another one of the same object, a method by one of a related name."""
    parts = site.node.inner
    if len(parts) < 2 or not parts[-1].text:
        return
    base, name = parts[0], parts[-1]
    called = (
        site.node.parent is not None and callee_of(site.node.parent) is site.node and site.node.parent.kind == "call"
    )
    for place, other in enumerate(relatives(site.family, name.text)):
        yield site.splice(name.start, name.end, other, 1.5 * 0.93**place)
    known = site.scope.file.members.get(base.text, {})
    fields = site.scope.file.members.get("", {}) if base.text in ("this", "self") or len(base.text) < 4 else {}
    for other, likely in closest(name.text, [n for n, c in {**fields, **known}.items() if c == called]):
        yield site.splice(name.start, name.end, other, likely)


@operator(
    "function",
    "call",
    weight=0.5,
    examples={
        "javascript": (
            ("function f(a) {}\nfunction g(a) {}\nx = f(1);\n", "function f(a) {}\nfunction g(a) {}\nx = g(1);\n"),
        ),
        "go": (
            (
                "func f(a int) {}\nfunc g(a int) {}\nfunc h() {\n\tf(1)\n}\n",
                "func f(a int) {}\nfunc g(a int) {}\nfunc h() {\n\tg(1)\n}\n",
            ),
            ("x := max(a, b)\n", "x := min(a, b)\n"),
        ),
        "rust": (
            (
                "fn f(a: i32) {}\nfn g(a: i32) {}\nfn h() {\n    f(1);\n}\n",
                "fn f(a: i32) {}\nfn g(a: i32) {}\nfn h() {\n    g(1);\n}\n",
            ),
        ),
    },
)
def function(site: Site) -> Iterator[Rewrite]:
    """What is called by another function with as many parameters."""
    callee = callee_of(site.node)
    if callee is None or callee.kind != "name":
        return
    own = len(arguments_of(site.node))
    for place, other in enumerate(
        relatives(site.family, callee.text)
        if callee.text
        in (
            "min",
            "max",
            "parseInt",
            "parseFloat",
            "Number",
            "setTimeout",
            "setInterval",
            "Some",
            "Ok",
            "isNaN",
            "isFinite",
            "len",
            "cap",
        )
        else ()
    ):
        yield site.splice(callee.start, callee.end, other, 1.2 * 0.9**place)
    fitting = [name for name, count in site.scope.file.arity.items() if count == own]
    visible = {binding.name for binding in site.scope.visible(site.node.start, "function")}
    for name, likely in closest(callee.text, [name for name in fitting if name in visible]):
        yield site.splice(callee.start, callee.end, name, likely)


@operator(
    "index variable",
    "index",
    weight=0.5,
    examples={
        "javascript": (("x = a[i][j];\n", "x = a[j][i];\n"),),
        "go": (("x := a[i][j]\n", "x := a[j][i]\n"),),
        "rust": (("let x = a[i][j];\n", "let x = a[j][i];\n"),),
    },
)
def index_variable(site: Site) -> Iterator[Rewrite]:
    """Two indices of a table change places."""
    outer = site.node.inner
    if len(outer) == 2 and outer[0].kind == "index" and len(outer[0].inner) == 2:
        yield site.swap(outer[0].inner[1], outer[1])
