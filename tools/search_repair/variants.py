"""The words of a search where a build is dear: many candidates in one source text, one of them in force at a time.

A *switcher* writes all of them into a file, a *bench* builds that once and runs tests with any one in force. Which one
is told by the environment variable ``SWITCH``: its number, and 0 or nothing for the file as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .model import Answer, Candidate

SWITCH = "AION_R_VARIANT"


@dataclass(frozen=True)
class Variant:
    """A candidate with its number, from 1 on, unique in a batch."""

    number: int
    candidate: Candidate


@dataclass(frozen=True)
class Switched:
    """A file's text that holds many variants. ``lines`` (1-based) are those that belong to a variant alone, so that a
    compiler's complaint can be laid to it; ``left_out`` are numbers that cannot be switched (outside of functions)."""

    path: str
    text: str
    lines: Mapping[int, range] = field(default_factory=dict)
    left_out: frozenset[int] = frozenset()


class Switcher(Protocol):
    """Writes variants into one file."""

    def switched(self, path: str, text: str, variants: Sequence[Variant]) -> Switched:
        """``text`` with every variant in it that can be switched."""
        ...


class Bench(Protocol):
    """Builds a batch in a view, and runs tests with one of its variants in force.

    Made as ``Bench(view, job, switcher)`` (see ``batches.benches``), used from one thread but for ``run``, of which
    ``job.workers`` are under way at a time. What takes long ends with ``job.Cancelled`` soon after ``job.cancel`` is
    set, and with ``model.RunnerGone`` where nothing can be run any more.
    """

    def build(self, sources: Mapping[str, str], variants: Sequence[Variant]) -> frozenset[int]:
        """Make a batch of ``variants`` of ``sources`` (path to text) ready. The numbers that can be run now: what does
        not compile, or cannot be switched, is missing. 0 is the text as it is, and missing where that does not compile.

        What an earlier batch changed is undone: files hold what ``sources`` says. Without variants the texts are
        written as they are, and ``run(0, …)`` is a run of just that.
        """
        ...

    def run(self, number: int, tests: Sequence[str], limit: float) -> Answer:
        """Run ``tests`` (ids as the framework reports them) with one variant in force, at most ``limit`` wall seconds.

        ``runs`` has those that ended, by the same ids, their outcome ``passed`` or another word; tests that this bench
        cannot run are missing. ``end`` is ``timeout`` where the limit was reached (and what hung was killed).
        """
        ...

    def close(self) -> None:
        """End what still runs."""
        ...
