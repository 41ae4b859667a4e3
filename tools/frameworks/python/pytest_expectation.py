"""What a failing test expected and what it got. Runs in the project's interpreter: Python 3.8, standard library.

*Expected* is what the test states, *actual* what the code gave. In ``a == b`` the side written as a literal is the
expectation; with none or two, the right one is.
"""

from __future__ import annotations

import ast
import linecache
import os
import re
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .pytest_operands import Unknown, operand, rewritten
    from .pytest_session import VALUE_LIMIT, cap, show

    Fields = dict[str, Any]
    Compare = tuple[str, str, str]
    """An operator and the representations of its two sides."""
else:  # the name under which the adapter delivers it
    from aion_r_pytest_operands import Unknown, operand, rewritten
    from aion_r_pytest_session import VALUE_LIMIT, cap, show

_LIBRARY = os.path.dirname(os.path.realpath(os.__file__)) + os.sep
"""``sysconfig`` would tell it, too, at several milliseconds a run."""
_SIGNS = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_PAIRS = (("first_seq", "second_seq"), ("first", "second"), ("expr1", "expr2"), ("actual", "desired"),
          ("actual", "expected"), ("left", "right"), ("list1", "list2"), ("tuple1", "tuple2"), ("set1", "set2"),
          ("d1", "d2"), ("seq1", "seq2"))  # fmt: skip
_SINGLE = {"assertTrue": ("expr", "a true value"), "assertFalse": ("expr", "a false value"),
           "assertIsNone": ("obj", "None")}  # fmt: skip
_RELATIONS = {"assertNotEqual": "!=", "assertIsNot": "is not", "assertNotAlmostEqual": "!=", "assertLess": "<",
              "assertLessEqual": "<=", "assertGreater": ">", "assertGreaterEqual": ">="}  # fmt: skip
_NOT_RAISED = re.compile(r"DID NOT RAISE (?:any of )?(.+)", re.S)
_UNITTEST_NOT_RAISED = re.compile(r"([\w.]+) not raised(?: by .*)?(?: : |$)")
_NO_MATCH = re.compile(r"(?:Expected regex|Regex): (?P<expected>.*)\n\s*(?:Actual message|Input): (?P<actual>.*)", re.S)


def library(full: str) -> bool:
    """Whether a resolved path lies in the standard library or among installed packages."""
    return full.startswith(_LIBRARY) or "site-packages" + os.sep in full or "dist-packages" + os.sep in full


def walk(tb: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    """The frames of a traceback with their lines, outermost first."""
    while tb is not None:
        yield tb.tb_frame, tb.tb_lineno
        tb = tb.tb_next


def doctest(error: BaseException) -> Fields | None:
    """What a failed doctest states and gave; ``None`` for any other exception."""
    failures = getattr(error, "failures", None)
    failure: Any = failures[0] if isinstance(failures, list) and failures else error
    example, test = getattr(failure, "example", None), getattr(failure, "test", None)
    if example is None or test is None or not hasattr(example, "want"):
        return None
    fields: Fields = {"type": "doctest", "message": "doctest failed: " + cap(example.source.strip(), 500)}
    if test.lineno is not None:
        fields["line"] = test.lineno + example.lineno + 1
    raised = getattr(failure, "exc_info", None)
    got = show(raised[1]) if raised else cap(failure.got, VALUE_LIMIT).rstrip("\n")
    fields.update(expected=cap(example.want, VALUE_LIMIT).rstrip("\n"), actual=got)
    return fields


def expectation(error: BaseException, frames: list[tuple[FrameType, int]], compare: Compare | None) -> Fields:
    """``type``, ``expected`` and ``actual`` of a broken expectation; nothing for other exceptions."""
    missing = _NOT_RAISED.match(str(error)) if type(error).__name__ == "Failed" else None
    if missing:
        wanted = ", ".join(re.findall(r"<class '([^']+)'>", missing.group(1))) or missing.group(1)
        return {"type": "raises", "expected": wanted, "actual": "no exception"}
    if type(error).__name__ == "Failed":
        return {"type": "fail"}
    if not isinstance(error, AssertionError) or not frames:
        return {}
    unraised = _UNITTEST_NOT_RAISED.match(str(error))
    if unraised and "__unittest" in _innermost(error).f_globals:
        return {"type": "assertRaises", "expected": unraised[1], "actual": "no exception"}
    unmatched = _NO_MATCH.search(str(error))
    if unmatched:
        return {"type": "raises", **unmatched.groupdict()}
    method = _assert_method(error.__traceback__, frames[-1][0])
    return _from_method(method, frames[-1]) if method else _from_statement(frames[-1], compare)


def _innermost(error: BaseException) -> FrameType:
    return [frame for frame, _ in walk(error.__traceback__)][-1]


def _assert_method(tb: TracebackType | None, caller: FrameType) -> FrameType | None:
    """The assertion helper (unittest, numpy, mock …) that the last visible frame called, if it called one."""
    frames = [frame for frame, _ in walk(tb)]
    after = frames[len(frames) - frames[::-1].index(caller) :]
    called = after[0] if after else caller
    name = called.f_code.co_name
    return called if name.startswith("assert") and not name.endswith("_") and _foreign(called) else None


def _foreign(frame: FrameType) -> bool:
    return library(os.path.realpath(frame.f_code.co_filename))


def _from_method(method: FrameType, caller: tuple[FrameType, int]) -> Fields:
    name, values = method.f_code.co_name, method.f_locals
    fields: Fields = {"type": name}
    if name in _SINGLE and _SINGLE[name][0] in values:
        variable, expected = _SINGLE[name]
        return {"type": name, "expected": expected, "actual": show(values[variable])}
    if "member" in values and "container" in values:
        sign = "not in" if "Not" in name else "in"
        return {"type": name, "expected": f"{sign} {show(values['container'])}", "actual": show(values["member"])}
    relation = _RELATIONS.get(name)
    for first, second in (*_PAIRS, ("a", "b")):
        if first in values and second in values and relation is not None:
            return {"type": name, "expected": f"{relation} {show(values[second])}", "actual": show(values[first])}
        if first in values and second in values:
            arguments = _arguments(caller, name)
            swapped = len(arguments) >= 2 and states(arguments[0]) > states(arguments[1])
            actual, expected = (second, first) if swapped else (first, second)
            fields.update(expected=show(values[expected]), actual=show(values[actual]))
            break
    return fields


def _from_statement(caller: tuple[FrameType, int], compare: Compare | None) -> Fields:
    node = next((n for n in _nodes_at(*caller) if isinstance(n, ast.Assert)), None)
    if node is None:
        return {"type": "AssertionError"}
    test = node.test
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return {"type": "assert"}
    sign = _SIGNS[type(test.ops[0])]
    fields: Fields = {"type": "assert " + sign}
    sides = _sides(test, sign, caller[0], compare)
    if sides is None:
        return fields
    left, right = sides
    if sign not in ("==", "is"):
        fields.update(expected=None if right is None else f"{sign} {right}", actual=left)
    elif states(test.left) > states(test.comparators[0]):
        fields.update(expected=left, actual=right)
    else:
        fields.update(expected=right, actual=left)
    return fields


def _sides(
    test: ast.Compare, sign: str, frame: FrameType, compare: Compare | None
) -> tuple[str | None, str | None] | None:
    """What the two sides were: as pytest told it where it rewrote the assertion, else what can be read of them."""
    if not rewritten(frame):
        return _shown(test.left, frame), _shown(test.comparators[0], frame)
    return compare[1:] if compare is not None and compare[0] == sign else None


def _shown(node: ast.expr, frame: FrameType) -> str | None:
    try:
        return show(operand(node, frame))
    except (Unknown, RecursionError):
        return None


def states(node: ast.expr) -> int:
    """How much an expression looks like what a test states: 2 a literal, 1 a name that says so, 0 anything else."""
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return 2 if called == "approx" else 0
    if isinstance(node, ast.Name):
        return 1 if re.match(r"expect|want|desired|should|[A-Z][A-Z0-9_]*$", node.id) else 0
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return 0
    return 2


def _arguments(caller: tuple[FrameType, int], method: str) -> list[ast.expr]:
    for node in _nodes_at(*caller):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method:
            return node.args
    return []


def _nodes_at(frame: FrameType, line: int) -> list[ast.AST]:
    """The assert statements and method calls whose lines enclose ``line``, outermost first."""
    path = frame.f_code.co_filename
    if path not in _indexes:
        _indexes[path] = _index(path)
    return _indexes[path].get(line, [])


_indexes: dict[str, dict[int, list[ast.AST]]] = {}


def _index(path: str) -> dict[int, list[ast.AST]]:
    """By line, once for each file: a file with thousands of failing tests is walked a single time."""
    nodes: dict[int, list[ast.AST]] = {}
    try:
        tree = ast.parse("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return nodes
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                nodes.setdefault(line, []).append(node)
    return nodes
