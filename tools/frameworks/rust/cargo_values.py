"""What a Rust test said when it failed: the panic's place, its message, and the two values of an assertion.

``assert_eq!(left, right)`` does not say which side is which; by far most tests put the computed value first, so
``left`` is reported as actual and ``right`` as expected. For ``assert_ne!`` the expected value reads ``not …``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..golang.go_values import read_message

LONGEST_WORDS = 20_000
"""Characters of a panic's message in which values are sought."""
_PANIC = re.compile(
    r"^thread '(?P<thread>[^\n]{0,1000}?)'(?: \(\d+\))? panicked at (?:'(?P<old>.{0,4000}?)', )?"
    r"(?P<file>[^\n:']{1,1000}):(?P<line>\d{1,9}):\d{1,9}:?$",
    re.M | re.S,
)
_END = re.compile(
    r"^(?:note: run with `RUST_BACKTRACE|stack backtrace:|thread '[^\n]*' (?:\(\d+\) )?panicked at )", re.M
)
_SIDES = re.compile(r"^ *left: ?", re.M), re.compile(r"\n *right: ?")
_OLD_SIDES = re.compile(r"^ *left: `", re.M), re.compile(r"`,\n *right: `")
_OLD_END = re.compile(r"(?P<right>.*?)`(?:: .*)?\Z", re.S)
_DIFF = re.compile(
    r"^Diff < left / right > ?:\n(?P<lines>.*)|^Differences \(-left\|\+right\):\n(?P<signed>.*)", re.M | re.S
)
_MATCHER = (
    re.compile(r"^Value of: ", re.M), re.compile(r"^Expected: (?:is equal to )?", re.M),
    re.compile(r"\nActual: "), re.compile(r",?\n"),
)  # fmt: skip
_SUBSTRING = re.compile(r"panic message: "), re.compile(r"\n[ \t]*expected substring: ")
_NO_PANIC = re.compile(r"did not panic as expected(?: at (?P<file>[^\n:]{1,1000}):(?P<line>\d{1,9})(?::\d+)?)?")
_FRAME = re.compile(r"^ *\d+: (?P<function>[^\n]+)\n +at (?:\./)?(?P<file>[^\n]+?):(?P<line>\d{1,9})(?::\d+)?$", re.M)
_ASSERTION = re.compile(
    r"\b((?:\w+::)*(?:debug_)?assert\w*!|panic!|unreachable!|todo!|unimplemented!)|\.(unwrap|expect)(?:_\w+)?\("
)
_UNWRAP = re.compile(
    r"called `(?:Result|Option)::(?P<call>\w+)\(\)` on an? `(?P<found>Err|Ok|None)` value(?:: (?P<value>.*))?\Z", re.S
)
_WRAPPED = {"Err": "Ok(_)", "Ok": "Err(_)", "None": "Some(_)"}
"""What ``unwrap`` and its kin want instead."""


@dataclass(frozen=True)
class Said:
    """A failing test's own words. ``frames`` (function, file, line) need a backtrace; the innermost comes first."""

    message: str
    file: str | None = None
    line: int | None = None
    kind: str | None = None
    expected: str | None = None
    actual: str | None = None
    frames: tuple[tuple[str, str, int], ...] = ()


def read_panic(text: str, message: str, name: str) -> Said:
    """From what a failing test printed, and libtest's own word about it (``should_panic``)."""
    if message:
        return _should_panic(text, message)
    panic = _chosen(text, name)
    if panic is None:
        error = re.search(r"^Error: .*", text, re.M | re.S)
        return Said((error.group(0) if error else text).strip(), kind="Result" if error else None)
    words, rest = _words(panic, text)
    expected, actual, kind = _values(words)
    frames = tuple((m["function"], m["file"], int(m["line"])) for m in _FRAME.finditer(rest[:100_000]))
    return Said(words, panic["file"], int(panic["line"]), kind, expected, actual, frames)


def _chosen(text: str, name: str) -> re.Match[str] | None:
    """The panic that failed the test: its own thread's last one, or the one that this merely passes on."""
    panics = list(_PANIC.finditer(text))
    own = [panic for panic in panics if panic["thread"] in (name, "main")]
    if not own:
        return panics[-1] if panics else None
    passed_on = "Any { .. }" in _words(own[-1], text)[0] or "scoped thread panicked" in _words(own[-1], text)[0]
    others = [panic for panic in panics if panic not in own]
    return others[0] if passed_on and others else own[-1]


def _words(panic: re.Match[str], text: str) -> tuple[str, str]:
    rest = text[panic.end() :]
    end = _END.search(rest)
    after = rest[: end.start()] if end else rest
    return (panic["old"] if panic["old"] is not None else after.strip("\n")), rest


def _should_panic(text: str, message: str) -> Said:
    found = _between(message, *_SUBSTRING)
    if found:
        panic = next(iter(_PANIC.finditer(text)), None)
        file, line = (panic["file"], int(panic["line"])) if panic else (None, None)
        return Said(message, file, line, "should_panic", found[1].strip(), found[0].strip())
    quiet = _NO_PANIC.search(message)
    if quiet:
        line = int(quiet["line"]) if quiet["line"] else None
        return Said(message, quiet["file"], line, "should_panic", "a panic", "no panic")
    return Said(message, kind="should_panic")


def _values(words: str) -> tuple[str | None, str | None, str | None]:
    """Expected, actual, and the kind of assertion as far as the words show it."""
    words = words[:LONGEST_WORDS]
    head = words.partition("\n")[0]
    unequal = "left != right" in head
    kind = "assert_ne!" if unequal else "assert_eq!" if "left == right" in head else None
    matched = re.match(r"assertion `left (matches) right` failed", head)
    kind = "assert_matches!" if matched else kind
    compared = kind or head.startswith("assertion failed: (left ")
    sides = _sides(words) if compared else _matched(words)
    if sides:
        left, right = (side.strip("\n") for side in sides)
        return (f"not {right}" if unequal else right), left, kind or ("assert!" if compared else "expect_that!")
    unwrapped = _UNWRAP.match(words)
    if unwrapped:
        found = f"{unwrapped['found']}({unwrapped['value'].strip()})" if unwrapped["value"] else unwrapped["found"]
        return _WRAPPED[unwrapped["found"]], found, unwrapped["call"]
    diff = _DIFF.search(words)
    if diff:
        left, right = _diffed(diff)
        return (f"not {right}" if unequal else right), left, kind
    if head.startswith("assertion failed: "):
        return None, None, "assert!"
    if kind is None and len(words) < 2_000:
        told = read_message(words)
        return told.expected, told.actual, None
    return None, None, kind


def _between(text: str, *marks: re.Pattern[str]) -> list[str] | None:
    """What stands after each mark, up to the next. Each is sought once: one pattern for all of them would start anew at
    every first mark, in quadratic time."""
    parts: list[str] = []
    at = 0
    for mark in marks:
        found = mark.search(text, at)
        if found is None:
            return None
        parts.append(text[at : found.start()])
        at = found.end()
    return [*parts[1:], text[at:]]


def _sides(words: str) -> tuple[str, str] | None:
    """Left and right of a comparison; Rust put them between backticks until 1.72."""
    old = _between(words, *_OLD_SIDES)
    end = _OLD_END.match(old[1]) if old else None
    if old and end:
        return old[0], end["right"]
    sides = _between(words, *_SIDES)
    return (sides[0], sides[1]) if sides else None


def _matched(words: str) -> tuple[str, str] | None:
    """Left and right of what googletest says of a value."""
    parts = _between(words, *_MATCHER)
    return (parts[2], parts[1]) if parts else None


def _diffed(diff: re.Match[str]) -> tuple[str, str]:
    signs = "<>" if diff["lines"] is not None else "-+"
    lines = (diff["lines"] if diff["lines"] is not None else diff["signed"]).strip("\n").split("\n")
    left, right = ("\n".join(line[1:] for line in lines if line[:1] in (" ", sign)) for sign in signs)
    return left, right


def assertion_of(source: str) -> str | None:
    """The assertion that a source line makes."""
    found = _ASSERTION.search(source)
    return (found[1] or found[2]) if found else None
