"""Candidates for Python: every operator on every suspicious node, the most promising first, each program once."""

from __future__ import annotations

import ast
import hashlib
import heapq
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType

from ..model import Candidate, Change, Evidence, Raised, Splice, apply
from .doubt import doubt_of, mentioned_names
from .hints import Hints
from .operators import OPERATORS, Operator
from .operators.registry import Site
from .scope import Scope
from .source import Function, Source, first_line
from .syntax import syntax_candidates

_LINES_AT_A_TIME = 400
_HEADROOM = 1.6
"""How far above its operator's weight a candidate usually gets at most."""
_IMPORTED = 0.75
"""What is kept of the score of code that runs at import: seeing it takes a fresh import, ten times dearer."""


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
            for candidate in _best_first(parsed, tier, evidence.errors):
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
    statement = _around(source, candidate, source.tree.body)
    if statement is None:
        return Change(source.path, text)
    opening, line = "", first_line(statement)
    if isinstance(statement, ast.ClassDef):
        method = _around(source, candidate, statement.body)
        if isinstance(method, Function) and first_line(method) > statement.lineno + 1:
            # one method is compiled, not its whole class; the class's name matters to private names
            statement, line, opening = method, first_line(method) - 1, f"class {statement.name}:{source.newline}"
    start, end = _whole_lines(source, statement)
    grown = len(text) - len(source.text)
    return Change(source.path, text, opening + source.text[start:end], opening + text[start : end + grown], line)


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


def _around(source: Source, candidate: Candidate, body: list[ast.stmt]) -> ast.stmt | None:
    """The statement of ``body`` that holds all of a candidate's splices."""
    first, last = candidate.splices[0].start, candidate.splices[-1].end
    for statement in body:
        start, end = _whole_lines(source, statement)
        inserts_outside = first == last == start
        if start <= first and last <= end and not inserts_outside:
            return statement
    return None


def _is_new_program(source: Source, candidate: Candidate, seen: set[bytes]) -> bool:
    """Whether a candidate compiles and is neither the original nor one met before."""
    change = _change(source, candidate, apply(source.text, candidate.splices))
    if change.new is None or change.old is None:
        return _note(source, change.source, 0, seen)
    start = f"{source.path}\0{change.line}".encode()
    if start not in seen:
        seen.add(start)
        _note(source, change.old, change.line, seen)
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


@dataclass(frozen=True)
class Application:
    """One operator on one node; ``promise`` is about the best score that it can give."""

    promise: float
    operator: Operator
    site: Site
    doubt: float
    hints: Hints = field(default_factory=Hints)

    def candidates(self) -> Iterator[Candidate]:
        path, line = self.site.source.path, getattr(self.site.node, "lineno", 1)
        for rewrite in self.operator.generate(self.site):
            score = self.operator.weight * rewrite.factor * self.doubt * self.hints.fit(rewrite.splices)
            yield Candidate(path, _ordered(rewrite.splices), self.operator.name, line, score, rewrite.risk)


def _best_first(
    sources: Mapping[str, Source | None], suspicion: Mapping[str, Mapping[int, float]], errors: tuple[Raised, ...]
) -> Iterator[Candidate]:
    """Candidates by score, made no earlier than they are due: there are thousands a line, and few are ever run."""
    found = [
        a for path, s in sources.items() if s and suspicion.get(path) for a in _applications(s, suspicion[path], errors)
    ]
    found.sort(key=lambda application: -application.promise)
    waiting: list[tuple[float, int, Candidate]] = []
    count = 0
    for application in found:
        while waiting and -waiting[0][0] >= application.promise:
            yield heapq.heappop(waiting)[2]
        for candidate in application.candidates():
            count += 1
            heapq.heappush(waiting, (-candidate.score, count, candidate))
    while waiting:
        yield heapq.heappop(waiting)[2]


def propose(source: Source, suspicion: Mapping[int, float], errors: tuple[Raised, ...] = ()) -> Iterator[Candidate]:
    """Every candidate of every operator on the suspicious nodes of one file, in source order."""
    for application in _applications(source, suspicion, errors):
        yield from application.candidates()


def _applications(source: Source, suspicion: Mapping[int, float], errors: tuple[Raised, ...]) -> Iterator[Application]:
    by_type: dict[type[ast.AST], list[Operator]] = {}
    for operator in OPERATORS:
        for kind in operator.nodes:
            by_type.setdefault(kind, []).append(operator)
    scopes: dict[Function | None, Scope] = {}
    mentioned = mentioned_names(source, suspicion)
    hints = Hints.of(errors)
    for node in (source.tree, *source.walk(source.tree)):
        operators = by_type.get(type(node), [])
        doubt = 1.0 if node is source.tree else doubt_of(source, node, suspicion, mentioned) if operators else 0.0
        if not doubt or _is_annotation(source, node):
            continue
        function = source.function(node)
        if function is None and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            doubt *= _IMPORTED
        if function not in scopes:
            scopes[function] = Scope(source, function)
        site = Site(source, node, scopes[function], errors)
        for operator in operators:
            yield Application(_HEADROOM * operator.weight * doubt, operator, site, doubt, hints)


def _is_annotation(source: Source, node: ast.AST) -> bool:
    """Whether a node is inside of a type annotation, which says nothing to most programs."""
    inner = node
    for outer in source.ancestors(node):
        if inner in (getattr(outer, "annotation", None), getattr(outer, "returns", None)):
            return True
        if isinstance(outer, ast.stmt):
            return False
        inner = outer
    return False


def _ordered(splices: tuple[Splice, ...]) -> tuple[Splice, ...]:
    return tuple(sorted(splices, key=lambda s: (s.start, s.end)))
