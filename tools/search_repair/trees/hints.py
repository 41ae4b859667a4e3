"""What failures tell about their repair: the kind of the error, and how what came is made into what was expected."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..model import Raised, Splice
from ..python.hints import relations

_FITTING = 1.6
_TROUBLES: tuple[tuple[str, str], ...] = (
    (
        r"is not a function|has no method|not iterable|is not a constructor",
        "member|function|unwrapped|called on this|awaited|spread|wrapped|of or in|own this|copied",
    ),
    (
        r"cannot read propert|undefined is not an object|of (undefined|null)\b|cannot destructure|cannot set propert",
        "early return|skipped|optional|default|further condition|off by one|comparison|own this|of this|returned"
        "|parameter default|initial argument|return added",
    ),
    (
        r"is not defined|cannot access .* before",
        "of this|called on this|variable|member for variable|order of statements",
    ),
    (r"assignment to constant", "assignable"),
    (
        r"index out of (range|bounds)|slice bounds|out of range",
        "comparison|off by one|bounds of a slice|further condition|early return|range end|skipped|last turn|threshold"
        "|number in a macro|number|within limits",
    ),
    (
        r"nil pointer|nil map|invalid memory address",
        "early return|skipped|further condition|made|error asked|receiver kind",
    ),
    (
        r"divide by zero|division by zero|remainder with a divisor of zero|\bNaN\b|Infinity",
        "early return|skipped|further condition|default|comparison|text and number|initial argument|wrapped"
        "|first value",
    ),
    (
        r"overflow",
        "within limits|wider|comparison|off by one|early return|range end|arithmetic|negative remainder|wrapped",
    ),
    (r"on an? `?(None|Err)", "unwrapped safely|early return|presence|skipped|range end|comparison|further condition"),
    (r"maximum call stack|stack overflow|recursion", "comparison|early return|off by one|number|arithmetic|threshold"),
    (
        r"timed? ?out|deadlock|exceeded timeout|took too long",
        "update|comparison|awaited|moved in|moved out|augmented|deferred",
    ),
    (r"promise", "awaited|returned|not awaited"),
    (r"data race|concurrent map", "guarded by a lock|deferred"),
    (
        r"(did not|didn't|to|should|expected.*to) (throw|panic|reject)",
        "thrown|comparison|logic|negation|awaited|returned",
    ),
    (
        r"got (err|error|nil)|want(ed)? (err|error|nil)|unexpected error",
        "error asked|error handed on|comparison|negation|logic",
    ),
)
_SIGNS: dict[str, str] = {
    "reversed": r"[rR]everse|\.rev\(\)|unshift|[<>]|-",
    "order": r"sort|[rR]everse|\.rev\(\)|unshift|shift|min|max|cmp|[<>]",
    "case": r"(?i)lower|upper|\bi\b",
    "space": r"(?i)trim|split|join|fields|' '|\" \"",
    "text": r"String|Number|parse|to_string|\bint\(|Itoa|Atoi",
    "rounded": r"(?i)round|floor|ceil|trunc|float64|as f64|/|int\(",
    "negated": r"-|!|abs",
    "one": r"[+-] ?1|<=|>=|<|>|\b[012]\b|\.\.=?",
    "scaled": r"\d+|\*|/",
    "kind": r"\[|\{|\(\)",
    "repeated": r"Set|includes|contains|dedup|has|!",
    "missing": r"push|append|add|\+=|<=|>=|\+ 1|\.\.=|\|\|",
    "surplus": r"filter|!|- 1|<|>|break|continue|trim|&&|\.\.$",
    "absent": r"return|\?\?|\|\||await",
    "truth": r"!|==|<|>|true|false|&&|\|\|",
    "zero": r"(?i)max|min|0|saturating",
}
_VALUE = r"(?P<{}>-?[\w.\"'\[\]{{}}(][^\n]*?)"
_FIRST, _SECOND = _VALUE.format("actual"), _VALUE.format("expected")
_COMPARED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:^|\n){_FIRST} !==? {_SECOND}\s*(?:\n|$)",
        rf"expected:\s*{_SECOND}\s*\n\s*(?:received|actual|got):\s*{_FIRST}\s*(?:\n|$)",
        rf"left:\s*`?{_FIRST}`?,?\s*\n\s*right:\s*`?{_SECOND}`?\s*(?:\n|$)",
        rf"expected {_FIRST} to (?:deeply |strictly |loosely )?(?:equal|be|eql)(?: to)? {_SECOND}\s*(?:\n|$)",
        rf"\bgot:?\s+{_FIRST}[,;]?\s+(?:but )?(?:want|wanted|expected):?\s+{_SECOND}\s*(?:\n|$)",
        rf"(?:want|wanted|expected):?\s+{_SECOND}[,;]?\s+(?:but )?(?:got|received|was|actual):?\s+{_FIRST}\s*(?:\n|$)",
        rf"= {_FIRST}[,;]\s+(?:but )?(?:want|wanted|expected):?\s+{_SECOND}\s*(?:\n|$)",
    )
)
_WORDS = {"true": "True", "false": "False", "null": "None", "undefined": "None", "nil": "None", "<nil>": "None"}


@dataclass(frozen=True)
class Hints:
    """How much likelier a rewrite is in the light of the errors: by its operator, by what it puts in."""

    operators: frozenset[str] = frozenset()
    patterns: tuple[re.Pattern[str], ...] = ()

    @staticmethod
    def of(errors: tuple[Raised, ...]) -> Hints:
        """Read from types and messages as the languages and their usual assertions word them."""
        operators: set[str] = set()
        kinds: dict[str, None] = {}
        for error in errors:
            text = f"{error.type}: {error.message[:4000]}"
            for pattern, names in _TROUBLES:
                if re.search(pattern, text, re.IGNORECASE):
                    operators.update(names.split("|"))
            kinds.update(dict.fromkeys(_kinds(error.message[:4000])))
        return Hints(frozenset(operators), tuple(re.compile(_SIGNS[kind]) for kind in kinds))

    def fit(self, operator: str, splices: tuple[Splice, ...]) -> float:
        """A factor for what a rewrite of ``operator`` puts in."""
        if operator in self.operators:
            return _FITTING
        text = " ".join(splice.text for splice in splices)
        return _FITTING if any(pattern.search(text) for pattern in self.patterns) else 1.0


def _kinds(message: str) -> Iterator[str]:
    match = next((m for m in (pattern.search(message) for pattern in _COMPARED) if m), None)
    if match is None:
        return
    actual, expected = _value(match["actual"]), _value(match["expected"])
    if "NaN" in (match["actual"], match["expected"]):
        return
    yield from relations(actual, expected)


def _value(text: str) -> object:
    """A value as the languages print it; a text where it is no literal."""
    text = text.strip().rstrip(",.;")
    words = re.sub(r"<nil>|\b(?:true|false|null|undefined|nil)\b", lambda m: _WORDS[m[0]], text)
    words = re.sub(r"([{,]\s*)([A-Za-z_]\w*):", r"\1'\2':", words)
    try:
        found: object = ast.literal_eval(words)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        inner = text.strip("[]")
        return inner.split(" ") if text.startswith("[") and text.endswith("]") else text
    return found
