"""Rust: test programs that cargo builds once for a batch, started for each variant."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...frameworks.rust.cargo_project import DOC, read_project, split_id, steps_for, test_id
from ...frameworks.rust.cargo_runner import programs_of
from ...sandbox.protocol import View
from ..job import Cancelled, SearchJob
from ..model import RunnerGone, TestRun
from ..variants import SWITCH, Switcher
from .commands import Commands, Ended, under
from .fitting import Complaints
from .framework import command_like
from .programs import ProgramBench

_EVENT = '{ "type": "test", '
_WORD = {"ok": "passed", "failed": "failed", "ignored": "skipped"}
_MOST_SINGLE = 400
"""Tests of a program that are named one by one; of more, all are run."""
_MOST_PROGRAMS = 8
"""Programs whose tests meet a survivor here; the confirmation runs all of them in any case."""
_MOST_DEATHS = 3


@dataclass
class _Programs:
    """What is built of the sources at hand, by program: its file and the folder that it runs in."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    built: dict[str, dict[str, Any]] = field(default_factory=dict)
    more: bool = False
    """Whether those were built, too, that are not needed to see the failures."""


class RustBench(ProgramBench[dict[str, Any]]):
    """See ``variants.Bench``. Doc tests cannot be switched: what rustdoc builds is started by itself."""

    def __init__(self, view: View, job: SearchJob, switcher: Switcher) -> None:
        like = command_like(view, job)
        super().__init__(Commands(view, like, job.cancel), switcher)
        self._view = view
        self._cargo = _program(like.files)
        self._folders = read_project(view.root).folders or (".",)
        self._until = time.monotonic() + job.seconds
        self._written: dict[str, str] = {}
        self._programs = _Programs()
        self._wanted = _switchable(failure.test_id for failure in job.failing)
        self._others = _switchable(job.passed_ids)[:_MOST_PROGRAMS]

    def _by_program(self, tests: Iterable[str]) -> dict[str, list[str]]:
        return _by_program(tests)

    def _build(self, texts: Mapping[str, str]) -> Complaints | None:
        fresh = {path: text for path, text in texts.items() if self._written.get(path) != text}
        self._commands.put({under(self._view.root, path): text for path, text in fresh.items()})
        self._written.update(texts)
        self._programs = _Programs()
        return self._make(self._wanted)

    def _make(self, programs: Iterable[str]) -> Complaints | None:
        """Build ``programs``, whichever manifest names them."""
        for words in steps_for(programs):
            for folder in self._folders:
                said = self._cargo_build(words, folder)
                if said is None:
                    break
                if said.places or folder == self._folders[-1]:
                    return said
        return None

    def _cargo_build(self, words: Sequence[str], folder: str) -> Complaints | None:
        command = [self._cargo, "test", "--no-run", "--message-format=json", *words]
        limit = max(1.0, self._until - time.monotonic())  # that of the search
        done = self._commands.run(command, under(self._view.root, folder), limit, capped=False)
        if done.late:
            raise Cancelled
        messages = list(_messages(done.output))
        if done.status:
            return Complaints(tuple(self._places(messages, folder)))
        built = [one for one in messages if one.get("reason") == "compiler-artifact"]
        known = programs_of([{key: one.get(key) for key in ("manifest_path", "target", "executable")} for one in built])
        self._programs.built |= {what["id"]: {**what, "exe": exe} for exe, what in known.items()}
        return None

    def _places(self, messages: Iterable[dict[str, Any]], folder: str) -> Iterator[tuple[str, int]]:
        for message in messages:
            said = message.get("message", {}) if message.get("reason") == "compiler-message" else {}
            if str(said.get("level", "")).startswith("error"):
                for span in filter(None, map(_outermost, said.get("spans", []))):
                    path = self._relative(str(span["file_name"]), folder)
                    yield from ((path, line) for line in range(span["line_start"], span["line_end"] + 1) if path)

    def _relative(self, file: str, folder: str) -> str | None:
        """Compilers name files relative to the workspace."""
        root = self._view.root.resolve()
        for above in (folder, *(str(one) for one in Path(folder).parents)):
            whole = (root / above / file).resolve()
            if whole.is_relative_to(root) and whole.relative_to(root).as_posix() in self._written:
                return whole.relative_to(root).as_posix()
        return None

    def _program(self, name: str) -> dict[str, Any] | None:
        programs = self._programs
        with programs.lock:
            if name not in programs.built and not programs.more and name in self._others:
                programs.more = True
                self._make(self._others)
            return programs.built.get(name)

    def _run(
        self, number: int, name: str, program: dict[str, Any], tests: list[str], until: float
    ) -> tuple[str, list[TestRun]]:
        found: dict[str, TestRun] = {}
        left, end = tests, "ended"
        for _ in range(_MOST_DEATHS):
            done = self._start(number, program, left, until)
            results, begun = _results(name, left, done, program["harness"])
            found |= results
            unseen = [test for test in left if test not in found]
            if done.late:
                end = "timeout"
            if done.late or not unseen or not done.status:
                break
            end = "died"
            # tests run side by side: of several that were under way nobody knows which one ended the program
            left = [test for test in unseen if test not in begun]
            if not left:
                break
        lost = [TestRun(test_id(name, test), "lost", 0.0) for test in tests if test not in found]
        return end, [*found.values(), *lost]

    def _start(self, number: int, program: dict[str, Any], tests: list[str], until: float) -> Ended:
        words = [program["exe"]]
        if program["harness"]:
            words += ["--format", "json", "-Z", "unstable-options"]
            words += ["--exact", *tests] if len(tests) <= _MOST_SINGLE and all(tests) else []
        env = {SWITCH: str(number), "RUSTC_BOOTSTRAP": "1", "CARGO_MANIFEST_DIR": program["folder"]}
        limit = max(0.05, until - time.monotonic())
        return self._commands.run(words, program["folder"], limit, env)


def _results(name: str, tests: list[str], done: Ended, harness: bool) -> tuple[dict[str, TestRun], set[str]]:
    """What the wanted tests did, and which had begun. The program's own id (``""``) passes with it."""
    found: dict[str, TestRun] = {}
    begun: set[str] = set()
    for event in _events(done.output) if harness else ():
        test, word = str(event.get("name")), str(event.get("event"))
        begun.add(test)
        if word in _WORD and test in tests:
            # libtest tells times only where it is asked in a way that not all versions know
            found[test] = TestRun(test_id(name, test), _WORD[word], done.seconds / len(tests))
    if "" in tests and not done.late:
        found[""] = TestRun(name, "failed" if done.status else "passed", done.seconds)
    return found, begun


def _events(output: str) -> Iterator[dict[str, Any]]:
    """libtest's events of tests, perhaps behind what a test printed without an end of line."""
    for line in output.splitlines():
        at = line.find(_EVENT)
        if at >= 0:
            try:
                yield json.loads(line[at:])
            except (ValueError, RecursionError):
                continue


def _messages(output: str) -> Iterator[dict[str, Any]]:
    for line in output.splitlines():
        if line.startswith('{"reason":"'):
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                continue


def _outermost(span: dict[str, Any]) -> dict[str, Any] | None:
    """Where the code stands that a primary span is about; of a macro's code, where the macro is called."""
    if not span.get("is_primary"):
        return None
    while span.get("expansion"):
        span = span["expansion"]["span"]
    return span


def _by_program(tests: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for program, name in map(split_id, tests):
        found.setdefault(program, []).append(name)
    return found


def _switchable(tests: Iterable[str]) -> list[str]:
    """The programs of tests, without those of doc tests."""
    return [program for program in _by_program(tests) if program.partition("::")[2] != DOC]


def _program(files: Mapping[str, bytes]) -> str:
    """The ``cargo`` that the adapter uses, as its settings say."""
    settings = next(data for name, data in files.items() if name.endswith(".json"))
    found = json.loads(settings).get("cargo")
    if not isinstance(found, str):
        raise RunnerGone("cargo is not there")
    return found
