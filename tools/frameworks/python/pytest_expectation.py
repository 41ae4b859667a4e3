"""What a failing test expected and what it got. Runs in the project's interpreter: Python 3.8, standard library.

*Expected* is what the test states, *actual* what the code gave. In ``a == b`` the side written as a literal is the
expectation; with none or two, the right one is.
"""

from __future__ import annotations

import ast
import linecache
import os
import re
import sysconfig
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Fields = dict[str, Any]
    Compare = tuple[str, str, str]
    """An operator and the representations of its two sides."""

VALUE_LIMIT = 4_000

_LIBRARIES = tuple({os.path.realpath(p) + os.sep for k, p in sysconfig.get_paths().items() if k.endswith("lib")})
_SIGNS = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_PAIRS = (("first", "second"), ("actual", "desired"), ("actual", "expected"), ("left", "right"),
          ("list1", "list2"), ("tuple1", "tuple2"), ("set1", "set2"), ("d1", "d2"), ("seq1", "seq2"))  # fmt: skip
_SINGLE = {"assertTrue": ("expr", "a true value"), "assertFalse": ("expr", "a false value"),
           "assertIsNone": ("obj", "None")}  # fmt: skip
_NOT_RAISED = re.compile(r"DID NOT RAISE (?:any of )?(.+)", re.S)
_NO_MATCH = re.compile(r"(?:Expected regex|Regex): (?P<expected>.*)\n\s*(?:Actual message|Input): (?P<actual>.*)", re.S)


def cap(text: str, limit: int) -> str:
    """``text`` with head and tail kept and the length of what was left out between them."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"


def show(value: object) -> str:
    """``repr`` of anything, capped; never raises for a hostile ``__repr__``."""
    try:
        return cap(repr(value), VALUE_LIMIT)
    except Exception as error:  # noqa: BLE001 - the project's own code runs here
        return f"<{type(value).__name__} object, repr() raised {type(error).__name__}>"


def library(full: str) -> bool:
    """Whether a resolved path lies in the standard library or among installed packages."""
    return full.startswith(_LIBRARIES) or "site-packages" + os.sep in full or "dist-packages" + os.sep in full


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
    unmatched = _NO_MATCH.search(str(error))
    if unmatched:
        return {"type": "raises", **unmatched.groupdict()}
    method = _assert_method(error.__traceback__, frames[-1][0])
    return _from_method(method, frames[-1]) if method else _from_statement(frames[-1], compare)


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
    for first, second in _PAIRS:
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
    if compare is None or compare[0] != sign:
        return fields
    _, left, right = compare
    if sign not in ("==", "is"):
        fields.update(expected=f"{sign} {right}", actual=left)
    elif states(test.left) > states(test.comparators[0]):
        fields.update(expected=left, actual=right)
    else:
        fields.update(expected=right, actual=left)
    return fields


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
