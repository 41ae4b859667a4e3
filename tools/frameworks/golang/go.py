"""``go test``, read from its JSON stream; tests in modules and workspaces, with what the compiler and vet say."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ....core.domain import TestReport
from ....core.errors import TestsNotRun
from ...sandbox.protocol import Command, Completed
from ..foreign import is_foreign
from ..growing import lines_since
from ..guest_program import packed
from ..installing import in_folders
from ..protocol import Detection, TestJob
from ..toolchain import own_words, path_with, silence
from .go_coverage import cover_flags, read_profiles
from .go_project import GoProject, Module, is_test_file, read_project, run_pattern, split_id

RUNNER, SETTINGS = "aion_r_go_runner.pyz", "aion_r_go.json"
PROGRAM = ("golang/go_runner", "golang/go_sink", "stand_in")
REPORT, ERRORS = "aion_r_go.jsonl", "aion_r_go_stderr.txt"
INSTALL = "install Go from https://go.dev/dl (Debian, Ubuntu: apt install golang-go; macOS: brew install go)"
_MISSING = re.compile(
    r"no required module provides package (\S+?)[;:\s]|cannot find module providing package (\S+?)[:;\s]|"
    r"^(?:\S+: )?(?:go: )?([\w.-]+\.\w+/\S+?)@v\S+: "
    r"(?:[^\n]*(?:module lookup disabled|dial tcp|no such host|lookup |Get \"))|"
    r"missing go\.sum entry for (?:module providing package |go\.mod file\b[^\n]*?|)(\S*)|"
    r"cannot find package \"([^\"]+)\"",
    re.M,
)
_NEWER = re.compile(r"requires go >= (\d[\w.]*)|go\.mod requires go (\d[\w.]*)")


@dataclass
class Go:
    """The adapter. ``root`` and ``project`` are what ``for_project`` has read."""

    name: str = "go"
    languages: tuple[str, ...] = ("go",)
    incremental: bool = True
    """Builds leave caches behind that the next run in the same view profits from."""
    root: Path | None = None
    project: GoProject = field(default_factory=GoProject)
    _progress: dict[Path, tuple[int, int, int]] = field(default_factory=dict, repr=False)

    def for_project(self, root: Path) -> Go:
        """The same adapter, knowing the modules of ``root``."""
        return replace(self, root=root, project=read_project(root), _progress={})

    def detect(self, root: Path) -> Detection | None:
        """By ``go.work`` or ``go.mod``, in the root or below; surer when there is a test file."""
        project = read_project(root)
        if not project.modules:
            return None
        folder = project.modules[0].folder
        manifest = "go.work" if project.workspace else "go.mod" if folder == "." else f"{folder}/go.mod"
        several = f" and {len(project.modules) - 1} more" if len(project.modules) > 1 else ""
        reason = f"{manifest} names the module {project.modules[0].path}{several}"
        if project.tested is None:
            return Detection(self.name, "go", f"{reason}, without test files so far", 0.4)
        if is_foreign(folder):
            return Detection(self.name, "go", f"{reason}, among examples or foreign code", 0.3)
        nested = folder != "." and not project.workspace
        return Detection(self.name, "go", f"{reason}, and {project.tested} is a test file", 0.7 if nested else 0.9)

    def command(self, job: TestJob) -> Command:
        """Our runner, which starts ``go test -json`` once for each module, or the user's command."""
        go = shutil.which("go")
        if go is None:
            raise TestsNotRun(f"go is not on PATH: {INSTALL}, and run again.")
        project = read_project(job.root)
        steps = list(_steps(job, project))
        settings = {
            "out": str(job.out), "report": REPORT, "stderr": ERRORS, "go": go, "timeout": job.timeout, "started": 0,
            "command": own_words(job), "run": _pattern(job), "steps": steps,
            "modules": [[module.path, module.folder] for module in project.modules], "workspace": project.workspace,
            "root": str(job.root), "silence": silence(job.timeout),
            "cover": cover_flags(job.out, project, len(steps)) if job.coverage else [],
        }  # fmt: skip
        self._progress.pop(job.out, None)
        return Command(
            argv=(sys.executable, "-I", "-S", str(job.out / RUNNER), str(job.out / SETTINGS)),
            env=_environment(go),
            files={RUNNER: packed(*PROGRAM), SETTINGS: json.dumps(settings).encode(), REPORT: b"", ERRORS: b""},
            readable=(Path(sys.base_prefix), Path(go).resolve().parent.parent),
        )

    def parse(self, job: TestJob, completed: Completed) -> TestReport:
        """See ``go_report`` for what counts as what."""
        from .go_events import append, read_stream
        from .go_places import Places
        from .go_report import build_report

        stream = read_stream(job.out / REPORT)
        for line in _text(job.out / ERRORS).splitlines(keepends=True):
            append(stream.loose, line)
        sources = job.root if job.root.is_dir() else self.root or job.root
        project = self._project_of(job)
        report = build_report(stream, completed, Places(job.root, sources, project), job.ids)
        return replace(report, coverage=read_profiles(job.out, project))

    def _project_of(self, job: TestJob) -> GoProject:
        """The modules as they were when the run began."""
        try:
            settings = json.loads((job.out / SETTINGS).read_bytes())
            modules = tuple(Module(str(path), str(folder)) for path, folder in settings["modules"])
            return GoProject(modules, bool(settings["workspace"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return self.project

    def progress(self, job: TestJob) -> tuple[int, int]:
        """Reads only what was written since the last call."""
        offset, passed, failed = self._progress.get(job.out, (0, 0, 0))
        fresh = lines_since(job.out / REPORT, offset)
        passed += sum(max(0, row.count(b'","') - 1) for row in re.findall(rb'^\{"Action":"passed",[^\n]*', fresh, re.M))
        failed += len(re.findall(rb'^\{"Action":"fail","Package":"[^"]*","Test"', fresh, re.M))
        self._progress[job.out] = (offset + len(fresh), passed, failed)
        return passed, failed

    def is_test_file(self, path: str) -> bool:
        """See ``go_project.is_test_file``."""
        return is_test_file(path)

    def missing_dependency(self, root: Path, report: TestReport) -> str | None:
        """The module or toolchain whose absence explains every failure, with the command that fetches it."""
        names = {_missing(failure.message + "\n" + failure.output) for failure in report.failures}
        return names.pop() if len(names) == 1 else None

    def install_command(self, root: Path, report: TestReport) -> tuple[str, ...] | None:
        """See ``installing.Installing``: fetches what the manifests name."""
        if not self.missing_dependency(root, report):
            return None
        modules = () if self.project.workspace else self.project.modules
        return in_folders([(module.folder, "go mod download") for module in modules] or [(".", "go mod download")])


def _missing(text: str) -> str | None:
    newer = _NEWER.search(text)
    if newer and "running go" in text:
        return f"go {newer[1] or newer[2]} or newer (https://go.dev/dl)"
    found = _MISSING.search(text)
    if found is None:
        return None
    name = next((group for group in found.groups() if group), None)
    return f"{name.rstrip(':;,')} (go mod download)" if name and "." in name.partition("/")[0] else None


def _steps(job: TestJob, project: GoProject) -> list[dict[str, Any]]:
    """One ``go test`` a module; one for all in a workspace. With ids, one for their packages in each module."""
    flags = ["test", "-json", "-count=1", f"-timeout={max(1.0, job.timeout * 0.95 - 1):.1f}s"]
    if job.ids is None:
        if project.workspace:
            patterns = [f"./{module.folder}/...".replace("./.", ".") for module in project.modules]
            return [{"folder": ".", "arguments": [*flags, *patterns]}]
        return [{"folder": module.folder, "arguments": [*flags, "./..."]} for module in project.modules]
    steps: list[dict[str, Any]] = []
    for folder, packages in _by_folder(job.ids, project).items():
        whole = [package for package, names in packages.items() if "" in names]
        single = {package: names for package, names in packages.items() if "" not in names}
        if whole:
            steps.append({"folder": folder, "arguments": [*flags, *whole]})
        if single:
            pattern = run_pattern(name for names in single.values() for name in names)
            chosen = [f"-run={pattern}"] if pattern else []
            steps.append({"folder": folder, "arguments": [*flags, *chosen, *single]})
    return steps


def _by_folder(ids: Any, project: GoProject) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for identifier in ids:
        package, name = split_id(identifier)
        module = project.module_of(package)
        folder = "." if project.workspace or module is None else module.folder
        found.setdefault(folder, {}).setdefault(package, []).append(name)
    return found


def _pattern(job: TestJob) -> str:
    names = [split_id(identifier)[1] for identifier in job.ids or ()]
    return run_pattern(names) if names and all(names) else ""


def _environment(go: str) -> dict[str, str]:
    """A newer toolchain is never fetched; one that the user has fetched, or has asked for, stays in use."""
    env = {"PATH": path_with(go)}
    if "GOTOOLCHAIN" not in os.environ and not any(_downloads().glob("golang.org/toolchain@*")):
        env["GOTOOLCHAIN"] = "local"
    return env


def _downloads() -> Path:
    first = os.environ.get("GOPATH", "").partition(os.pathsep)[0]
    return Path(os.environ.get("GOMODCACHE") or Path(first or Path.home() / "go") / "pkg" / "mod")


def _text(path: Path) -> str:
    try:
        return path.read_bytes()[:400_000].decode("utf-8", "replace")
    except OSError:
        return ""
