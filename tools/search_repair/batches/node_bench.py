"""Mocha, Jest and Vitest as a bench: variants are in the files, which a process that stays loads anew for each run."""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from ....core.domain import TestFailure, TestReport
from ...frameworks.node.node_framework import NodeFramework
from ...frameworks.node.node_names import split_id
from ...frameworks.protocol import TestJob
from ...sandbox.protocol import View
from ..job import SearchJob
from ..model import Answer, TestRun
from ..variants import Switched, Switcher, Variant
from .node_answers import answer_of
from .node_home import Home, Unknown
from .node_probes import Probes, named
from .node_process import Gone, TooLong
from .node_texts import Texts

_PROBE_SECONDS = 30.0
_TRANSLATED = re.compile(r"\.(?:[cm]?tsx?|jsx)$")
_COMPILED = re.compile(r"error TS\d+")
_WORSE = ("ended", "died", "timeout")


class NodeBench:
    """See ``variants.Bench``. A context manager: leaving it ends its processes."""

    def __init__(self, view: View, job: SearchJob, switcher: Switcher) -> None:
        framework = job.adapter
        assert isinstance(framework, NodeFramework)
        self._view, self._job, self._switcher = view, job, switcher
        self._until = time.monotonic() + job.seconds
        self._work = TestJob(view.root, view.out, None, job.test_command)
        self._folders = [package.folder for package, _, _ in framework.used(view.root)]
        self._homes: dict[str, Home] = {}
        self._texts = Texts(view, job.cancel, job.read)
        self._probes = Probes(view.root, job)
        self._lock = threading.Lock()
        self._sound = True

    def __enter__(self) -> NodeBench:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def homes(self) -> tuple[Home, ...]:
        """What runs the tests."""
        return tuple(dict.fromkeys(self._homes.values()))

    def close(self) -> None:
        """End all processes."""
        for home in self.homes:
            home.close()
        self._texts.close()

    def build(self, sources: Mapping[str, str], variants: Sequence[Variant]) -> frozenset[int]:
        """See ``variants.Bench``. What keeps a file from being loaded is found by the lines that are complained of,
        else by halves."""
        with self._lock:
            if not self._homes:
                self._show(sources, ())
                self._open()
            standing = self._standing(sources, list(variants))
            return frozenset(variant.number for variant in standing) | ({0} if self._sound else frozenset())

    def run(self, number: int, tests: Sequence[str], limit: float) -> Answer:
        """See ``variants.Bench``. One at a time: what a run takes is its limit's concern."""
        with self._lock:
            return self._run(number, tests, limit)

    def _run(self, number: int, tests: Sequence[str], limit: float) -> Answer:
        deadline = time.monotonic() + limit
        end, runs = "ended", list[TestRun]()
        for home, part in self._shared(tests):
            answer = answer_of(self._report(home, number, part, max(0.05, deadline - time.monotonic())), part)
            end, runs = max(end, answer.end, key=_WORSE.index), [*runs, *answer.runs]
            if end != "ended":
                break
        return Answer(end, tuple(runs))

    def _standing(self, sources: Mapping[str, str], variants: list[Variant]) -> list[Variant]:
        """Those of ``variants`` that the files load with, all at once; the view holds them."""
        switched = self._show(sources, variants)
        left_out = frozenset(number for one in switched for number in one.left_out)
        variants = [variant for variant in variants if variant.number not in left_out]
        complaints = self._complaints()
        self._sound = complaints is None
        if complaints is None or not variants:
            return variants
        culprits = [variant for variant in variants if variant.number in named(complaints, switched)]
        if not culprits:
            return self._by_halves(sources, variants)
        others = self._standing(sources, [variant for variant in variants if variant not in culprits])
        by_compiler = any(_COMPILED.search(failure.message) for failure in complaints)
        accused = [one for one in culprits if not by_compiler and _TRANSLATED.search(one.candidate.path)]
        return self._together(sources, others, self._by_halves(sources, accused)) if accused else others

    def _by_halves(self, sources: Mapping[str, str], variants: list[Variant]) -> list[Variant]:
        """The same without a look at lines: they may be those of a translation."""
        self._show(sources, variants)
        self._sound = self._complaints() is None
        if self._sound or not variants:
            return variants
        if len(variants) == 1 or not self._loads(sources):
            return self._by_halves(sources, [])
        middle = len(variants) // 2
        first, second = self._by_halves(sources, variants[:middle]), self._by_halves(sources, variants[middle:])
        return self._together(sources, first, second)

    def _together(self, sources: Mapping[str, str], first: list[Variant], second: list[Variant]) -> list[Variant]:
        """Both, or where that does not go the first."""
        if first and second:
            self._show(sources, [*first, *second])
            if self._complaints() is None:
                self._sound = True
                return [*first, *second]
        self._show(sources, first or second)
        self._sound = self._complaints() is None
        return first or second

    def _loads(self, sources: Mapping[str, str]) -> bool:
        """Whether it is for the variants that the files do not load."""
        self._show(sources, ())
        return self._complaints() is None

    def _show(self, sources: Mapping[str, str], variants: Sequence[Variant]) -> list[Switched]:
        """Put the variants into the files of the view."""
        by_path = defaultdict[str, list[Variant]](list)
        for variant in variants:
            by_path[variant.candidate.path].append(variant)
        switched = [self._switcher.switched(path, sources[path], chosen) for path, chosen in by_path.items()]
        fresh = self._texts.show({**sources, **{one.path: one.text for one in switched}})
        for home in self.homes if fresh else ():
            home.changed(fresh)
        return switched

    def _complaints(self) -> list[TestFailure] | None:
        for home in self.homes:
            complaints = self._probe(home)
            if complaints is not None:
                return complaints
        return None

    def _probe(self, home: Home) -> list[TestFailure] | None:
        tests = self._tests_of(home)
        return self._probes.complaints(self._report(home, 0, tests, _PROBE_SECONDS), tests) if tests else None

    def _tests_of(self, home: Home) -> list[str]:
        return [test for file, part in self._probes.by_file.items() if self._homes.get(file) is home for test in part]

    def _open(self) -> None:
        """Start what the failing tests need. A process in which a second run goes another way is not used again."""
        for file in self._probes.by_file:
            self._shared([file])
        for home in self.homes:
            if not home.cold and (self._probe(home) is not None or self._probe(home) is not None):
                home.cold = True
                if tests := self._tests_of(home):
                    self._probes.keep(self._report(home, 0, tests, _PROBE_SECONDS))

    def _report(self, home: Home, number: int, tests: Sequence[str], limit: float) -> TestReport:
        try:
            return home.run(number, tests, limit)
        except (Gone, TooLong):  # it cannot even be started
            home.cold = True
        except Unknown:
            home = self._new_home(sorted({split_id(self._view.root, test)[0] for test in tests}))
            return self._report(home, number, tests, limit)
        return home.run(number, tests, limit)

    def _shared(self, tests: Sequence[str]) -> list[tuple[Home, list[str]]]:
        """The homes of ``tests``, and which of them live there."""
        parts: dict[Home, list[str]] = {}
        for test in tests:
            file = split_id(self._view.root, test)[0]
            parts.setdefault(self._homes.get(file) or self._home(file), []).append(test)
        return list(parts.items())

    def _home(self, file: str) -> Home:
        """The home of the first file of the same package, which is tried, else a new one."""
        folder = self._folder_of(file)
        home = next((home for other, home in self._homes.items() if self._folder_of(other) == folder), None)
        if home is None:
            return self._new_home(self._neighbours(file))
        self._homes[file] = home
        return home

    def _new_home(self, files: Sequence[str]) -> Home:
        home = Home(self._view, self._work, self._job, files, self._until)
        self._homes |= dict.fromkeys(files, home)
        return home

    def _neighbours(self, file: str) -> list[str]:
        """All known test files of the same package, ``file`` first."""
        tests = [*(failure.test_id for failure in self._job.failing), *self._job.passed_ids]
        known = dict.fromkeys(split_id(self._view.root, test)[0] for test in tests)
        folder = self._folder_of(file)
        return [file, *(other for other in known if other != file and self._folder_of(other) == folder)]

    def _folder_of(self, file: str) -> str:
        parents = {str(parent) for parent in PurePosixPath(file).parents}
        return max((folder for folder in self._folders if folder in parents), key=len, default=".")
