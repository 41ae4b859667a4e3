"""What a failed assertion tells about its repair: how the value that came is made into the one that was expected."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..model import Raised, Splice

_FITTING = 1.8
_SIGNS: dict[str, str] = {
    "reversed": r"reverse|\[::-1\]|reversed|-\w|[<>]",
    "order": r"sort|key=|reverse|popleft|insert|\[::-1\]|min|max|last=False",
    "case": r"lower|upper|casefold|title|capitalize|IGNORECASE|\(\?i\)",
    "space": r"strip|split|join|' '|\" \"",
    "text": r"str\(|int\(|float\(|Decimal\(|!r",
    "rounded": r"round|//|int\(|quantize|floor|ceil|\.\df",
    "negated": r"-|not |abs\(",
    "one": r"[+-] 1|<=|>=|<|>|\b[012]\b|len\(",
    "scaled": r"\d+|\*|/",
    "kind": r"list\(|tuple\(|set\(|sorted\(|dict\(|\(\)|@property",
    "repeated": r"set\(|in |fromkeys|add\(|unique",
    "missing": r"append|add|extend|yield|\+=|<=|>=|\+ 1|if \w+:|setdefault|or ",
    "surplus": r" if |not |- 1|<|>|break|continue|strip|is not None|pop|remove",
    "absent": r"return|\.get\(|yield",
    "truth": r"not |==|!=|<|>|True|False|and|or|in",
    "zero": r"max\(|min\(|0",
}
_COMPARED = re.compile(r"^assert (.+?) == (.+)$")


@dataclass(frozen=True)
class Hints:
    """Patterns of the text that a likely repair puts in."""

    patterns: tuple[re.Pattern[str], ...] = ()

    @staticmethod
    def of(errors: tuple[Raised, ...]) -> Hints:
        """Read from the messages of failed assertions (``assert actual == expected``, as pytest words them)."""
        kinds = [kind for error in errors if error.type == "AssertionError" for kind in _kinds(error.message)]
        return Hints(tuple(re.compile(_SIGNS[kind]) for kind in dict.fromkeys(kinds)))

    def fit(self, splices: tuple[Splice, ...]) -> float:
        """How much likelier a rewrite is for what it puts in."""
        if not self.patterns:
            return 1.0
        text = " ".join(s.text for s in splices)
        return _FITTING if any(p.search(text) for p in self.patterns) else 1.0


def _kinds(message: str) -> Iterator[str]:
    match = _COMPARED.match(message.split("\n", 1)[0])
    if not match:
        return
    try:
        actual, expected = (ast.literal_eval(side.strip()) for side in match.groups())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return
    yield from relations(actual, expected)


def relations(actual: object, expected: object) -> Iterator[str]:
    """Names of the relations in which two plain values stand."""
    if actual == expected:
        return
    if isinstance(actual, str) and isinstance(expected, str):
        yield from _texts(actual, expected)
    elif isinstance(actual, bool) or isinstance(expected, bool):
        yield "truth"
    elif isinstance(actual, int | float) and isinstance(expected, int | float):
        yield from _numbers(actual, expected)
    elif isinstance(actual, list | tuple) and isinstance(expected, list | tuple):
        yield from _sequences(list(actual), list(expected), type(actual) is type(expected))
    elif isinstance(actual, dict) and isinstance(expected, dict):
        yield from ("missing",) if len(actual) < len(expected) else ("surplus",) if len(actual) > len(expected) else ()
        for key in actual.keys() & expected.keys():
            yield from relations(actual[key], expected[key])
    elif actual is None:
        yield "absent"
    elif str(actual) == str(expected):
        yield "text"
    elif type(actual) is not type(expected):
        yield "kind"


def _texts(actual: str, expected: str) -> Iterator[str]:
    if actual.lower() == expected.lower():
        yield "case"
    if "".join(actual.split()) == "".join(expected.split()):
        yield "space"
    if actual[::-1] == expected:
        yield "reversed"


def _numbers(actual: float, expected: float) -> Iterator[str]:
    if actual == -expected:
        yield "negated"
    if abs(actual - expected) == 1:
        yield "one"
    if round(actual, 2) == round(expected, 2) or int(actual) == int(expected):
        yield "rounded"
    if expected and actual and actual != -expected:
        ratio = max(abs(actual / expected), abs(expected / actual))
        if round(ratio, 6) in (2, 10, 24, 60, 100, 1000, 3600):
            yield "scaled"
    if expected == 0:
        yield "zero"


def _sequences(actual: list[object], expected: list[object], same_kind: bool) -> Iterator[str]:
    if actual == expected and not same_kind:
        yield "kind"
    elif actual == expected[::-1]:
        yield from ("reversed", "order")
    elif len(actual) == len(expected) and all(item in expected for item in actual):
        yield "order"
    elif len(actual) == len(expected):
        for one, two in zip(actual, expected, strict=True):
            yield from relations(one, two)
    elif len(actual) > len(expected):
        yield from ("surplus", *(("repeated",) if all(item in expected for item in actual) else ()))
    else:
        yield "missing"
