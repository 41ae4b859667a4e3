"""Candidates for Python: every operator on every suspicious node, the most promising first, each program once."""

from __future__ import annotations

import ast
import hashlib
import warnings
from collections.abc import Iterator, Mapping
from types import CodeType

from ..model import Candidate, Change, Evidence, Raised, Splice, apply
from .operators import OPERATORS, Operator
from .operators.registry import Site
from .scope import Scope
from .source import Function, Source, first_line
from .syntax import syntax_candidates

_FLOOR = 0.1
_LINES_AT_A_TIME = 150
_DECLARED = 0.2
"""How suspicious code is that runs at import only (constants, class bodies), measured by the rest of its file."""
_DECLARED_AND_USED = 0.65
"""The same for what suspicious lines mention by name."""


class PythonGenerator:
    """Makes candidates from syntax trees."""

    def candidates(self, sources: Mapping[str, str], evidence: Evidence) -> Iterator[Candidate]:
        """Distinct candidates that compile, most promising first. ``sources``: path to text."""
        parsed = {path: Source.parse(path, text) for path, text in sources.items()}
        for path, text in sources.items():
            if parsed[path] is None:
                yield from syntax_candidates(path, text)
        seen: set[bytes] = set()
        texts: set[tuple[str, tuple[Splice, ...]]] = set()
        for tier in _tiers(evidence.suspicion):
            everything = [
                candidate
                for path, source in parsed.items()
                if source is not None and tier.get(path)
                for candidate in propose(source, tier[path], evidence.errors)
            ]
            for candidate in sorted(everything, key=lambda c: -c.score):
                found = parsed[candidate.path]
                known = (candidate.path, candidate.splices) in texts
                texts.add((candidate.path, candidate.splices))
                if found is not None and not known and _is_new_program(found, candidate, seen):
                    yield candidate

    def changes(self, path: str, text: str, base: str, candidate: Candidate | None = None) -> tuple[Change, ...]:
        """What shows ``text`` to a runner that has ``base`` loaded; ``candidate`` made it out of ``base``, if given."""
        source = Source.parse(path, base)
        if source is None:
            return (Change(path, text),)
        if candidate is not None:
            return (_change(source, candidate, text),)
        return _differences(source, text)


def _tiers(suspicion: Mapping[str, Mapping[int, float]]) -> Iterator[dict[str, dict[int, float]]]:
    """Suspicious lines, so many at a time, the most suspicious first: a large project is not looked at all at once."""
    ranked = [
        (-score, path, line) for path, lines in sorted(suspicion.items()) for line, score in sorted(lines.items())
    ]
    ranked.sort(key=lambda entry: entry[0])
    for start in range(0, len(ranked), _LINES_AT_A_TIME):
        tier: dict[str, dict[int, float]] = {}
        for score, path, line in ranked[start : start + _LINES_AT_A_TIME]:
            tier.setdefault(path, {})[line] = -score
        yield tier


def _change(source: Source, candidate: Candidate, text: str) -> Change:
    statement = _around(source, candidate)
    if statement is None:
        return Change(source.path, text)
    start, end = _whole_lines(source, statement)
    grown = len(text) - len(source.text)
    return Change(source.path, text, source.text[start:end], text[start : end + grown], first_line(statement))


def _differences(source: Source, text: str) -> tuple[Change, ...]:
    other = Source.parse(source.path, text)
    if other is None or len(other.tree.body) != len(source.tree.body):
        return (Change(source.path, text),)
    changes = []
    for one, two in zip(source.tree.body, other.tree.body, strict=True):
        (a, b), (c, d) = _whole_lines(source, one), _whole_lines(other, two)
        if source.text[a:b] != text[c:d]:
            changes.append(Change(source.path, text, source.text[a:b], text[c:d], first_line(one)))
    return tuple(changes)


def _whole_lines(source: Source, statement: ast.stmt) -> tuple[int, int]:
    return source.line_start(first_line(statement)), source.line_start((statement.end_lineno or statement.lineno) + 1)


def _around(source: Source, candidate: Candidate) -> ast.stmt | None:
    """The top-level statement that holds all of a candidate's splices."""
    first, last = candidate.splices[0].start, candidate.splices[-1].end
    for statement in source.tree.body:
        start, end = _whole_lines(source, statement)
        inserts_outside = first == last == start
        if start <= first and last <= end and not inserts_outside:
            return statement
    return None


def _is_new_program(source: Source, candidate: Candidate, seen: set[bytes]) -> bool:
    """Whether a candidate compiles and is neither the original nor one met before."""
    if not seen:
        for statement in source.tree.body:
            start, end = _whole_lines(source, statement)
            _note(source, source.text[start:end], first_line(statement), seen)
    change = _change(source, candidate, apply(source.text, candidate.splices))
    if change.new is None:
        return _note(source, change.source, 0, seen)
    return _note(source, change.new, change.line, seen)


def _note(source: Source, text: str, line: int, seen: set[bytes]) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(text, "candidate", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return False
    key = hashlib.blake2b(f"{source.path}\0{line}\0{_essence(code)}".encode(), digest_size=12).digest()
    if key in seen:
        return False
    seen.add(key)
    return True


def _essence(code: CodeType) -> tuple[object, ...]:
    """What a code object does, without where its lines are: equal for programs that cannot differ."""
    constants = [_essence(c) if isinstance(c, CodeType) else f"{type(c).__name__} {c!r}" for c in code.co_consts]
    return code.co_code, code.co_names, code.co_varnames, code.co_freevars, code.co_flags, code.co_argcount, constants


def propose(source: Source, suspicion: Mapping[int, float], errors: tuple[Raised, ...] = ()) -> Iterator[Candidate]:
    """Every candidate of every operator on the suspicious nodes of one file, in source order."""
    by_type: dict[type[ast.AST], list[Operator]] = {}
    for operator in OPERATORS:
        for kind in operator.nodes:
            by_type.setdefault(kind, []).append(operator)
    scopes: dict[Function | None, Scope] = {}
    mentioned = _mentioned(source, suspicion)
    yield from _at(source, source.tree, by_type.get(ast.Module, []), scopes, errors, 1.0)
    for node in source.walk(source.tree):
        operators = by_type.get(type(node))
        if operators:
            doubt = doubt_of(source, node, suspicion, mentioned)
            if doubt:
                yield from _at(source, node, operators, scopes, errors, doubt)


def _at(
    source: Source,
    node: ast.AST,
    operators: list[Operator],
    scopes: dict[Function | None, Scope],
    errors: tuple[Raised, ...],
    doubt: float,
) -> Iterator[Candidate]:
    function = source.function(node)
    if function not in scopes:
        scopes[function] = Scope(source, function)
    site = Site(source, node, scopes[function], errors)
    line = getattr(node, "lineno", 1)
    for operator in operators:
        for rewrite in operator.generate(site):
            score = operator.weight * rewrite.factor * doubt
            yield Candidate(source.path, _ordered(rewrite.splices), operator.name, line, score, rewrite.risk)


def _ordered(splices: tuple[Splice, ...]) -> tuple[Splice, ...]:
    return tuple(sorted(splices, key=lambda s: (s.start, s.end)))


def doubt_of(
    source: Source, node: ast.AST, suspicion: Mapping[int, float], mentioned: Mapping[str, float] | None = None
) -> float:
    """How suspicious a node is, in [0, 1]: its own line, else its statement.

    Code that runs at import only counts by how suspicious the lines are that mention its names (``mentioned``).
    """
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        inside = max((suspicion.get(line, 0.0) for line in lines), default=0.0)
        return (0.6 if isinstance(node, ast.ClassDef) else 0.9) * inside
    statement = source.statement(node)
    if statement is None:
        return 0.0
    score = max(suspicion.get(getattr(node, "lineno", 0), 0.0), suspicion.get(statement.lineno, 0.0))
    if score:
        return _FLOOR + (1 - _FLOOR) * score
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return 0.5 * doubt_of(source, statement, suspicion)
    if source.function(node) is None:
        used = max((mentioned or {}).get(name, 0.0) for name in (*_bound(statement), ""))
        return max(_DECLARED * max(suspicion.values(), default=0.0), _DECLARED_AND_USED * used)
    return 0.0


def _bound(statement: ast.stmt) -> list[str]:
    stored = (n for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return [node.id for node in stored]


def _mentioned(source: Source, suspicion: Mapping[int, float]) -> dict[str, float]:
    """Names and attributes that suspicious lines mention, with the highest suspicion."""
    found: dict[str, float] = {}
    for node in ast.walk(source.tree):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        doubt = suspicion.get(getattr(node, "lineno", 0), 0.0) if name else 0.0
        if doubt > found.get(name, 0.0):
            found[name] = doubt
    return found
