"""What goes wrong in Rust only: values that may be missing, chains of iterators, references."""

from __future__ import annotations

from collections.abc import Iterator

from ..shapes import arguments_of, method_of
from ..statements import is_pattern
from .registry import Rewrite, Site, operator


@operator(
    "unwrapped safely",
    "call",
    "question",
    weight=0.5,
    examples={
        "rust": (
            ("let x = a.unwrap();\n", "let x = a.unwrap_or_default();\n"),
            ("let x = a.unwrap();\n", "let x = a?;\n"),
            ("let x = a.unwrap();\n", "let x = a.unwrap_or(0);\n"),
        )
    },
)
def unwrapped_safely(site: Site) -> Iterator[Rewrite]:
    """What stands for a value that is missing."""
    method = method_of(site.node) if site.node.kind == "call" else None
    if method is None or method[1].text not in ("unwrap", "expect", "unwrap_or"):
        return
    base = method[0].text
    texts = (
        f"{base}?",
        f"{base}.unwrap_or_default()",
        f"{base}.unwrap_or(0)",
        f"{base}.unwrap_or(1)",
        f"{base}.unwrap_or(false)",
        f"{base}.unwrap_or(-1)",
    )
    for place, text in enumerate(texts):
        yield site.splice(site.node.start, site.node.end, text, 0.9**place)


_ASKING = frozenset({"filter", "any", "all", "position", "take_while", "skip_while", "retain", "find", "partition"})


_ORDERING = frozenset({"sort_by", "max_by", "min_by", "binary_search_by"})


@operator(
    "step of a chain",
    "call",
    weight=0.4,
    examples={
        "rust": (
            ("let x = a.iter().sum();\n", "let x = a.iter().rev().sum();\n"),
            ("let x = a.chars().next();\n", "let x = a.chars().next_back();\n"),
            ("let x = a.iter().filter(|b| c(b));\n", "let x = a.iter().filter(|b| !c(b));\n"),
        )
    },
)
def step_of_chain(site: Site) -> Iterator[Rewrite]:
    """An iterator with a further step; a filter the other way round."""
    method = method_of(site.node)
    if method is None:
        return
    name = method[1].text
    if name in (
        "iter",
        "chars",
        "into_iter",
        "bytes",
        "filter",
        "map",
        "split_whitespace",
        "lines",
        "windows",
        "chunks",
    ):
        for step, factor in ((".rev()", 1.0), (".skip(1)", 0.5)):
            yield site.splice(site.node.end, site.node.end, step, factor)
    if name == "next":
        yield site.splice(method[1].start, method[1].end, "next_back", 0.7)
        yield site.splice(method[1].start, method[1].end, "last", 0.7)
    for closure in arguments_of(site.node):
        body = closure.get("body") if closure.kind == "function" else None
        if body is not None and name in _ASKING and body.kind != "binary":
            yield site.splice(body.start, body.start, "!", 0.8)
        if body is not None and name in _ORDERING and body.kind == "call":
            yield site.splice(body.end, body.end, ".reverse()", 0.9)


@operator(
    "sorted otherwise",
    "call",
    weight=0.45,
    examples={
        "rust": (
            ("a.sort();\n", "a.sort_by(|x, y| y.cmp(x));\n"),
            ("a.sort_by_key(|x| x.n);\n", "a.sort_by_key(|x| std::cmp::Reverse(x.n));\n"),
            ("a.dedup();\n", "a.sort();\na.dedup();\n"),
        )
    },
)
def sorted_otherwise(site: Site) -> Iterator[Rewrite]:
    """A sequence sorted the other way, or before its repetitions go."""
    method, statement = method_of(site.node), site.statement
    if method is None:
        return
    name = method[1].text
    if name in ("sort", "sort_unstable"):
        yield site.splice(method[1].start, site.node.end, "sort_by(|x, y| y.cmp(x))")
    if name == "sort_by_key" and arguments_of(site.node):
        body = arguments_of(site.node)[0].get("body")
        if body is not None:
            yield site.splice(body.start, body.end, f"std::cmp::Reverse({body.text})")
    if name == "dedup" and statement is not None and statement.inner[:1] == [site.node]:
        yield site.insert_before(statement, f"{method[0].text}.sort();")


@operator(
    "presence",
    "name",
    "call",
    weight=0.4,
    examples={
        "rust": (
            ("let x = None;\n", "let x = Some(0);\n"),
            ("fn f(a: i32) -> Option<i32> {\n    Some(a)\n}\n", "fn f(a: i32) -> Option<i32> {\n    None\n}\n"),
            (
                "fn f(a: i32) -> Option<i32> {\n    return None;\n}\n",
                "fn f(a: i32) -> Option<i32> {\n    return Some(a);\n}\n",
            ),
        )
    },
)
def presence(site: Site) -> Iterator[Rewrite]:
    """Something for nothing, and back."""
    if site.node.kind == "call" and site.text.startswith("Some("):
        yield site.splice(site.node.start, site.node.end, "None", 0.5, 0.3)
    if site.text != "None" or is_pattern(site.node):
        return
    for place, binding in enumerate(site.scope.variables(site.node.start)[:5]):
        if binding.name != "self" and binding.holder.kind != "program":
            yield site.replace(f"Some({binding.name})", 0.9**place)
    yield site.replace("Some(0)", 0.4, 0.3)


@operator(
    "owned",
    "reference",
    "declare",
    weight=0.25,
    examples={"rust": (("let x = f(&a);\n", "let x = f(a);\n"), ("let x = 1;\n", "let mut x = 1;\n"))},
)
def owned(site: Site) -> Iterator[Rewrite]:
    """A value for a reference to it; a variable that may change."""
    if site.node.kind == "reference" and site.node.inner:
        yield site.splice(site.node.start, site.node.inner[-1].start, "", 0.5)
    pattern = site.node.get("pattern")
    if site.node.kind == "declare" and pattern is not None and "mut" not in site.text.split("=")[0]:
        yield site.splice(pattern.start, pattern.start, "mut ", 0.3)
