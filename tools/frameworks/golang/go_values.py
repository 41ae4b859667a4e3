"""What a Go test printed when it failed: where, what was expected, what came instead.

Go has no assertions of its own, so the values stand in prose. Read are testify's blocks, diffs of cmp (``-want +got``),
quicktest, gomega, gotest.tools, go-check, and the usual sentences (``got 3, want 4`` in any order and words).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

LONGEST_SENTENCE = 10_000
"""Characters of a message in which values are sought."""
SHORT = 400
"""Characters of one that is remembered."""
_FIELD = re.compile(r"^[ \t]*\t(Error Trace|Error|Test|Messages):[ \t]*(?:\t(.*))?$")
_OBJECT = r"(?:[ \t]{1,4}(?!(?:to|but|and|or)\b)[A-Za-z_][\w.]{0,40}(?:\([^()\n]{0,80}\))?[ \t]{0,4}(?=[:=]))?"
_KIND = r"(?:[ \t]{1,4}(?:value|result|output|length|len|count|status|code)(?=[ \t]+[^\s,;:=]))?"
_IS = r"[ \t]{0,8}(?:[:=]=?|to be\b|to equal\b|be\b|of\b)?\s{0,20}"
_WANT = re.compile(
    rf"\b(?:wanted|wants?|expected|expects?|expecting|exp|should(?: have)? be(?:en)?)\b{_KIND}{_OBJECT}{_IS}", re.I
)
_GOT = re.compile(rf"\b(?:got|actual|received|obtained|act(?=\s*[:=]))\b{_KIND}{_OBJECT}{_IS}", re.I)
_HAVE = re.compile(rf"\b(?:have|had|found|result|returned|was|were|is)\b{_KIND}{_OBJECT}{_IS}", re.I)
_HAVE_FIRST = re.compile(rf"\bhave\b{_KIND}{_OBJECT}{_IS}", re.I)
_GIVES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\)\s{0,4}(?:==?|:=|=>|->)\s{0,4}", r"\s(?:==?|:=|=>|->)\s", r"=",
        r"\b(?:returned|returns|gave|gives|is|was)\b:?\s", r":\s",
        r"\b(?:unexpected|invalid|wrong|incorrect|bad)\s\w+:?\s",
    )
)  # fmt: skip
_JOINTS = ("but", "and", "it", "we", "the", "instead of", "instead")
_JOINED = tuple(before + word for word in _JOINTS for before in (" ", ","))
_SIMPLE = re.compile(r"[-+]?\w+(?:\.\w+)*")
_UNEQUAL = re.compile(r" (?:!=|≠|(?:is )?not equal to|does not equal|should (?:be )?equal(?: to)?|is not) ")
_NOUN = re.compile(r"(?:got|result|len|length|status|code|value|error|err|count)[ \t]+(\S+)", re.I)
_SIDE = r"(?P<{}>want(?:ed)?|expected|exp|got|actual|have|received)"
_DIFF = re.compile(
    r"\((?P<minus>[-+])\s?(?P<first>\w+),?\s*(?P<plus>[-+])\s?(?P<second>\w+)\)|"
    rf"(?<!\S)(?P<minus_>[-+])\s?{_SIDE.format('first_')},?\s+(?P<plus_>[-+])\s?{_SIDE.format('second_')}\b:?|"
    rf"^--- {_SIDE.format('old')}\b[^\n]*\n\+\+\+ [^\n]*(?:\n@@[^\n]*)?",
    re.I | re.M,
)
_NO_ERROR = re.compile(
    r"\b(?:unexpected error|(?:expected|want(?:ed)?) no error,?(?: but)? got)(?: error)?:? (?P<a>\S.*)", re.S | re.I
)
_TO_BE = re.compile(r"\bexpected (?P<a>.{1,2000}?) to (?:equal|be|eq) (?P<e>.{1,2000})", re.S | re.I)
_GOMEGA = re.compile(
    r"Expected\n(?P<a>(?: {4}.*\n)+)"
    r"to (?:equal|be equivalent to|be numerically[^\n]*|match[^\n]*)\n(?P<e>(?: {4}.*\n?)+)"
)
_TYPED = re.compile(r"^<[^>\n]*>:\s?", re.M)
_GOTEST_TOOLS = re.compile(r"assertion failed: (?P<a>.*?) \([^()]*\) != (?P<e>.*?) \([^()]*\)(?:: .*)?$", re.S)
_GO_CHECK = re.compile(r"^\.\.\. obtained\b[^=\n]*= (?P<a>.*)\n\.\.\. expected\b[^=\n]*= (?P<e>.*)", re.M)
_LIBRARIES = (
    ("gomega", "Expected\n", _GOMEGA), ("gotest.tools", "assertion failed: ", _GOTEST_TOOLS),
    ("go-check", "... obtained", _GO_CHECK),
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What a message tells: the values where it names them, its own words, and the library's kind of assertion."""

    message: str
    expected: str | None = None
    actual: str | None = None
    kind: str | None = None
    trace: tuple[str, int] | None = None
    """testify's own trace: file as printed, line."""


def read_message(text: str) -> Told:
    """The values in one failure message. One cause often makes many tests fail with the same words."""
    return _read_known(text) if len(text) <= SHORT else _read(text)


@lru_cache(maxsize=512)
def _read_known(text: str) -> Told:
    return _read(text)


def _read(text: str) -> Told:
    if "Error Trace:" in text:
        return _testify(text)
    text = text[:LONGEST_SENTENCE]
    message = text.strip("\n")
    for kind, mark, pattern in _LIBRARIES:
        found = pattern.search(text) if mark in text else None
        if found:
            return Told(message, _plain_value(found["e"]), _plain_value(found["a"]), kind)
    values = (_quicktest(text) if ":\n" in text else None) or (_diff(text) if "\n" in text else None) or _sentence(text)
    return Told(message, values[0], values[1]) if values else Told(message)


def _plain_value(text: str) -> str:
    lines = [line.removeprefix("    ") for line in text.strip("\n").split("\n")]
    return _TYPED.sub("", "\n".join(lines)).strip()


def _testify(text: str) -> Told:
    fields = _fields(text)
    error, extra = fields.get("Error", ""), fields.get("Messages", "")
    message = "\n".join(part for part in (extra, error) if part)
    at = re.match(r"(\S.*?\.go):(\d+)", fields.get("Error Trace", ""))
    trace = (at[1], int(at[2])) if at else None
    found = re.search(r"^expected ?: ?(?P<e>.*?)^actual ? ?: ?(?P<a>.*?)(?:^\s*$\n^Diff:|\Z)", error, re.S | re.M)
    kind = error.partition("\n")[0].strip().rstrip(":")[:80] or None
    if found:
        return Told(message, found["e"].strip("\n"), found["a"].strip("\n"), kind, trace)
    expected, actual = _should(error) or (None, None)
    return Told(message, expected, actual, kind, trace)


_SHOULD = (
    (re.compile(r"^Should be (true|false)$", re.M), lambda m: (m[1], "false" if m[1] == "true" else "true")),
    (re.compile(r"^Expected nil, but got: (.*)", re.S), lambda m: ("nil", m[1].strip())),
    (re.compile(r"^Expected value not to be nil", re.S), lambda m: ("not nil", "nil")),
    (re.compile(r"^Received unexpected error:\n(.*)", re.S), lambda m: ("no error", m[1].strip())),
    (re.compile(r"^An error is expected but got nil", re.S), lambda m: ("an error", "nil")),
    (re.compile(r'^"(.*)" should have (\d+) item\(s\), but has (\d+)', re.S), lambda m: (m[2], m[3])),
    (re.compile(r"^(.*) does not contain (.*)", re.S), lambda m: (f"contains {m[2].strip()}", m[1])),
    (re.compile(r"^Error message not equal:\nexpected: (.*)\nactual  : (.*)", re.S), lambda m: (m[1], m[2].strip())),
    (re.compile(r"^Max difference between (.*) and (.*) allowed is", re.S), lambda m: (m[1], m[2])),
)


def _should(error: str) -> tuple[str, str] | None:
    for pattern, values in _SHOULD:
        found = pattern.search(error)
        if found:
            return values(found)
    return None


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.split("\n"):
        found = _FIELD.match(line)
        if found:
            current = fields.setdefault(found[1], [])
            current.append(found[2] or "")
        else:
            current.append(re.sub(r"^[ \t]*\t {8,}\t", "", line) if current else line)
    return {name: "\n".join(lines).rstrip() for name, lines in fields.items()}


def _quicktest(text: str) -> tuple[str, str] | None:
    sections = dict(re.findall(r"^(got|want|expected|actual):\n((?:[ \t]+.*\n?)+)", text, re.M))
    got, want = sections.get("got") or sections.get("actual"), sections.get("want") or sections.get("expected")
    return (_undented(want), _undented(got)) if got and want else None


def _undented(block: str) -> str:
    lines = block.rstrip().split("\n")
    depth = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[depth:] for line in lines)


def _diff(text: str) -> tuple[str, str] | None:
    """The lines that only one side has, after a legend that says which side is which."""
    legend = _DIFF.search(text)
    if legend is None:
        return None
    minus, plus = legend["minus"] or legend["minus_"] or "-", legend["plus"] or legend["plus_"] or "+"
    if minus == plus:
        return None
    lines = [line.replace("\xa0", " ") for line in text[legend.end() :].split("\n")]
    sides = {sign: "\n".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+"}
    first = sides[minus], sides[plus]
    if not any(first):
        return None
    return first if _WANT.match(legend["first"] or legend["first_"] or legend["old"]) else first[::-1]


def _sentence(text: str) -> tuple[str, str] | None:
    """From ``got 3, want 4`` and its kin; split at the labels, so that no text takes more than linear time."""
    refused = _NO_ERROR.search(text) if "error" in text else None
    if refused:
        return "no error", refused["a"].strip()
    for want in islice(_WANT.finditer(text), 5):
        left, right = text[: want.start()], text[want.end() :]
        values = _got_before(left, right) or _got_after(right) or _given(left, right)
        if values:
            return values
    unequal = _UNEQUAL.search(text)
    if unequal is None:
        claimed = _TO_BE.search(text)
        return _both(claimed["e"], claimed["a"]) if claimed else None
    return _both(text[unequal.end() :], text[: unequal.start()].rpartition(": ")[2])


def _got_before(left: str, right: str) -> tuple[str, str] | None:
    got = _GOT.search(left) or _HAVE_FIRST.search(left)
    return _both(right, left[got.end() :]) if got else None


def _got_after(right: str) -> tuple[str, str] | None:
    for got in (*islice(_GOT.finditer(right), 3), *islice(_HAVE.finditer(right), 3)):
        if values := _both(right[: got.start()], right[got.end() :]):
            return values
    return None


def _given(left: str, right: str) -> tuple[str, str] | None:
    found = next((found for pattern in _GIVES if (found := pattern.search(left))), None)
    return _both(right, left[found.end() :]) if found else None


def _both(expected: str, actual: str) -> tuple[str, str] | None:
    values = _trimmed(expected), _trimmed(actual)
    return values if all(values) else None


def _trimmed(value: str) -> str:
    """The value without the words and signs that join it to the rest of its sentence."""
    text, before = value.strip().rstrip(" \t\n,;:"), ""
    if _SIMPLE.fullmatch(text) and text not in _JOINTS:
        return text
    while text != before:
        before = text
        text = text.rstrip(" \t\n,;:")
        text = text[:-1] if text.endswith(".") or text.endswith("(") else text
        if text in _JOINTS or text.endswith(_JOINED):
            word = next(word for word in _JOINTS if text.endswith(word))
            text = text[: -len(word)].rstrip()
        if text.endswith(")") and text.count(")") > text.count("("):
            text = text[:-1].rstrip()
    _, joint, after = text.rpartition(" to be ") if " to be " in text else text.rpartition(" to equal ")
    noun = _NOUN.fullmatch(text)
    return noun[1] if noun else after if joint and text[0] not in "\"'`[{(" else text
