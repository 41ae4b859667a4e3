"""Candidates from syntax trees: every operator on every suspicious node, the likeliest first, each program once."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..model import Candidate, Change, Evidence, Raised, Splice
from .doubt import doubt_of, mentioned_names
from .emptiness import risk_of_emptiness
from .grammar import Grammar, grammar_for
from .hints import Hints
from .operators import OPERATORS, Operator
from .operators.registry import Site
from .programs import Programs
from .scope import File, Scope
from .statements import function_of
from .tree import Node, Tree

_LINES_AT_A_TIME = 400
_HEADROOM = 1.6
"""How far above its operator's weight a candidate usually gets at most."""
_OUTSIDE = 0.75
"""What is kept of the score of code outside of functions: trying it takes a build of its own."""


class TreeGenerator:
    """Makes candidates for a language: ``javascript``, ``typescript``, ``go`` or ``rust``."""

    def __init__(self, language: str) -> None:
        self._grammar = grammar_for(language)

    def candidates(self, sources: Mapping[str, str], evidence: Evidence) -> Iterator[Candidate]:
        """Distinct candidates that parse, most promising first. ``sources``: path to text; files of other languages
        are passed over."""
        trees: dict[str, Tree | None] = {}
        programs = Programs()
        for tier in _tiers(evidence.suspicion):
            for path in tier:
                if path in sources and path not in trees:
                    trees[path] = Tree.parse(path, sources[path], self._grammar)
            for tree, candidate in _best_first(trees, tier, evidence.errors):
                if programs.admit(tree, candidate):
                    yield candidate

    def changes(self, path: str, text: str, base: str, candidate: Candidate | None = None) -> tuple[Change, ...]:
        """The whole file: a bench builds it anew in any case."""
        return (Change(path, text),)


def _tiers(suspicion: Mapping[str, Mapping[int, float]]) -> Iterator[dict[str, dict[int, float]]]:
    """Suspicious lines, so many at a time, the most suspicious first: a large project is not looked at all at once."""
    ranked = sorted((-score, path, line) for path, lines in suspicion.items() for line, score in lines.items())
    for start in range(0, len(ranked), _LINES_AT_A_TIME):
        tier: dict[str, dict[int, float]] = {}
        for score, path, line in ranked[start : start + _LINES_AT_A_TIME]:
            tier.setdefault(path, {})[line] = -score
        yield tier


@dataclass(frozen=True)
class Application:
    """One operator on one node; ``promise`` is about the best score that it can give."""

    promise: float
    operator: Operator
    site: Site
    doubt: float
    hints: Hints

    def candidates(self) -> Iterator[Candidate]:
        path, line = self.site.tree.path, self.site.node.line
        for rewrite in self.operator.generate(self.site):
            if not _changes(self.site.tree.text, rewrite.splices):
                continue
            likely = self.hints.fit(self.operator.name, rewrite.splices)
            score = self.operator.weight * rewrite.factor * self.doubt * likely
            risk = max(rewrite.risk, risk_of_emptiness(self.site.node, rewrite.splices))
            yield Candidate(path, _ordered(rewrite.splices), self.operator.name, line, score, risk)


def _best_first(
    trees: Mapping[str, Tree | None], suspicion: Mapping[str, Mapping[int, float]], errors: tuple[Raised, ...]
) -> Iterator[tuple[Tree, Candidate]]:
    """Candidates by score, made no earlier than they are due: there are thousands a line, and few are ever run."""
    found: list[Application] = []
    for path, lines in suspicion.items():
        tree = trees.get(path)
        if tree is not None:
            found += _applications(tree, lines, errors)
    found.sort(key=lambda application: -application.promise)
    waiting: list[tuple[float, int, Tree, Candidate]] = []
    count = 0
    for application in found:
        while waiting and -waiting[0][0] >= application.promise:
            yield heapq.heappop(waiting)[2:]
        for candidate in application.candidates():
            count += 1
            heapq.heappush(waiting, (-candidate.score, count, application.site.tree, candidate))
    while waiting:
        yield heapq.heappop(waiting)[2:]


def propose(tree: Tree, suspicion: Mapping[int, float], errors: tuple[Raised, ...] = ()) -> Iterator[Candidate]:
    """Every candidate of every operator on the suspicious nodes of one file, in source order."""
    for application in _applications(tree, suspicion, errors):
        yield from application.candidates()


def _applications(tree: Tree, suspicion: Mapping[int, float], errors: tuple[Raised, ...]) -> Iterator[Application]:
    by_kind = operators_of(tree.grammar)
    scopes: dict[Node | None, Scope] = {}
    file, mentioned, hints = File(tree), mentioned_names(tree, suspicion), Hints.of(errors)
    for node in tree.nodes:
        operators = by_kind.get(node.kind, ())
        doubt = doubt_of(node, suspicion, mentioned) if operators else 0.0
        if not doubt:
            continue
        function = node if node.kind == "function" else function_of(node)
        if function is None:
            doubt *= _OUTSIDE
        if function not in scopes:
            scopes[function] = Scope(file, function)
        site = Site(node, scopes[function], errors)
        for operator in operators:
            promise = _HEADROOM * operator.weight * doubt
            yield Application(promise, operator, site, doubt, hints)


def operators_of(grammar: Grammar) -> dict[str, list[Operator]]:
    """The operators of a family of languages, by the kind of node that they take."""
    found: dict[str, list[Operator]] = {}
    for operator in OPERATORS:
        if grammar.family in operator.examples:
            for kind in operator.kinds:
                found.setdefault(kind, []).append(operator)
    return found


def _changes(text: str, splices: tuple[Splice, ...]) -> bool:
    return any(text[s.start : s.end] != s.text for s in splices)


def _ordered(splices: tuple[Splice, ...]) -> tuple[Splice, ...]:
    return tuple(sorted(splices, key=lambda s: (s.start, s.end)))
