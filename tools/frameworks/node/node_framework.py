"""What the adapters of Node's test frameworks have in common: starting the framework's own program with a reporter of
ours, reading what it wrote."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from ....core.domain import TestReport
from ....core.errors import TestsNotRun, UsageError
from ...sandbox.protocol import Command, Completed
from ..growing import lines_since
from ..installing import in_folders
from ..protocol import TestJob
from .node_coverage import coverage_environment, coverage_options, read_coverage
from .node_files import is_test_file
from .node_installation import Installation, outside, program_path
from .node_lines import read_blocks, without_collector
from .node_names import pattern, split_id
from .node_pnp import PlugAndPlay
from .node_project import Package, home_of, install_command
from .node_records import NodeRun
from .node_report import build_report
from .node_scripts import Call, find_call, without_paths
from .node_stack import Places
from .node_usage import NodeUsage

REPORT, SEVERAL, SETTINGS = "aion_r_node.jsonl", "aion_r_node_packages.json", "aion_r_node_run.json"
NO_NODE = (
    "node is not on PATH. Install Node.js 20 or later (nodejs.org, or the system's package manager), and run again."
)
SHORT = {"case": "c", "test": "p"}
"""How the short records of ``node_lines`` name the kinds of records that tell of a test's success."""
_MOST_FILES = 1_000


@dataclass
class NodeFramework(NodeUsage):
    """The common part of the adapters."""

    languages: tuple[str, ...] = ("javascript", "typescript")
    incremental: bool = False
    _progress: dict[Path, tuple[int, int, int]] = field(default_factory=dict, repr=False)

    REPORTER: ClassVar[str]
    FILES: ClassVar[tuple[str, ...]]
    LIVE: ClassVar[str] = "case"
    """The kind of record that comes while tests run."""

    def options(self, job: TestJob, version: int) -> list[str]:
        """The options that give us one complete run with our reporter."""
        raise NotImplementedError

    def selection(self, files: Sequence[Path], names: str | None) -> list[str]:
        """The options that select tests by file and by full name."""
        raise NotImplementedError

    def for_project(self, root: Path) -> NodeFramework:
        """The same adapter with a memory of its own for progress."""
        return replace(self, _progress={})

    def command(self, job: TestJob) -> Command:
        """The framework's own program under our reporter; a user's own command gets our options as it starts it."""
        node = shutil.which("node")
        if node is None:
            raise TestsNotRun(NO_NODE)
        self._progress.pop(job.out, None)
        used = [package for package, _, _ in self.used(job.root)] or [Package(job.root, ".")]
        if job.test_command is not None:
            return self._own_command(job, used)
        runs = [self._run(job, package, node) for package in self._wanted(job, used)]
        readable = [place for package in used for place in outside(package)]
        if len(runs) == 1:
            return Command(runs[0].argv, runs[0].env, runs[0].cwd, self._files(job), readable)
        return Command(
            (node, str(job.out / "aion_r_node_packages.cjs")),
            files={**self._files(job), SEVERAL: json.dumps([_as_plain(run, job.root) for run in runs]).encode()},
            readable=readable,
        )

    def _wanted(self, job: TestJob, used: list[Package]) -> list[Package]:
        """The packages that hold the wanted tests, all without a wish."""
        if job.ids is None or len(used) == 1:
            return used
        files = [split_id(job.root, id)[0] for id in job.ids]
        return [one for one in used if any(file.startswith(f"{one.folder}/") for file in files)] or used

    def _run(self, job: TestJob, package: Package, node: str) -> Command:
        installed = Installation.required(package, self.name)
        call = find_call(package.scripts, self.name) or Call()
        files, names = self._selected(job)
        options = call.options if job.ids is None or not files else without_paths(call.options, self.name)
        chosen = [] if job.ids is None else self.selection(files, names)
        program = (node, *call.node_options, *installed.start(job.out))
        ours = (*self.options(job, installed.major or 0), *coverage_options(self.name, job, package))
        argv = (*program, *self.first(), *options, *ours, *chosen)
        if call.before:
            argv = ("/bin/sh", "-c", f'{call.before} && exec "$@"', "sh", *argv)
        env = {**dict(call.env), "PATH": program_path(package), **self.environment()}
        env |= {**coverage_environment(self.name, job), **installed.node_options(env.get("NODE_OPTIONS", ""))}
        return Command(argv, env, package.folder)

    def first(self) -> tuple[str, ...]:
        """What comes before all options."""
        return ()

    def environment(self) -> dict[str, str]:
        """Variables that the framework is given."""
        return {}

    def _selected(self, job: TestJob) -> tuple[list[Path], str | None]:
        """The files of the wanted tests and the pattern of their names; no files stands for too many of them."""
        pairs = [split_id(job.root, id) for id in job.ids or ()]
        files = list(dict.fromkeys(job.root / file for file, _ in pairs))
        return (files if len(files) <= _MOST_FILES else []), pattern([rest for _, rest in pairs])

    def _own_command(self, job: TestJob, used: list[Package]) -> Command:
        if not (job.test_command or "").strip():
            raise UsageError("--test-command is empty: give the command that runs the tests")
        _, names = self._selected(job)
        chosen = [] if job.ids is None else self.selection([], names)
        ours = [
            *self.options(job, Installation.of(used[0], self.name).major or 99),
            *coverage_options(self.name, job, used[0]),
        ]
        run = {"framework": self.name, "arguments": [*ours, *chosen]}
        hook = f'--require "{job.out / "aion_r_node_hook.cjs"}"'
        given = os.environ.get("NODE_OPTIONS", "")
        env = {
            "NODE_OPTIONS": f"{hook} {given}".strip(), "AION_R_NODE_RUN": json.dumps(run),
            "PATH": program_path(used[0]), **self.environment(), **coverage_environment(self.name, job),
        }  # fmt: skip
        readable = [place for package in used for place in outside(package)]
        text = re.sub(
            r"\bNODE_OPTIONS=([\"']?)",
            rf"NODE_OPTIONS=\1--require={job.out / 'aion_r_node_hook.cjs'}\\ ",
            job.test_command or "",
        )
        return Command(("/bin/sh", "-c", text), env, files=self._files(job), readable=readable)

    def _files(self, job: TestJob) -> dict[str, bytes]:
        settings = {"files": [str(file) for file in self._selected(job)[0]] if job.ids is not None else None}
        return {**_delivered((*self.FILES, "node_pnp.cjs")), REPORT: b"", SETTINGS: json.dumps(settings).encode()}

    def parse(self, job: TestJob, completed: Completed) -> TestReport:
        """Counts equal the framework's own; see ``node_report`` for what counts as what."""
        run = NodeRun(
            self.name, Places.of(job.root, named=self.name != "jest"), None if job.ids is None else frozenset(job.ids)
        )
        with without_collector():
            for records in read_blocks(job.out / REPORT):
                run.add_all(records)
            report = build_report(run, completed)
        return replace(report, coverage=read_coverage(job.out, job.root, self.is_test_file))

    def progress(self, job: TestJob) -> tuple[int, int]:
        """Reads only what was written since the last call."""
        offset, passed, failed = self._progress.get(job.out, (0, 0, 0))
        fresh = lines_since(job.out / REPORT, offset)
        passed += fresh.count(f'{{"k":"{self.LIVE}","s":"passed"'.encode())
        passed += (b"\n" + fresh).count(f'\n["{SHORT[self.LIVE]}",'.encode())
        failed += fresh.count(f'{{"k":"{self.LIVE}","s":"failed"'.encode())
        self._progress[job.out] = (offset + len(fresh), passed, failed)
        return passed, failed

    def is_test_file(self, path: str) -> bool:
        """Whether ``path`` holds tests, their data, or configures how they run."""
        return is_test_file(path)

    def missing_dependency(self, root: Path, report: TestReport) -> str | None:
        """See ``node_dependencies.missing_dependency``."""
        from .node_dependencies import missing_dependency

        return missing_dependency(root, report)

    def install_command(self, root: Path, report: TestReport) -> tuple[str, ...] | None:
        """See ``installing.Installing``: what the lock file says, where packages are missing."""
        used = [package for package, _, _ in self.used(root)] or [Package(root, ".")]
        homes = {home.folder: home for home in map(home_of, used)}
        lacking = [
            home for home in homes.values() if not (home.path / "node_modules").is_dir() and not PlugAndPlay.of(home)
        ]
        if not lacking and not self.missing_dependency(root, report):
            return None
        return in_folders([(home.folder, install_command(home.path)) for home in lacking or homes.values()])


def _as_plain(run: Command, root: Path) -> dict[str, Any]:
    return {"argv": list(run.argv), "cwd": str(root / run.cwd), "env": dict(run.env)}


@cache
def _delivered(names: tuple[str, ...]) -> dict[str, bytes]:
    folder = Path(__file__).parent
    return {f"aion_r_{name}": (folder / name).read_bytes() for name in names}
