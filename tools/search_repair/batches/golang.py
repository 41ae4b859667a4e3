"""Go: one test program a package, built once for a batch and started for each variant."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...frameworks.golang.go_project import GoProject, read_project, run_pattern, split_id, test_id
from ...sandbox.protocol import View
from ..job import Cancelled, SearchJob
from ..model import RunnerGone, TestRun
from ..variants import SWITCH, Switcher
from .commands import Commands, Ended, under
from .fitting import Complaints
from .framework import command_like
from .programs import ProgramBench

_COMPLAINT = re.compile(r"^(?:vet: )?([^\s:][^:\n]*\.go):(\d+):(?:\d+:)? ", re.M)
_END = re.compile(r"\x16[ ]*--- (PASS|FAIL|SKIP|BENCH): (.+) \((\d+\.\d+)s\)$", re.M)
_BEGIN = re.compile(r"\x16=== RUN +(.+)$", re.M)
_WORD = {"PASS": "passed", "FAIL": "failed", "SKIP": "skipped"}
_MOST_SINGLE = 200
"""Tests of a package that are named one by one; of more, all are run."""
_MOST_DEATHS = 3
"""How often a program is started again for tests that a panic of another one kept from running."""
_MOST_PACKAGES = 12
"""Packages whose tests meet a survivor here; the confirmation runs all of them in any case."""


@dataclass
class _Programs:
    """What is built of the sources at hand: by package its test program, ``None`` where there is none."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    built: dict[str, str | None] = field(default_factory=dict)


class GoBench(ProgramBench[str]):
    """See ``variants.Bench``."""

    def __init__(self, view: View, job: SearchJob, switcher: Switcher) -> None:
        like = command_like(view, job)
        super().__init__(Commands(view, like, job.cancel), switcher)
        self._view = view
        self._project = read_project(view.root)
        self._go = _program(like.files)
        self._until = time.monotonic() + job.seconds
        self._written: dict[str, str] = {}
        self._programs = _Programs()
        self._wanted = [package for package in _packages(f.test_id for f in job.failing) if self._folder(package)]
        self._affected: frozenset[str] | None = None

    def _by_program(self, tests: Iterable[str]) -> dict[str, list[str]]:
        return _by_package(tests)

    def _build(self, texts: Mapping[str, str]) -> Complaints | None:
        self._commands.put(
            {under(self._view.root, p): text for p, text in texts.items() if self._written.get(p) != text}
        )
        self._written.update(texts)
        self._programs = _Programs()
        said = self._check(texts)
        for package in self._wanted if said is None else ():
            said = said or self._link(package)
        return said

    def _check(self, paths: Iterable[str]) -> Complaints | None:
        """Compile the packages that hold ``paths``, without linking anything."""
        packages: dict[str, set[str]] = {}
        for path in paths:
            folder = self._module_folder(path)
            packages.setdefault(folder, set()).add("./" + os.path.relpath(os.path.dirname(path) or ".", folder))  # noqa: PTH120
        for folder, patterns in packages.items():
            words = [self._go, "build", *self._flags(), "-o", os.devnull, *sorted(patterns)]
            done = self._tool(words, folder)
            if done.status:
                return Complaints(tuple(self._places(done.output, folder)))
        return None

    def _module_folder(self, path: str) -> str:
        if self._project.workspace:
            return "."
        holding = [
            one.folder for one in self._project.modules if one.folder == "." or path.startswith(one.folder + "/")
        ]
        return max(holding, key=len, default=".")

    def _flags(self) -> list[str]:
        """All complaints are asked for, not the first ten of each package."""
        return [f"-gcflags={one.path}/...=-e" for one in self._project.modules]

    def _link(self, package: str) -> Complaints | None:
        """Build the test program of ``package``."""
        module = self._project.module_of(package)
        folder = "." if self._project.workspace or module is None else module.folder
        program = str(self._view.out / f"aion_r_{len(self._programs.built)}.test")
        words = [self._go, "test", "-c", "-vet=off", *self._flags(), "-ldflags=-w", "-o", program, package]
        done = self._tool(words, folder)
        if done.status:
            return Complaints(tuple(self._places(done.output, folder)))
        self._programs.built[package] = None if "[no test files]" in done.output else program
        return None

    def _tool(self, words: Sequence[str], folder: str) -> Ended:
        """One start of ``go`` itself, within the time of the search."""
        left = max(1.0, self._until - time.monotonic())
        done = self._commands.run(words, under(self._view.root, folder), left, capped=False)
        if done.late:
            raise Cancelled
        return done

    def _places(self, output: str, folder: str) -> Iterable[tuple[str, int]]:
        root = self._view.root.resolve()
        for path, line in _COMPLAINT.findall(output):
            whole = (root / folder / path).resolve()
            if whole.is_relative_to(root):
                yield whole.relative_to(root).as_posix(), int(line)

    def _program(self, package: str) -> str | None:
        programs = self._programs
        with programs.lock:
            if package not in programs.built:
                known = self._folder(package) and len(programs.built) < _MOST_PACKAGES + len(self._wanted)
                if not known or not self._is_affected(package) or self._link(package) is not None:
                    programs.built[package] = None
            return programs.built.get(package)

    def _folder(self, package: str) -> str | None:
        folder = self._project.folder_of(package)
        return None if folder is None else under(self._view.root, folder or ".")

    def _is_affected(self, package: str) -> bool:
        """Whether its tests use a package whose files are searched."""
        if self._affected is None:
            folders = {str(Path(path).parent).replace("\\", "/") for path in self._written}
            self._affected = frozenset(self._users(folders))
        return package in self._affected

    def _users(self, folders: set[str]) -> Iterable[str]:
        tests: dict[str, list[str]] = {}
        uses: dict[str, set[str]] = {}
        form = '{{.ImportPath}}\t{{join .Deps " "}}\t{{join .TestImports " "}} {{join .XTestImports " "}}'
        for folder, pattern in _patterns(self._project):
            words = [self._go, "list", "-e", "-f", form, pattern]
            done = self._tool(words, folder)
            for line in done.output.splitlines():
                path, _, rest = line.partition("\t")
                own, _, imported = rest.partition("\t")
                uses[path], tests[path] = {path, *own.split()}, imported.split()
        for path, imported_by_tests in tests.items():
            all_used = uses[path].union(*(uses.get(one, {one}) for one in imported_by_tests))
            if any((self._project.folder_of(one) or ".") in folders for one in all_used if self._folder(one)):
                yield path

    def _run(
        self, number: int, package: str, program: str, names: list[str], until: float
    ) -> tuple[str, list[TestRun]]:
        found: dict[str, TestRun] = {}
        left, end = names, "ended"
        for _ in range(_MOST_DEATHS):
            done = self._start(number, package, program, left, until)
            found |= _results(package, left, done)
            begun = set(_BEGIN.findall(done.output))
            if done.late:
                end = "timeout"
                break
            unseen = [name for name in left if name not in found]
            if not unseen or not done.status:
                break
            end = "died"
            culprits = [name for name in unseen if name in begun]
            left = [name for name in unseen if name not in culprits]
            if not left or (not culprits and len(left) == len(names)):
                break
        lost = [TestRun(test_id(package, name), "lost", 0.0) for name in names if name not in found]
        return end, [*found.values(), *lost]

    def _start(self, number: int, package: str, program: str, names: list[str], until: float) -> Ended:
        few = len(names) <= _MOST_SINGLE and all(names)
        pattern = run_pattern(names) if few else ""
        words = [program, "-test.v=test2json", "-test.paniconexit0", *([f"-test.run={pattern}"] if pattern else [])]
        limit = max(0.05, until - time.monotonic())
        return self._commands.run(words, self._folder(package) or ".", limit, {SWITCH: str(number)})


def _results(package: str, names: list[str], done: Ended) -> dict[str, TestRun]:
    """What the wanted tests did; the package's own id (``""``) passes with the program."""
    ended = {name: (word, float(seconds)) for word, name, seconds in _END.findall(done.output)}
    found = {}
    for name in names:
        word, seconds = ended.get(name, ("", 0.0))
        if not name and not done.late:
            word, seconds = "FAIL" if done.status else "PASS", done.seconds
        if word:
            found[name] = TestRun(test_id(package, name), _WORD.get(word, "failed"), seconds)
    if done.status and found and len(found) == len(names) and all(run.outcome == "passed" for run in found.values()):
        # what was asked for passed, and yet the program failed: a parent of theirs did, or the end of it all
        return {name: TestRun(run.id, "failed", run.seconds) for name, run in found.items()}
    return found


def _by_package(tests: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for package, name in map(split_id, tests):
        found.setdefault(package, []).append(name)
    return found


def _packages(tests: Iterable[str]) -> list[str]:
    return list(_by_package(tests))


def _patterns(project: GoProject) -> list[tuple[str, str]]:
    if project.workspace:
        return [(".", f"./{module.folder}/...".replace("./.", ".")) for module in project.modules]
    return [(module.folder, "./...") for module in project.modules]


def _program(files: Mapping[str, bytes]) -> str:
    """The ``go`` that the adapter uses, as its settings say."""
    settings = next(data for name, data in files.items() if name.endswith(".json"))
    found = json.loads(settings).get("go")
    if not isinstance(found, str):
        raise RunnerGone("go is not there")
    return found
