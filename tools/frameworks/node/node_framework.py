"""What the adapters of Node's test frameworks have in common: finding the packages, starting the framework's own
program with a reporter of ours, reading what it wrote."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from ....core.domain import TestReport
from ....core.errors import TestsNotRun, UsageError
from ...sandbox.protocol import Command, Completed
from ..protocol import Detection, TestJob
from ..python.pytest_records import read_records
from .node_files import is_test_file
from .node_names import pattern, split_id
from .node_project import Package, install_command, not_installed, packages, read_manifest
from .node_records import NodeRun
from .node_report import build_report
from .node_scripts import Call, find_call, without_paths
from .node_stack import Places

REPORT, SEVERAL, SETTINGS = "aion_r_node.jsonl", "aion_r_node_packages.json", "aion_r_node_run.json"
NO_NODE = (
    "node is not on PATH. Install Node.js 20 or later (nodejs.org, or the system's package manager), and run again."
)
_MOST_FILES = 1_000
_TYPED = ("tsconfig.json", "tsconfig.base.json")


@dataclass
class NodeFramework:
    """The common part of the adapters. ``folders`` are those of the packages that use the framework."""

    name: str = ""
    languages: tuple[str, ...] = ("javascript", "typescript")
    incremental: bool = False
    _progress: dict[Path, tuple[int, int, int]] = field(default_factory=dict, repr=False)

    REPORTER: ClassVar[str]
    FILES: ClassVar[tuple[str, ...]]
    LIVE: ClassVar[str] = "case"
    """The kind of record that comes while tests run."""

    def configured(self, package: Package) -> str | None:
        """The package's own configuration of this framework, in words, or ``None``."""
        raise NotImplementedError

    def options(self, job: TestJob, version: int) -> list[str]:
        """The options that give us one complete run with our reporter."""
        raise NotImplementedError

    def selection(self, files: Sequence[Path], names: str | None) -> list[str]:
        """The options that select tests by file and by full name."""
        raise NotImplementedError

    def program(self, place: Path) -> Path:
        """The framework's own program in its installed package."""
        manifest = read_manifest(place / "package.json") or {}
        stated = manifest.get("bin")
        path = stated.get(self.name) if isinstance(stated, dict) else stated
        return place / (path if isinstance(path, str) else f"bin/{self.name}.js")

    def for_project(self, root: Path) -> NodeFramework:
        """The same adapter with a memory of its own for progress."""
        return replace(self, _progress={})

    def detect(self, root: Path) -> Detection | None:
        """By scripts, configuration and declared dependencies, of the root, then of its packages."""
        used = self._used(root)
        if not used:
            return None
        package, reason, confidence = used[0]
        typed = any((package.path / name).is_file() for name in _TYPED) or any(
            (root / name).is_file() for name in _TYPED
        )
        more = f" (and {len(used) - 1} more packages)" if len(used) > 1 else ""
        return Detection(self.name, "typescript" if typed else "javascript", reason + more, confidence)

    def _used(self, root: Path) -> list[tuple[Package, str, float]]:
        """The packages to run in, with the reasons. A root that is set up itself covers all the others."""
        found = [(package, *use) for package in packages(root) if (use := self._use(package))]
        if not found:
            found = [(package, *use) for package in _nested(root) if (use := self._use(package))]
        top = [one for one in found if one[0].folder == "."]
        if top and (top[0][2] > 0.85 or len(found) == 1):
            return top
        inner = [one for one in found if one[0].folder != "."]
        return inner or top

    def _use(self, package: Package) -> tuple[str, float] | None:
        where = "package.json" if package.folder == "." else f"{package.folder}/package.json"
        configuration = self.configured(package)
        call = find_call(package.scripts, self.name)
        if call is not None and call.script == "test":
            return f"the script test of {where} runs {self.name}", 0.96
        if configuration:
            return f"{configuration} configures {self.name}", 0.9
        if call is not None:
            return f"the script {call.script} of {where} runs {self.name}", 0.88
        if self.name in package.declared:
            return f"{where} depends on {self.name}", 0.7
        return None

    def command(self, job: TestJob) -> Command:
        """The framework's own program under our reporter; a user's own command gets our options as it starts it."""
        node = shutil.which("node")
        if node is None:
            raise TestsNotRun(NO_NODE)
        self._progress.pop(job.out, None)
        used = [package for package, _, _ in self._used(job.root)] or [Package(job.root, ".")]
        if job.test_command is not None:
            return self._own_command(job, used)
        runs = [self._run(job, package, node) for package in self._wanted(job, used)]
        readable = [place for package in used for place in _outside(package)]
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
        place = package.installed(self.name)
        if place is None:
            raise not_installed(package, self.name)
        call = find_call(package.scripts, self.name) or Call()
        files, names = self._selected(job)
        options = call.options if job.ids is None or not files else without_paths(call.options, self.name)
        chosen = [] if job.ids is None else self.selection(files, names)
        program = (node, *call.node_options, str(self.program(place)))
        argv = (*program, *self.first(), *options, *self.options(job, major(place)), *chosen)
        if call.before:
            argv = ("/bin/sh", "-c", f'{call.before} && exec "$@"', "sh", *argv)
        return Command(argv, {**dict(call.env), "PATH": _path(package), **self.environment()}, package.folder)

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
        place = used[0].installed(self.name)
        _, names = self._selected(job)
        chosen = [] if job.ids is None else self.selection([], names)
        run = {"framework": self.name, "arguments": [*self.options(job, major(place) if place else 99), *chosen]}
        hook = f'--require "{job.out / "aion_r_node_hook.cjs"}"'
        given = os.environ.get("NODE_OPTIONS", "")
        env = {
            "NODE_OPTIONS": f"{hook} {given}".strip(), "AION_R_NODE_RUN": json.dumps(run), "PATH": _path(used[0]),
            **self.environment(),
        }  # fmt: skip
        readable = [place for package in used for place in _outside(package)]
        text = re.sub(
            r"\bNODE_OPTIONS=([\"']?)",
            rf"NODE_OPTIONS=\1--require={job.out / 'aion_r_node_hook.cjs'}\\ ",
            job.test_command or "",
        )
        return Command(("/bin/sh", "-c", text), env, files=self._files(job), readable=readable)

    def _files(self, job: TestJob) -> dict[str, bytes]:
        settings = {"files": [str(file) for file in self._selected(job)[0]] if job.ids is not None else None}
        return {**_delivered(self.FILES), REPORT: b"", SETTINGS: json.dumps(settings).encode()}

    def parse(self, job: TestJob, completed: Completed) -> TestReport:
        """Counts equal the framework's own; see ``node_report`` for what counts as what."""
        run = NodeRun(
            self.name, Places.of(job.root, named=self.name != "jest"), None if job.ids is None else frozenset(job.ids)
        )
        for record in read_records(job.out / REPORT):
            run.add(record)
        return build_report(run, completed, job.root)

    def progress(self, job: TestJob) -> tuple[int, int]:
        """Reads only what was written since the last call."""
        offset, passed, failed = self._progress.get(job.out, (0, 0, 0))
        try:
            with (job.out / REPORT).open("rb") as stream:
                stream.seek(offset)
                fresh = stream.read(4_000_000)
        except OSError:
            return passed, failed
        fresh = fresh[: fresh.rfind(b"\n") + 1]
        passed += fresh.count(f'{{"k":"{self.LIVE}","s":"passed"'.encode())
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
        if (root / "node_modules").is_dir() and not self.missing_dependency(root, report):
            return None
        return tuple(install_command(root).split())


def major(place: Path) -> int:
    """The major version of an installed package, 0 where it says none."""
    version = (read_manifest(place / "package.json") or {}).get("version")
    found = re.match(r"\d{1,6}", version) if isinstance(version, str) else None
    return int(found[0]) if found else 0


def _as_plain(run: Command, root: Path) -> dict[str, Any]:
    return {"argv": list(run.argv), "cwd": str(root / run.cwd), "env": dict(run.env)}


@cache
def _delivered(names: tuple[str, ...]) -> dict[str, bytes]:
    folder = Path(__file__).parent
    return {f"aion_r_{name}": (folder / name).read_bytes() for name in names}


def _path(package: Package) -> str:
    """PATH with the programs of the project's packages first, as npm sets it."""
    folders = dict.fromkeys((package.path, package.root))
    programs = [str(folder / "node_modules" / ".bin") for folder in folders]
    return os.pathsep.join([*programs, os.environ.get("PATH", "")])


def _outside(package: Package) -> list[Path]:
    """Folders of installed packages that lie outside the project, or that a link leads to."""
    found = []
    for folder in (package.path, *package.path.resolve().parents):
        place = folder / "node_modules"
        if place.is_dir():
            real = place.resolve()
            if place.is_symlink() or not real.is_relative_to(package.root.resolve()):
                found.append(real)
    return found


def _nested(root: Path) -> Iterable[Package]:
    """Packages one or two folders below a root that is no package that uses the framework."""
    for path in sorted([*root.glob("*/package.json"), *root.glob("*/*/package.json")])[:50]:
        folder = path.parent
        if not any(part == "node_modules" or part.startswith(".") for part in folder.relative_to(root).parts):
            yield Package(root, folder.relative_to(root).as_posix(), read_manifest(path) or {})
