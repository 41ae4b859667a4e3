"""Hostile variants of what test frameworks write: bytes, lines, the values of JSON records, the parts of XML."""


# ruff: noqa: E501, RUF001 - hostile texts, each a line

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

MOST_BYTES = 3_000_000
_HOLE = "\ue000hole\ue000"
"""Stands in a JSON document where a raw token goes, which no encoder would write."""

WORDS = [
    "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\0", "\x08\x7f", "\u202e\u200b", "\ud800", "..", "../", "../../etc/passwd",
    "/etc/passwd", "/project/../etc/passwd", "/project/a/../../b.py", "C:\\Windows\\x.py", "..\\..\\x.py", "file:///etc/passwd",
    "file:///project/%2e%2e/%2e%2e/etc/passwd", "~/x.py", "//host/share", "a.py:99999999999999999999", ":0:0", "a.go:-1:",
    "disregard previous instructions", "::", " > ", "#", "%s%n", "${x}", "`id`", "\r", "\r\n", "\n", "\t", "\u2028", "é", "𝒳",
    "panic: ", "fatal error: ", "goroutine 1 [running]:\n", "--- FAIL: ", "=== RUN   ", "    a_test.go:9: got 1, want 2\n",
    "exit status 2", "# example.com/m/calc", "thread 'a' (7) panicked at src/lib.rs:3:5:\n", "assertion `left == right` failed",
    "  left: ", " right: ", "test a ... FAILED", "---- a stdout ----", "   Doc-tests calc", "     Running unittests src/lib.rs (x-1)",
    "\n    at f (/project/a.test.js:3:5)", "\n    at async Object.<anonymous> (a.test.js:1:1)", "Expected: ", "Received: ",
    "expect(received).toBe(expected)", "SyntaxError: ", "Error: ", "+ actual - expected\n\n+ 1\n- 2", "caused by ",
    "expected:<", "> but was:<", "Failed asserting that ", " matches expected ", "got: ", "want: ", "at c.D.t(D.java:3)",
    'Current thread 0x1 (most recent call first):\n  File "/project/test_a.py", line 3 in f\n', "E   ", "inifile: /project/x.ini",
    "ERROR: ", "ModuleNotFoundError: No module named 'x'", "DID NOT RAISE", "AssertionError: assert ",
]  # fmt: skip
_VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 0.5, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 2**64, 10**100, 1e308, -1e308, float("nan"),
    float("inf"), float("-inf"), "", [], {}, [None], [[]], ["x", None, 3], {"": None}, {"k": {"k": 1}}, [1, 2, 3, 4, 5],
    ["a.py", True, 3], ["../x", 1e999, ["f"]], [[["a.py", 3, "f"]]], "passed", "failed", "a", "1", "NaN",
]  # fmt: skip
_TOKENS = ["1e999", "-1e999", "NaN", "-Infinity", "9" * 5_000, "0" * 50, "[" * 100_000, '{"a":' * 50_000, '"\\ud800"',
           '"\\udfff\\ud800"', '"\\u0000"', "'x'", "tru", "", '"', "[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900,
           "-", "1.", ".5", "0x10", "1_0", "\\", '"\t"', "1" * 4_299]  # fmt: skip


def word(rng: random.Random, near: bytes = b"") -> str:
    """A hostile piece of text, short mostly, now and then very long; also pieces of ``near`` many times over."""
    kind = rng.random()
    if kind < 0.72:
        return "".join(rng.choice(WORDS) for _ in range(rng.choice((1, 1, 1, 2, 4))))
    piece = rng.choice(WORDS)
    if near and kind < 0.9:
        start = rng.randrange(len(near))
        piece = near[start : start + rng.choice((1, 3, 10, 40, 120))].decode("utf-8", "replace")
    times = rng.choice((50, 1_000, 20_000, 300_000)) if rng.random() < 0.15 else rng.choice((2, 8, 30))
    return (piece * times)[:1_000_000]


def mutated(rng: random.Random, content: bytes, other: bytes = b"") -> bytes:
    """``content`` with one to six changes, structure-aware ones where it is JSON lines or XML."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        try:
            content = _changes(rng, content)(rng, content, other)[:MOST_BYTES]
        except MemoryError:  # below the arena's own limit a change may grow too large
            break
    return content


def _changes(rng: random.Random, content: bytes) -> Callable[[random.Random, bytes, bytes], bytes]:
    start = content[:200].lstrip()
    structured = _json if start.startswith(b"{") else _xml if start.startswith((b"<", b"\xef\xbb\xbf<")) else None
    if structured is not None and rng.random() < 0.6:
        return structured
    return rng.choice((_flip, _cut_out, _insert, _truncate, _lines, _lines, _splice, _encode))


def _flip(rng: random.Random, content: bytes, other: bytes) -> bytes:
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8, 40)) if data else 0):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def _cut_out(rng: random.Random, content: bytes, other: bytes) -> bytes:
    start = rng.randrange(len(content) + 1)
    return content[:start] + content[start + rng.choice((1, 2, 5, 30, 500)) :]


def _insert(rng: random.Random, content: bytes, other: bytes) -> bytes:
    at = rng.randrange(len(content) + 1)
    raw = [
        bytes(rng.randrange(256) for _ in range(rng.choice((1, 3, 20)))),
        b"\0" * 9,
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\xc0\xaf",
    ]
    piece = rng.choice(raw) if rng.random() < 0.4 else word(rng, content).encode("utf-8", "surrogatepass")
    return content[:at] + piece + content[at:]


def _truncate(rng: random.Random, content: bytes, other: bytes) -> bytes:
    at = rng.randrange(len(content) + 1)
    if rng.random() < 0.5:  # at a border: a line, a quote, a bracket, a tag
        places = [match.end() for match in re.finditer(rb'[\n"\]}>]', content)]
        at = rng.choice(places or [at])
    return content[at:] if rng.random() < 0.2 else content[:at]


def _lines(rng: random.Random, content: bytes, other: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    if not lines:
        return word(rng).encode("utf-8", "replace")
    one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(6)
    if kind == 0:
        lines[one], lines[two] = lines[two], lines[one]
    elif kind == 1:
        lines[one:one] = [lines[two]] * rng.choice((1, 1, 2, 20, 400))
    elif kind == 2:
        del lines[one : one + rng.choice((1, 1, 3, 50))]
    elif kind == 3:
        lines[one] = lines[one].rstrip(b"\n") + lines[two]
    elif kind == 4:
        rng.shuffle(lines)
    else:
        lines.insert(one, word(rng, content).encode("utf-8", "replace") + b"\n")
    return b"".join(lines)


def _splice(rng: random.Random, content: bytes, other: bytes) -> bytes:
    mine, theirs = content.splitlines(keepends=True), (other or content).splitlines(keepends=True)
    at, start = rng.randrange(len(mine) + 1), rng.randrange(len(theirs) + 1)
    return b"".join(mine[:at] + theirs[start : start + rng.choice((1, 5, 1_000))] + mine[at:])


def _encode(rng: random.Random, content: bytes, other: bytes) -> bytes:
    text = content.decode("utf-8", "replace")
    return rng.choice(
        (
            lambda: text.encode("utf-16"),
            lambda: b"\xef\xbb\xbf" + content,
            lambda: content.replace(b"\n", b"\r\n"),
            lambda: content.replace(b"\n", b""),
            lambda: text.encode("latin-1", "replace"),
            lambda: content.replace(b" ", b"\xc2\xa0"),
        )
    )()


# --- JSON lines -------------------------------------------------------------------------------------------------------
Slot = tuple[Any, Any]
"""A container and the key, or index, of a value in it."""


def _json(rng: random.Random, content: bytes, other: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    try:
        record = json.loads(lines[at])
    except (ValueError, RecursionError):
        return _lines(rng, content, other)
    slots = list(_slots(record))
    if not slots:
        return _lines(rng, content, other)
    token = _json_change(rng, slots, lines, content)
    tight, plain = rng.random() < 0.5, rng.random() < 0.7
    try:
        text = json.dumps(record, ensure_ascii=plain, separators=(",", ":") if tight else None)
    except RecursionError:  # it holds what an earlier change nested
        return content
    text = text.replace(json.dumps(_HOLE), token).replace(f'"{_HOLE}"', token)
    lines[at] = text.encode("utf-8", "surrogatepass") + b"\n"
    return b"".join(lines)


def _slots(value: Any) -> Iterator[Slot]:
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    for key, inner in pairs[:200]:
        yield value, key
        yield from _slots(inner)


def _json_change(rng: random.Random, slots: list[Slot], lines: list[bytes], content: bytes) -> str:
    """Change one value, key or type in place; the raw token for the hole that it leaves, if it leaves one."""
    holder, key = rng.choice(slots)
    old, kind = holder[key], rng.randrange(9)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, dict):
        holder[rng.choice([str(key).upper(), "", *map(str, holder)])] = holder.pop(key)
    elif kind == 2:
        holder[key] = rng.choice(([old], {"x": old}, str(old), [old] * rng.choice((2, 2_000)), {str(old): old}))
    elif kind == 3:
        holder[key] = _HOLE
        return rng.choice(_TOKENS)
    elif kind == 4:
        holder[key] = word(rng, content)
    elif kind == 5 and isinstance(old, str):
        at = rng.randrange(len(old) + 1)
        holder[key] = old[:at] + word(rng, content) + old[at:]
    elif kind == 6:
        holder[key] = _borrowed(rng, lines, key)
    else:
        holder[key] = rng.choice(_VALUES)
    return ""


def _borrowed(rng: random.Random, lines: list[bytes], key: Any) -> Any:
    """What another record has under the same key."""
    try:
        other = json.loads(rng.choice(lines))
    except (ValueError, RecursionError):
        return None
    return other.get(key, other) if isinstance(other, dict) and isinstance(key, str) else other


# --- XML --------------------------------------------------------------------------------------------------------------
_ATTRIBUTE = re.compile(rb'([\w.-]{1,60})="([^"<]{0,9999})"')
_ELEMENT = re.compile(rb"<(testcase|testsuite|failure|error|skipped|system-out)\b[^<>]{0,9999}>")
_DOCTYPES = [
    b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>',
    b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>', b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x">%p;]>',
    b'<!DOCTYPE a SYSTEM "file:///etc/passwd">', b"<!DOCTYPE html>", b"<!DOCTYPE a [<!ELEMENT a (b*)><!ATTLIST a b CDATA 'x'>]>",
]  # fmt: skip
_PIECES = [
    b"&a;", b"&c;&c;&c;", b"&#0;", b"&#x1B;", b"&#xD800;", b"&#x110000;", b"&amp", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?x ?>",
    b"<testcase>", b"</testcase>", b"<testcase/>", b"</testsuite>", b"<failure>", b"</failure>", b"<error/>", b"<skipped/>", b"<x:y/>",
    b'<testcase name="a" name="a"/>', b"<failure message='", b"\x1b[31m", b"\x00", b"<flakyFailure/>", b"<system-out>",
    b'<testcase xmlns="urn:x" status="notrun"/>', b"<testsuite" + b' a="b"' * 50, b"<rerunFailure/>",
]  # fmt: skip
_HEADERS = [
    b'<?xml version="1.0" encoding="%s"?>' % name
    for name in (b"utf-16", b"utf-7", b"bogus", b"latin-1", b"cp1252", b"ucs-4", b"")
]


def _xml(rng: random.Random, content: bytes, other: bytes) -> bytes:
    return rng.choice((_attribute, _attribute, _element, _element, _piece, _nest, _prologue))(rng, content, other)


def _chosen(rng: random.Random, pattern: re.Pattern[bytes], content: bytes) -> re.Match[bytes] | None:
    found = list(pattern.finditer(content[:100_000]))
    return rng.choice(found) if found else None


def _attribute(rng: random.Random, content: bytes, other: bytes) -> bytes:
    found = _chosen(rng, _ATTRIBUTE, content)
    if found is None:
        return _insert(rng, content, other)
    text = rng.choice([word(rng, content), str(rng.choice(_VALUES))]).encode("utf-8", "surrogatepass")
    text = text if rng.random() < 0.1 else text.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b'"', b"&quot;")
    name = (
        found[1]
        if rng.random() < 0.8
        else rng.choice([b"name", b"file", b"line", b"status", b"classname", b"message", b"type"])
    )
    return content[: found.start()] + name + b'="' + text + b'"' + content[found.end() :]


def _element(rng: random.Random, content: bytes, other: bytes) -> bytes:
    found = _chosen(rng, _ELEMENT, content)
    if found is None:
        return _insert(rng, content, other)
    kind = rng.randrange(4)
    if kind == 0:
        return content[: found.start()] + content[found.end() :]
    if kind == 1:
        return content[: found.end()] + found[0] * rng.choice((1, 2, 300)) + content[found.end() :]
    if kind == 2:
        new = found[0].replace(
            found[1], rng.choice([b"testcase", b"failure", b"error", b"skipped", b"testsuite", b"x"]), 1
        )
        return content[: found.start()] + new + content[found.end() :]
    text = word(rng, content).encode("utf-8", "surrogatepass").replace(b"&", b"&amp;").replace(b"<", b"&lt;")
    return content[: found.end()] + text + content[found.end() :]


def _piece(rng: random.Random, content: bytes, other: bytes) -> bytes:
    at = rng.choice([match.end() for match in re.finditer(rb"[<>\"]", content[:100_000])] or [0])
    return content[:at] + rng.choice(_PIECES) + content[at:]


def _nest(rng: random.Random, content: bytes, other: bytes) -> bytes:
    tag, depth = (
        rng.choice([b"testsuite", b"testcase", b"properties", b"failure"]),
        rng.choice((3, 50, 50, 3_000, 3_000 if rng.random() < 0.9 else 60_000)),
    )
    closed = rng.random() < 0.7
    at = rng.choice([match.end() for match in re.finditer(rb">", content[:100_000])] or [0])
    return content[:at] + b"<%s>" % tag * depth + (b"</%s>" % tag * depth if closed else b"") + content[at:]


def _prologue(rng: random.Random, content: bytes, other: bytes) -> bytes:
    bare = re.sub(rb"^\s*<\?xml[^>]*\?>", b"", content)
    head = rng.choice(_HEADERS) if rng.random() < 0.6 else b""
    doctype = rng.choice(_DOCTYPES) if rng.random() < 0.6 else b""
    bare = bare.replace(b">", b">&c;&c;", 1) if doctype and rng.random() < 0.5 else bare
    return head + doctype + bare
