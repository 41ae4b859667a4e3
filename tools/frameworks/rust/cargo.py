"""``cargo test``: unit, integration and doc tests, with libtest's own records and the compiler's diagnostics."""

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
from ..growing import lines_since, size_so_far
from ..guest_program import packed
from ..installing import in_folders
from ..protocol import Detection, TestJob
from ..toolchain import own_words, path_with, silence
from .cargo_coverage import EXPORT, read_export
from .cargo_events import printed_counts
from .cargo_project import CargoProject, is_test_file, read_project, split_id, steps_for

RUNNER, SETTINGS = "aion_r_cargo_runner.pyz", "aion_r_cargo.json"
PROGRAM = (
    "rust/cargo_runner", "rust/cargo_program", "rust/cargo_pipes", "rust/cargo_record", "rust/cargo_nextest",
    "rust/cargo_doc_watch", "rust/cargo_measuring", "stand_in",
)  # fmt: skip
REPORT, STREAM, TARGETS = "aion_r_cargo_tests.jsonl", "aion_r_cargo_stream.txt", "aion_r_cargo_targets.json"
INSTALL = "install Rust from https://rustup.rs (Debian, Ubuntu: apt install cargo; macOS: brew install rust)"
_UNFETCHED = re.compile(
    r"no matching package named `([^`]+)` found|failed to download `([^`\s]+)[^`]*`|"
    r"failed to (?:load source for|get) (?:dependency )?`([^`]+)`|unable to update (\S+)|"
    r"no matching package found\nsearched package name: `([^`]+)`",
)
_NEWER = re.compile(
    r"requires rustc (\d[\w.]*)(?: or newer)?|feature `edition\d+` is required|"
    r"lock file version `?\d+`? (?:was found|requires)"
)
_NO_TOOLCHAIN = "rustup could not choose a version"
_LINKER = re.compile(r"linker `([^`]+)` not found")


@dataclass
class Cargo:
    """The adapter. ``root`` and ``project`` are what ``for_project`` has read."""

    name: str = "cargo"
    languages: tuple[str, ...] = ("rust",)
    incremental: bool = True
    """Builds leave caches behind that the next run in the same view profits from."""
    root: Path | None = None
    project: CargoProject = field(default_factory=CargoProject)
    _progress: dict[Path, tuple[int, int, int]] = field(default_factory=dict, repr=False)
    _printed: dict[Path, tuple[int, tuple[int, int]]] = field(default_factory=dict, repr=False)

    def for_project(self, root: Path) -> Cargo:
        """The same adapter, knowing the manifests of ``root``."""
        return replace(self, root=root, project=read_project(root), _progress={}, _printed={})

    def detect(self, root: Path) -> Detection | None:
        """By ``Cargo.toml``, in the root or below; surer when there is a test."""
        project = read_project(root)
        if not project.folders:
            return None
        folder = project.folders[0]
        manifest = "Cargo.toml" if folder == "." else f"{folder}/Cargo.toml"
        reason = f"{manifest} is the manifest of {project.name}" if project.name else f"{manifest} is a manifest"
        if project.tested is None:
            return Detection(self.name, "rust", f"{reason}, without tests so far", 0.4)
        if is_foreign(folder):
            return Detection(self.name, "rust", f"{reason}, among examples or foreign code", 0.3)
        return Detection(
            self.name, "rust", f"{reason}, and {project.tested} holds tests", 0.9 if folder == "." else 0.7
        )

    def command(self, job: TestJob) -> Command:
        """Our runner, which starts ``cargo test`` once for each manifest, or the user's command."""
        cargo = shutil.which("cargo")
        if cargo is None:
            raise TestsNotRun(f"cargo is not on PATH: {INSTALL}, and run again.")
        project = read_project(job.root)
        settings = {
            "out": str(job.out), "report": REPORT, "stream": STREAM, "targets": TARGETS, "cargo": cargo,
            "timeout": job.timeout, "started": 0, "command": own_words(job), "ids": _by_program(job),
            "steps": list(_steps(job, project)), "folders": list(project.folders),
            "silence": silence(job.timeout), "export": str(job.out / EXPORT) if job.coverage else None,
        }  # fmt: skip
        self._progress.pop(job.out, None)
        self._printed.pop(job.out, None)
        return Command(
            argv=(sys.executable, "-I", "-S", str(job.out / RUNNER), str(job.out / SETTINGS)),
            env=_environment(cargo),
            files={RUNNER: packed(*PROGRAM), SETTINGS: json.dumps(settings).encode(), REPORT: b"", STREAM: b""},
            readable=(Path(sys.base_prefix), *_homes()),
        )

    def parse(self, job: TestJob, completed: Completed) -> TestReport:
        """See ``cargo_report`` for what counts as what."""
        from .cargo_events import read_records
        from .cargo_places import Places
        from .cargo_report import build_report

        records = read_records(job.out / REPORT, job.out / STREAM)
        sources = job.root if job.root.is_dir() else self.root or job.root
        folders = self.project.folders or (".",)
        report = build_report(records, completed, Places(job.root, sources, folders), job.ids)
        return replace(report, coverage=read_export(job.out, job.root))

    def progress(self, job: TestJob) -> tuple[int, int]:
        """Reads of the records only what was written since the last call; of the text, all of it where it has grown."""
        offset, passed, failed = self._progress.get(job.out, (0, 0, 0))
        fresh = lines_since(job.out / REPORT, offset)
        passed += sum(row.count(b'","') for row in re.findall(rb'^\{"type":"passed",[^\n]*', fresh, re.M))
        failed += len(re.findall(rb'^\{"type":"test"[^\n]{0,2000}?"event":"(?:failed|crashed|hung)"', fresh, re.M))
        self._progress[job.out] = (offset + len(fresh), passed, failed)
        size = size_so_far(job.out / STREAM)
        if self._printed.get(job.out, (0,))[0] != size:
            self._printed[job.out] = (size, printed_counts(job.out / STREAM))
        more_passed, more_failed = self._printed.get(job.out, (0, (0, 0)))[1]
        return passed + more_passed, failed + more_failed

    def is_test_file(self, path: str) -> bool:
        """See ``cargo_project.is_test_file``; unit tests in source files are ``guarded_region``'s affair."""
        return is_test_file(path)

    def guarded_region(self, path: str, before: bytes, after: bytes) -> str | None:
        """Why an edit of the source file ``path`` touches the tests inside it, or ``None``."""
        from .cargo_guard import guarded_region

        return guarded_region(path, before, after)

    def missing_dependency(self, root: Path, report: TestReport) -> str | None:
        """The crate or tool whose absence explains every failure, with the command that fetches it."""
        names = {_missing(failure.message) for failure in report.failures}
        return names.pop() if len(names) == 1 else None

    def install_command(self, root: Path, report: TestReport) -> tuple[str, ...] | None:
        """See ``installing.Installing``: fetches what the manifests name."""
        if not self.missing_dependency(root, report):
            return None
        return in_folders([(folder, "cargo fetch") for folder in self.project.folders or (".",)])


def _missing(text: str) -> str | None:
    found = _UNFETCHED.search(text)
    if found:
        name = next(group for group in found.groups() if group)
        return f"{name} (cargo fetch)"
    newer = _NEWER.search(text)
    if newer:
        return f"rustc {newer[1]} or newer (rustup update)" if newer[1] else "a newer cargo (rustup update)"
    if _NO_TOOLCHAIN in text:
        return "a Rust toolchain (rustup default stable)"
    linker = _LINKER.search(text)
    return f"{linker[1]}, which cargo links with (Debian, Ubuntu: apt install build-essential)" if linker else None


def _steps(job: TestJob, project: CargoProject) -> list[dict[str, Any]]:
    """One ``cargo test`` a manifest, or with ids one a package. With nextest, it runs all but the doc tests."""
    flags = ["test", "--no-fail-fast", "--message-format=json"]
    steps: list[dict[str, Any]] = []
    for folder in project.folders:
        whole = ["--workspace"] if project.whole else []
        nextest = _has_nextest(job.root / folder)
        if job.ids is None and nextest:
            steps.append({"folder": folder, "arguments": whole, "nextest": True})
            steps.append({"folder": folder, "arguments": [*flags, "--doc", *whole], "documented": True})
        elif job.ids is None:
            steps.append({"folder": folder, "arguments": [*flags, *whole]})
        for words in () if job.ids is None else steps_for(job.ids):
            mixed = nextest and "--doc" not in words
            steps.append({"folder": folder, "arguments": words if mixed else [*flags, *words], "nextest": mixed})
    return steps


def _has_nextest(folder: Path) -> bool:
    """Whether the project is set up for nextest, and nextest is there."""
    return (folder / ".config" / "nextest.toml").is_file() and shutil.which("cargo-nextest") is not None


def _by_program(job: TestJob) -> dict[str, list[str]] | None:
    if job.ids is None:
        return None
    found: dict[str, list[str]] = {}
    for identifier in job.ids:
        program, name = split_id(identifier)
        found.setdefault(program, []).append(name)
    return found


def _environment(cargo: str) -> dict[str, str]:
    """Nothing is fetched while tests run, unless the user's own environment says otherwise; backtraces cost 0.4 s."""
    env = {
        "PATH": path_with(cargo),
        "CARGO_TERM_COLOR": "never",
        "CARGO_TERM_PROGRESS_WHEN": "never",
        "RUST_BACKTRACE": "0",
    }
    return env if "CARGO_NET_OFFLINE" in os.environ else {**env, "CARGO_NET_OFFLINE": "true"}


def _homes() -> list[Path]:
    homes = [
        os.environ.get(name) or str(Path.home() / folder)
        for name, folder in (("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup"))
    ]
    return [path for path in map(Path, homes) if path.is_dir()]
