"""Tests that live inside Rust source files: an edit of such a file may change everything else, but not them.

Guarded are items under a test attribute (``#[test]``, ``#[tokio::test]``, ``#[rstest]``, ``#[should_panic]`` …) or
under any ``cfg`` that asks for ``test``, also negated ones, ``cfg!(test)``, and the code blocks of doc comments,
which are doc tests. New doc examples are welcome; new code that knows whether it is being tested is not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_TEST = re.compile(
    rb"^#!?\[\s*(?:(?:\w+\s*::\s*)*(?:test|tests|bench|rstest|test_case|case|quickcheck|proptest|should_panic|ignore|"
    rb"wasm_bindgen_test|"
    rb"test_log|parameterized|traced_test)\b|(?:cfg|cfg_attr)\s*\(.*\btest\b)",
    re.S,
)
_ATTRIBUTES = ("attribute_item", "inner_attribute_item")
_CFG = re.compile(rb"\bcfg!\s*\([^)]*\btest\b[^)]*\)|\bcfg_select!\s*\{")
_MACROS = re.compile(rb"\bmacro_rules!\s*((?:debug_)?assert\w*|panic|matches|unreachable)\b")
_SUITES = re.compile(rb"^(?:proptest|quickcheck|criterion_group|criterion_main|rstest_reuse)$")
_ANY = re.compile(rb"#!?\[\s*(?:cfg|cfg_attr|(?:\w+::)*test)\b")
_COMMENT = re.compile(r"^[ \t]*//[/!](?!/) ?(.*)$")
_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})\s*(.*?)\s*$")
_RUST_WORDS = re.compile(
    r"^(?:rust|should_panic|no_run|ignore.*|compile_fail|edition\d+|test_harness|standalone_crate|standalone|E\d{4}|"
    r"\{.*\})?$"
)


def guarded_region(path: str, before: bytes, after: bytes) -> str | None:
    """Why an edit from ``before`` to ``after`` of the source file ``path`` touches tests inside it, or ``None``."""
    if not path.casefold().endswith(".rs") or before == after:
        return None
    if _changed(Counter(_regions(before)), Counter(_regions(after))):
        return "it changes a unit test in the source file, or code that is there only for tests"
    if Counter(_MACROS.findall(after)) - Counter(_MACROS.findall(before)):
        return "it redefines a macro that tests assert with"
    lost = Counter(_examples(before)) - Counter(_examples(after))
    if lost:
        return "it changes or removes an example in a doc comment, which is a doc test"
    return None


def _changed(old: Counter[bytes], new: Counter[bytes]) -> bool:
    return old != new


def _regions(source: bytes) -> Iterator[bytes]:
    """The texts of the guarded items, attributes included, in any order."""
    yield from _CFG.findall(source)
    parser = _parser()
    if parser is None:  # without the grammar everything from the first mark on counts as tests
        mark = _ANY.search(source)
        yield source[mark.start() :] if mark else b""
        return
    if _ANY.search(source) or b"proptest!" in source or b"quickcheck!" in source:
        yield from _guarded(parser.parse(source).root_node, source)


def _guarded(root: Node, source: bytes) -> Iterator[bytes]:
    pending = [root]
    while pending:
        node = pending.pop()
        start: int | None = None
        guarded = False
        for child in node.children:
            text = source[child.start_byte : child.end_byte]
            if child.type in _ATTRIBUTES:
                start = child.start_byte if start is None else start
                inner = child.type == "inner_attribute_item" and _TEST.match(text)
                if inner:
                    yield _plain(source[node.start_byte : node.end_byte])
                guarded = guarded or bool(_TEST.match(text))
            elif child.type in ("line_comment", "block_comment"):
                continue
            else:
                suite = child.type in ("macro_invocation", "expression_statement") and _suite(child, source)
                if guarded or suite:
                    yield _plain(source[child.start_byte if start is None else start : child.end_byte])
                elif child.child_count:
                    pending.append(child)
                start, guarded = None, False


def _suite(node: Node, source: bytes) -> bool:
    call = node if node.type == "macro_invocation" else next(iter(node.children), None)
    name = call.child_by_field_name("macro") if call is not None and call.type == "macro_invocation" else None
    return name is not None and bool(_SUITES.match(source[name.start_byte : name.end_byte].rpartition(b"::")[2]))


def _plain(text: bytes) -> bytes:
    """Line ends and blanks at the ends of lines do not matter."""
    return b"\n".join(line.rstrip() for line in text.replace(b"\r\n", b"\n").split(b"\n"))


@cache
def _parser() -> Parser | None:
    from ...localize.syntax import parser_for

    return parser_for("tree_sitter_rust")


def _examples(source: bytes) -> Iterator[str]:
    """The code blocks of doc comments that rustdoc compiles: fenced ones, with what stands behind their fence, and
    indented ones."""
    fence, block = "", [""]
    indented: list[str] = []
    before: str | None = ""
    for line in (*_doc_lines(source.decode("utf-8", "replace")), None):
        found = _FENCE.match(line) if line is not None else None
        plain = "" if fence or line is None else line.expandtabs(4)
        if plain.startswith("    ") and (indented or not (before or "").strip()):
            indented.append(plain.rstrip())
        elif indented and (line is None or plain.strip()):
            yield "\n".join(indented).rstrip()
            indented = []
        elif indented:
            indented.append("")
        if line is None:
            if fence and len(block) > 1:
                yield "\n".join(block)
            fence = ""
        elif not fence and found:
            words = re.split(r"[\s,]+", found[2])
            fence, block = found[1], [found[2]] if all(_RUST_WORDS.match(word) for word in words) else []
        elif fence and found and found[1].startswith(fence) and not found[2]:
            if block:
                yield "\n".join(block)
            fence = ""
        elif fence and block:
            block.append(line.rstrip())
        before = line


def _doc_lines(text: str) -> Iterator[str | None]:
    """The lines of doc comments without their marks; ``None`` where a comment ends."""
    inside = False
    for line in text.split("\n"):
        found = _COMMENT.match(line)
        start = re.match(r"^[ \t]*/\*[*!](?!\*|/)(.*)$", line)
        if inside:
            inside = "*/" not in line
            yield re.sub(r"^[ \t]*\* ?", "", line.partition("*/")[0])
        elif found:
            yield found[1]
        elif start:
            inside = "*/" not in start[1]
            yield start[1].partition("*/")[0]
        else:
            yield None
