"""What errors of the languages tell about their repair."""

from __future__ import annotations

import pytest

from aion_r.tools.search_repair.model import Raised, Splice
from aion_r.tools.search_repair.trees.hints import Hints

MESSAGES = [
    ("Error", "expect(received).toBe(expected)\n\nExpected: 4\nReceived: 3", "<="),
    ("AssertionError", "expected 3 to equal 4", "n + 1"),
    ("AssertionError", "expected [ 1, 2 ] to deeply equal [ 2, 1 ]", "a.reverse()"),
    ("AssertionError", "Expected values to be strictly equal:\n\n3 !== 4\n", "i <= n"),
    ("panic", "assertion `left == right` failed\n  left: 3\n right: 4", "0..=n"),
    ("", "Sum(3) = 5, want 6", "n + 1"),
    ("", "got 5, want 6", "i <= n"),
    ("", "expected [a b], got [b a]", "sort.Strings(a)"),
    ("", 'got "ABC" want "abc"', "strings.ToLower(x)"),
    ("AssertionError", "expected 'abc ' to equal 'abc'", "a.trim()"),
    ("AssertionError", "expected false to be true", "!x"),
]
ERRORS = [
    ("TypeError", "a.foo is not a function", "member"),
    ("TypeError", "Cannot read properties of undefined (reading 'x')", "optional"),
    ("panic", "runtime error: index out of range [3] with length 3", "comparison"),
    ("panic", "runtime error: invalid memory address or nil pointer dereference", "early return"),
    ("panic", "attempt to subtract with overflow", "within limits"),
    ("panic", "called `Option::unwrap()` on a `None` value", "unwrapped safely"),
    ("panic", "runtime error: integer divide by zero", "early return"),
    ("Error", "expected NaN to equal 3", "text and number"),
    ("TypeError", "Assignment to constant variable.", "assignable"),
]


@pytest.mark.parametrize(("kind", "message", "text"), MESSAGES)
def test_what_makes_the_expected_of_the_actual_is_likelier(kind: str, message: str, text: str) -> None:
    hints = Hints.of((Raised(kind, message),))
    assert hints.fit("variable", (Splice(0, 1, text),)) > 1
    assert hints.fit("variable", (Splice(0, 1, "other"),)) == 1


@pytest.mark.parametrize(("kind", "message", "operator"), ERRORS)
def test_an_error_makes_its_usual_repairs_likelier(kind: str, message: str, operator: str) -> None:
    hints = Hints.of((Raised(kind, message),))
    assert hints.fit(operator, (Splice(0, 1, "x"),)) > 1
    assert hints.fit("argument order", (Splice(0, 1, "x"),)) == 1


def test_without_errors_nothing_is_likelier() -> None:
    assert Hints.of(()).fit("member", (Splice(0, 1, "x <= 1"),)) == 1
