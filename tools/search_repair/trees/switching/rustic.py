"""Switching in Rust: the innermost named function, in a ``match``."""

from __future__ import annotations

from ...model import Splice
from ...variants import SWITCH
from ..tree import Node, Tree
from .region import Region
from .script import innermost

_NUMBER = (
    "{ use ::std::sync::atomic::{AtomicUsize, Ordering}; static N: AtomicUsize = AtomicUsize::new(usize::MAX); "
    "let mut n = N.load(Ordering::Relaxed); if n == usize::MAX { "
    f'n = ::std::env::var("{SWITCH}").ok().and_then(|n| n.parse().ok()).unwrap_or(0); '
    "N.store(n, Ordering::Relaxed); } n }"
)


class RustDialect:
    """The number is a static of each function, so that every module has what it needs."""

    def region(self, tree: Tree, first: int, last: int) -> Region | None:
        at = innermost(tree.root, first, last)
        for function in (at, *at.ancestors()):
            body = function.get("body") if function.kind == "function" else None
            if body is None or not (body.start < first and last < body.end):
                continue
            if function.type == "function_item":
                return _region(function, body, first)
        return None

    def frame(self, tree: Tree, name: str) -> tuple[Splice, ...]:
        return ()

    def opening(self, region: Region, name: str) -> str:
        return f" #[allow(warnings)] match {_NUMBER} {{\n"

    def variant(self, region: Region, name: str, number: int, body: str) -> str:
        return f"{number} => {{ return {{{body}\n}}; }}\n"

    def closing(self, region: Region) -> tuple[str, str]:
        return "_ => {} };", ""


def _region(function: Node, body: Node, first: int) -> Region | None:
    result = function.get("return_type")
    if any(n.type == "function_modifiers" and "const" in n.text.split() for n in function.children):
        return None
    if result is not None and any(node.type == "abstract_type" for node in result.walk()):
        return None
    if any(node.type == "impl_item" for node in body.walk()):
        return None
    start = max((n.end for n in body.inner if n.type == "inner_attribute_item"), default=body.start + 1)
    return Region(function, start, body.end - 1) if start <= first else None
