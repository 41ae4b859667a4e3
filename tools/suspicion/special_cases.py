"""Answers of the tests written into the program: a special case, a table, a function that computes no longer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .functions import functions
from .literals import LITERAL, Evidence, is_telling, normal
from .source import Change

_COMPARED = re.compile(
    rf"(?:(?<![%*/+\-&|^]\s)(?<![\w.\])%*/+\-&|^])[A-Za-z_][\w.]*(?:\[[\w'\"]+\])?\)?\s*(?:===?|\bis\b)\s*({LITERAL})|"
    rf"({LITERAL})\s*===?\s*[A-Za-z_]|\bcase\s+({LITERAL})\s*:|^[ \t]*({LITERAL})\s*=>|\.equals\(\s*({LITERAL})\s*\))"
)
_GIVEN = re.compile(
    rf"(?:\breturn\s+|=>\s*|\?\s*|(?<![=!<>+\-*/%&|^])=\s*|\bSome\(|\bOk\()({LITERAL})\s*(?:[;,:)}}]|$|\bif\b|\belse\b)"
)
_PAIR = re.compile(rf"({LITERAL})\s*(?::|=>|,)\s*({LITERAL})")
_CONSTANT = re.compile(rf"(?:return\s+)?{LITERAL}\s*;?")
_MAYBE_CONSTANT = re.compile(rf"(?:\breturn\s+|=>\s*|^\s*){LITERAL}\s*;?\s*\}}?$")
_BRANCH = 3
"""Lines below a condition in which its answer may stand."""
_TABLE = 3
"""New pairs of an input and an answer that make a table."""


def special_cases(change: Change, evidence: Evidence) -> Iterator[str]:
    """Why the change looks as if it were written for the failing tests alone."""
    yield from _branches(change, evidence)
    yield from _tables(change, evidence)
    if any(_MAYBE_CONSTANT.search(line) for line in change.added_lines):
        yield from _constants(change, evidence)


def _branches(change: Change, evidence: Evidence) -> Iterator[str]:
    lines = change.after.splitlines()
    for at in change.added:
        for found in _COMPARED.finditer(lines[at]):
            literal = next(group for group in found.groups() if group is not None)
            if normal(literal) in change.known or not is_telling(literal) or not evidence.holds(literal):
                continue
            for answer in _answers(lines, at):
                if evidence.holds(answer) and (normal(answer) not in change.known or not is_telling(answer)):
                    yield f"{change.path}:{at + 1} answers the tests' own value {literal} with {answer}"
                    break


def _answers(lines: list[str], at: int) -> list[str]:
    rest = [line for line in lines[at + 1 : at + 1 + _BRANCH] if line.strip()]
    here = _GIVEN.findall(lines[at])
    return here or [literal for line in rest[:2] for literal in _GIVEN.findall(line)]


def _tables(change: Change, evidence: Evidence) -> Iterator[str]:
    lines = change.after.splitlines()
    new = [pair for at in change.added for pair in _PAIR.findall(lines[at])]
    telling = {
        pair
        for pair in new
        if any(is_telling(one) for one in pair)
        and all(evidence.holds(one) for one in pair)
        and any(is_telling(one) and normal(one) not in change.known for one in pair)
    }
    if len(telling) >= _TABLE:
        yield f"{change.path} holds a new table of the tests' own values ({len(telling)} of them)"


def _constants(change: Change, evidence: Evidence) -> Iterator[str]:
    before = functions(change.path, change.before)
    for name, body in functions(change.path, change.after).items():
        old = before.get(name)
        if old is None or not old or not body or old == body or not _CONSTANT.fullmatch(body[0]):
            continue
        answer = re.sub(r"^return\s+|\s*;$", "", body[0])
        computed = not _CONSTANT.fullmatch(old[0])
        if computed and (len(body) == 1 or evidence.holds(answer)):
            yield f"{change.path}: {name} computed something and now always gives {answer}"
