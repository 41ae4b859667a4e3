"""The library of JavaScript as it is often used wrongly: sorting, loops over keys, texts, patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model import Splice
from ..shapes import arguments_of, callee_of, method_of, operator_of
from ..statements import function_of
from .registry import Rewrite, Site, operator


@operator(
    "compared as numbers",
    "call",
    weight=0.7,
    examples={
        "javascript": (
            ("a.sort();\n", "a.sort((x, y) => x - y);\n"),
            ("a.sort((b, c) => b - c);\n", "a.sort((b, c) => c - b);\n"),
        ),
    },
)
def compared(site: Site) -> Iterator[Rewrite]:
    """A sort that would go by text, and one the other way round."""
    method, arguments = method_of(site.node), arguments_of(site.node)
    if method is None or method[1].text not in ("sort", "toSorted"):
        return
    if not arguments:
        for text, factor in (("(x, y) => x - y", 1.0), ("(x, y) => y - x", 0.6), ("(x, y) => x.localeCompare(y)", 0.3)):
            yield site.splice(site.node.end - 1, site.node.end - 1, text, factor)
    for node in arguments[0].walk() if arguments else ():
        left, right = node.get("left"), node.get("right")
        if node.kind == "binary" and operator_of(node) == "-" and left is not None and right is not None:
            yield site.swap(left, right)
    if len(arguments) == 1:
        yield site.splice(arguments[0].start, arguments[0].end, "", 0.2, 0.1)


@operator(
    "of or in",
    "each",
    weight=0.7,
    examples={
        "javascript": (
            ("for (const a in b) f(a);\n", "for (const a of b) f(a);\n"),
            ("for (const a of b) f(a);\n", "for (const a of Object.keys(b)) f(a);\n"),
        ),
    },
)
def of_or_in(site: Site) -> Iterator[Rewrite]:
    """Values by keys, and back."""
    token, right = site.node.token("operator"), site.node.get("right")
    if token is None or right is None:
        return
    yield site.splice(token.start, token.end, "of" if token.text == "in" else "in")
    for text in (
        "Object.keys({})",
        "Object.values({})",
        "Object.entries({})",
        "{}.entries()",
        "{}.slice(1)",
        "[...{}].reverse()",
        "[...{}]",
    ):
        yield Rewrite(
            (Splice(token.start, token.end, "of"), Splice(right.start, right.end, text.format(right.text))), 0.5
        )


@operator(
    "radix",
    "call",
    weight=0.5,
    examples={
        "javascript": (
            ("x = parseInt(a);\n", "x = parseInt(a, 10);\n"),
            ("x = a.toString();\n", "x = a.toString(2);\n"),
        )
    },
)
def radix(site: Site) -> Iterator[Rewrite]:
    """The base of a number in a text."""
    callee, arguments = callee_of(site.node), arguments_of(site.node)
    name = callee.text.rsplit(".", 1)[-1] if callee is not None else ""
    if (name == "parseInt" and len(arguments) == 1) or (name == "toString" and not arguments):
        for base, factor in (("10", 1.0), ("2", 0.7), ("16", 0.6)):
            text = f", {base}" if arguments else base
            yield site.splice(site.node.end - 1, site.node.end - 1, text, factor * (1.0 if arguments else 0.3))


@operator(
    "flags",
    "regex",
    weight=0.45,
    examples={
        "javascript": (
            ("x = /a/;\n", "x = /a/g;\n"),
            ("x = /a+/g;\n", "x = /^a+$/g;\n"),
            ("x = /a*/;\n", "x = /a+/;\n"),
            ("x = /a.*/;\n", "x = /a.*?/;\n"),
        ),
    },
)
def flags(site: Site) -> Iterator[Rewrite]:
    """A regular expression's flags, its ends, and how often something may stand."""
    end = site.text.rfind("/")
    pattern, own = site.text[1:end], site.text[end + 1 :]
    for flag in "gi":
        other = own.replace(flag, "") if flag in own else own + flag
        yield site.replace(f"/{pattern}/{other}")
    bare = pattern.removeprefix("^").removesuffix("$")
    for text in (f"^{bare}$", f"^{bare}", f"{bare}$", bare):
        yield site.replace(f"/{text}/{own}", 0.7)
    for sign, other in (("*", "+"), ("+", "*"), ("?", "*"), ("*", "*?"), ("+", "+?")):
        for match in list(re.finditer(rf"(?<!\\){re.escape(sign)}", pattern))[:3]:
            yield site.replace(f"/{pattern[: match.start()]}{other}{pattern[match.end() :]}/{own}", 0.5)


@operator(
    "replaced everywhere",
    "call",
    weight=0.5,
    examples={
        "javascript": (
            ("x = a.replace('b', 'c');\n", "x = a.replaceAll('b', 'c');\n"),
            ("x = a.indexOf(b);\n", "x = a.indexOf(b) !== -1;\n"),
        )
    },
)
def replaced_everywhere(site: Site) -> Iterator[Rewrite]:
    """All of a text's occurrences for the first; a place asked for as a truth."""
    method = method_of(site.node)
    if method is None:
        return
    if method[1].text == "replace":
        yield site.splice(method[1].start, method[1].end, "replaceAll")
    if method[1].text in ("indexOf", "findIndex", "lastIndexOf", "search"):
        yield site.replace(f"{site.text} !== -1", 0.7)
        yield site.replace(f"{site.text} >= 0", 0.5)


@operator(
    "initial argument",
    "call",
    weight=0.4,
    examples={"javascript": (("x = a.reduce((b, c) => b + c);\n", "x = a.reduce((b, c) => b + c, 0);\n"),)},
)
def initial_argument(site: Site) -> Iterator[Rewrite]:
    """What a reduction begins with."""
    method, arguments = method_of(site.node), arguments_of(site.node)
    if method is not None and method[1].text in ("reduce", "reduceRight") and len(arguments) == 1:
        for place, text in enumerate(("0", "1", "[]", "{}", "''", "-Infinity")):
            yield site.splice(arguments[0].end, arguments[0].end, f", {text}", 0.85**place)
    elif method is not None and method[1].text == "fill" and function_of(site.node) is not None and len(arguments) == 1:
        yield site.replace(f"Array.from({method[0].text}, () => {arguments[0].text})", 0.8)
