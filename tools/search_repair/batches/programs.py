"""What the benches of compiled languages have in common: tests are in programs, which are started by themselves."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from ..model import Answer, TestRun
from ..variants import Switcher, Variant
from .commands import Commands
from .fitting import Complaints, Fitting

Program = TypeVar("Program")
"""What is known of a program that is built."""


class ProgramBench(ABC, Generic[Program]):
    """See ``variants.Bench``."""

    def __init__(self, commands: Commands, switcher: Switcher) -> None:
        self._commands, self._switcher = commands, switcher

    def build(self, sources: Mapping[str, str], variants: Sequence[Variant]) -> frozenset[int]:
        """See ``variants.Bench``."""
        return Fitting(sources, self._switcher, self._build).fit(variants)

    def run(self, number: int, tests: Sequence[str], limit: float) -> Answer:
        """See ``variants.Bench``."""
        until = time.monotonic() + limit
        end, runs = "ended", list[TestRun]()
        for name, wanted in self._by_program(tests).items():
            program = self._program(name)
            if program is not None:
                how, found = self._run(number, name, program, wanted, until)
                runs += found
                end = how if how != "ended" else end
            if end == "timeout":
                break
        return Answer(end, tuple(runs))

    def close(self) -> None:
        """See ``variants.Bench``."""
        self._commands.close()

    @abstractmethod
    def _build(self, texts: Mapping[str, str]) -> Complaints | None:
        """Build the programs of ``texts``. What the compiler complains of, if it does."""

    @abstractmethod
    def _by_program(self, tests: Iterable[str]) -> dict[str, list[str]]:
        """The tests of each program."""

    @abstractmethod
    def _program(self, name: str) -> Program | None:
        """The program of that name, built where it is not; ``None`` where there is none."""

    @abstractmethod
    def _run(
        self, number: int, name: str, program: Program, tests: list[str], until: float
    ) -> tuple[str, Sequence[TestRun]]:
        """How running ``tests`` of a program ended, and their runs."""
