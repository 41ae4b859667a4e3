"""Kills repairs for real, lets them go on, and says what each kill left: ``Killer(folder).kill(...)``."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aion_r.tools.runs import list_runs

from .projects import block, snapshot, write
from .scripted_server import ScriptedServer

FOUND = {
    "calc.py": "def add(a, b):\n    return a - b\n",
    "words.py": "def shout(word):\n    return word.lower()\n",
    "test_calc.py": "from calc import add\n\n\ndef test_add():\n    assert add(2, 3) == 5\n",
    "test_words.py": "from words import shout\n\n\ndef test_shout():\n    assert shout('a') == 'A'\n",
}
REPAIRED = FOUND | {
    "calc.py": "def add(a, b):\n    return a + b\n",
    "words.py": "def shout(word):\n    return word.upper()\n",
}
ANSWER = block("calc.py", "    return a - b", "    return a + b") + block(
    "words.py", "    return word.lower()", "    return word.upper()"
)
CHECKS = """\
from calc import add
from words import shout

cases = {"add": add(2, 3) == 5, "shout": shout("a") == "A"}
with open("report.xml", "w") as report:
    print(f'<testsuite name="s" tests="2" failures="{2 - sum(cases.values())}">', file=report)
    for name, passed in cases.items():
        inner = "" if passed else '<failure message="wrong"/>'
        print(f'<testcase classname="test_checks" name="{name}" file="test_checks.py">{inner}</testcase>', file=report)
    print("</testsuite>", file=report)
"""
"""Tests whose runner starts in 20 ms, for many kills."""
QUICK = {"calc.py": FOUND["calc.py"], "words.py": FOUND["words.py"], "test_checks.py": CHECKS}
ONE_BUG = {name: text for name, text in FOUND.items() if "words" not in name}
KINDS = ("quick", "model", "offline")
"""Two files by a scripted model, with a quick runner and with pytest; one file without a model."""
RUNNER = f"{sys.executable} -S -B test_checks.py"
ANSWERED_BEFORE = 0.15
"""Seconds before the kill by which an answer must have left the server to count as arrived."""
STAGES = {
    "result.json": "ended",
    "journal": "writing",
    "best.patch": "about to write",
    "patches/*.json": "testing a fix",
    "calls.jsonl": "a fix is there",
    "reports/*.json": "looking for a fix",
    "run.json": "first tests",
}
"""What a run's folder holds, and how far it has come then."""
GRACE = 5.0
"""Seconds that the processes of a killed run may take to follow it."""


@dataclass(frozen=True)
class Kill:
    """What one kill did. ``problems`` is empty where nothing was lost and nothing left."""

    kind: str
    after: float
    """Seconds from the start to the kill."""
    killed: bool
    """False where the run had ended before."""
    torn: bool = False
    """Whether the tree was neither old nor new until the next start made it whole."""
    stage: str = ""
    """How far the run had come."""
    problems: list[str] = field(default_factory=list)


class Killer:
    """One forking process, one scripted server, one kill at a time, each in a folder of its own."""

    def __init__(self, folder: Path, seed: int = 0) -> None:
        self._folder = folder
        self._random = random.Random(seed)
        self._number = 0
        self.server = ScriptedServer(latency=0.1)
        self._durations: dict[str, float] = {}

    def __enter__(self) -> Killer:
        self.server.__enter__()
        self.server.reply("openai", ANSWER)
        program = Path(__file__).with_name("forking.py")
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._forking = subprocess.Popen([sys.executable, str(program)], cwd=self._folder, **pipes)
        assert self._read() == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._forking.stdin is not None
        self._forking.stdin.close()
        self._forking.wait(timeout=60)
        self.server.__exit__()

    def kill(self, kind: str, aim: str = "anywhere") -> Kill:
        """Start a repair of ``kind`` (one of ``KINDS``), kill it, resume it. ``aim``: ``anywhere``, or the instants
        after a fix is there (``test``) or around the write-back (``write``)."""
        if kind not in self._durations:
            self._durations[kind] = self._whole(kind)
        case = self._case(kind)
        try:
            return self._killed(case, kind, aim)
        finally:
            shutil.rmtree(case.folder, ignore_errors=True)

    def _whole(self, kind: str) -> float:
        case = self._case(kind)
        began = time.monotonic()
        status = self._run(case, "fix", "--json", *case.options)
        assert status == 0 and case.state() == "new", case.output()
        shutil.rmtree(case.folder)
        return time.monotonic() - began

    def _killed(self, case: Case, kind: str, aim: str) -> Kill:
        calls = len(self.server.calls())
        pid = self._start(case, "fix", "--json", *case.options)
        began = time.monotonic()
        self._wait(case, aim, self._durations[kind])
        after = time.monotonic() - began
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        at = time.monotonic()
        status = os.waitstatus_to_exitcode(int(self._read()))
        by_itself = [f"not killed, ended with {status}: {case.output()[1][-600:]}"] if status > 0 else []
        arrived = [one for one in self.server.calls()[calls:] if at - one.at > 0.1 + ANSWERED_BEFORE]
        torn = case.state() not in ("old", "new")
        problems = [*by_itself, *case.left_running()]
        stage = case.stage()
        problems += self._go_on(case, status != 0)
        if arrived and len(self.server.calls()) - calls > len(arrived):
            problems.append(f"paid twice: {len(self.server.calls()) - calls} calls, {len(arrived)} had been answered")
        problems += [*case.left_running(), *case.left_behind()]
        return Kill(kind, after, status < 0, torn, stage, problems)

    def _go_on(self, case: Case, cut_short: bool) -> Iterator[str]:
        """Resume, or where the kill came before the run had begun, start; then the tree must be repaired."""
        if cut_short:
            self._run(case, "runs", "list", "--json")
            rows = [row for row in json.loads(case.output()[0])["runs"] if row["resumable"]]
            go_on = ("runs", "resume", rows[0]["run_id"]) if rows else ("fix", *case.options)
            ended = [facts for facts in list_runs(case.home) if facts.get("finished_at")]
            status = 0 if ended else self._run(case, *go_on, "--json")
            if status:
                yield f"{go_on[0]} ended with {status}: {case.output()[1][-600:]}"
        if case.state() != "new":
            yield f"the tree is {case.state()}: {' '.join(case.output())[-3000:]}"

    def _wait(self, case: Case, aim: str, duration: float) -> None:
        if aim == "anywhere":
            time.sleep(self._random.random() * duration * 1.05)
            return
        end = time.monotonic() + 3 * duration
        mark, spread = {"test": ("patches/*.json", 1.0), "write": ("best.patch", 0.04)}[aim]
        while not any(case.home.glob(f"runs/*/{mark}")) and time.monotonic() < end:
            time.sleep(0.001)
        time.sleep(self._random.random() * spread)

    def _case(self, kind: str) -> Case:
        self._number += 1
        case = Case(self._folder / f"kill-{self._number}", kind, self.server)
        write(case.project, case.found)
        for folder in (case.home, case.temporary):
            folder.mkdir()
        return case

    def _start(self, case: Case, *argv: str) -> int:
        command = {"argv": argv, "cwd": str(case.project), "environment": case.environment, "output": case.printed}
        assert self._forking.stdin is not None
        self._forking.stdin.write(json.dumps(command) + "\n")
        self._forking.stdin.flush()
        return int(self._read())

    def _run(self, case: Case, *argv: str) -> int:
        self._start(case, *argv)
        return os.waitstatus_to_exitcode(int(self._read()))

    def _read(self) -> str:
        assert self._forking.stdout is not None
        return self._forking.stdout.readline().strip()


@dataclass(frozen=True)
class Case:
    """One project with its home."""

    folder: Path
    kind: str
    server: ScriptedServer

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    @property
    def printed(self) -> str:
        return str(self.folder / "printed")

    @property
    def options(self) -> tuple[str, ...]:
        providers = ("--providers", "offline" if self.kind == "offline" else "openai")
        return (*providers, "--framework", "junit", "--test-command", RUNNER) if self.kind == "quick" else providers

    @property
    def found(self) -> dict[str, Any]:
        return {"offline": ONE_BUG, "model": FOUND, "quick": QUICK}[self.kind]

    @property
    def environment(self) -> dict[str, str]:
        plain = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(self.home), "TMPDIR": str(self.temporary)}
        return plain | {"AION_R_HOME": str(self.home)} | self.server.environment("openai")

    def output(self) -> tuple[str, str]:
        """What the last command printed."""
        return Path(self.printed + ".out").read_text(), Path(self.printed + ".err").read_text()

    def state(self) -> str:
        """``old``, ``new``, or what is wrong with the tree."""
        now = snapshot(self.project)
        found = {name: text.encode() for name, text in self.found.items()}
        repaired = {name: REPAIRED.get(name, text).encode() for name, text in self.found.items()}
        if now == found:
            return "old"
        return "new" if now == repaired else f"torn: {sorted(name for name in now if now[name] != found.get(name))}"

    def stage(self) -> str:
        """How far the killed run had come, as its folder shows."""
        return next((name for mark, name in STAGES.items() if any(self.home.glob(f"runs/*/{mark}"))), "starting")

    def left_running(self) -> Iterator[str]:
        """Processes and mounts that have to do with this case and do not go away."""
        end = time.monotonic() + GRACE
        while (found := _processes(self.folder)) and time.monotonic() < end:
            time.sleep(0.02)
        yield from (f"still running: {one}" for one in found)
        if str(self.folder) in Path("/proc/self/mountinfo").read_text():
            yield "still mounted"

    def left_behind(self) -> Iterator[str]:
        """Temporary files."""
        shapes = ("**/*.tmp", "**/*.part", "**/*.new", "runs/*/views/*", "runs/*/raw/*")
        left = [path for shape in shapes for path in self.home.glob(shape) if "cache" not in path.parts]
        left += [*self.temporary.iterdir(), *self.project.glob("**/.aion-r-*")]
        yield from (f"left behind: {path.relative_to(self.folder)}" for path in left)


def _processes(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if str(folder) in words or (process / "cwd").readlink().is_relative_to(folder):
                found.append(f"{process.name} {words[:200]}")
    return found


def folder_for_kills() -> tempfile.TemporaryDirectory[str]:
    """A place for all of it."""
    return tempfile.TemporaryDirectory(prefix="kills-", ignore_cleanup_errors=True)
