"""pytest, run in the project's own interpreter, its results taken from a plugin that survives a hard crash."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePosixPath

from ....core.domain import TestReport
from ....core.errors import TestsNotRun, UsageError
from ...sandbox.protocol import Command, Completed
from ..foreign import FOREIGN
from ..growing import lines_since
from ..installing import in_folders
from ..protocol import Detection, Framework, TestJob
from .interpreter import Interpreter, find_interpreter
from .pytest_config import PytestConfig, find_manifest, find_test_file, read_config
from .pytest_lines import LINES, read_lines
from .pytest_runs import Part, one_after_the_other, parts_of, read_report
from .python_projects import PythonProject, by_home, home_of, python_projects, told

PLUGIN = "aion_r_pytest_plugin"
MODULES = ("plugin", "session", "values", "expectation", "operands", "watchdog", "coverage", "statements")
REPORT = Part(0, PythonProject(), None).report
_SHELL = re.compile(r"[|&;<>()$`\n]")


@dataclass
class Pytest:
    """The adapter. ``config`` is what the root's own files say, ``projects`` are the folders that pytest runs in where
    the root alone is not the project; ``for_project`` reads both."""

    name: str = "pytest"
    languages: tuple[str, ...] = ("python",)
    incremental: bool = False
    config: PytestConfig = field(default_factory=PytestConfig)
    projects: tuple[PythonProject, ...] = ()
    _progress: dict[Path, tuple[int, int, int]] = field(default_factory=dict, repr=False)

    def for_project(self, root: Path) -> Pytest:
        """The same adapter, knowing the configuration of ``root``."""
        config = read_config(root)
        return replace(self, config=config, projects=python_projects(root, config), _progress={})

    def detect(self, root: Path) -> Detection | None:
        """By pytest's configuration, else by the first test file found; a lone one may be any language's script."""
        config = read_config(root)
        projects = python_projects(root, config)
        if projects:
            sure = any(project.config.source for project in projects)
            return Detection(self.name, "python", told(projects), 0.95 if sure else 0.8)
        if config.source:
            return Detection(self.name, "python", f"{config.source} configures pytest", 0.95)
        test_file = find_test_file(root, config.patterns, FOREIGN)
        manifest = find_manifest(root, str(PurePosixPath(test_file).parent)) if test_file else None
        if manifest:
            return Detection(self.name, "python", f"{test_file} is a pytest file", 0.8)
        test_file = test_file or find_test_file(root, config.patterns)
        if test_file:
            return Detection(self.name, "python", f"{test_file} is a pytest file", 0.5)
        return None

    def command(self, job: TestJob) -> Command:
        """pytest with our plugin loaded through the environment, so that any command that ends in pytest works."""
        runs = [(part, self._command(job, part)) for part in parts_of(self.projects, job)]
        for part, _ in runs:
            self._progress.pop(job.out / part.report, None)
        return one_after_the_other(job, runs)

    def _command(self, job: TestJob, part: Part) -> Command:
        folder = part.project.folder
        if job.test_command is not None and len(self.projects) == 1:
            interpreter = find_interpreter(job.root, folder=self.projects[0].folder)
        else:
            interpreter = find_interpreter(job.root, folder=folder)
        argv, extra = (
            ((*interpreter.argv, "-m", "pytest", *part.project.options), {})
            if job.test_command is None
            else _own_command(job, interpreter)
        )
        return Command(
            argv=argv,
            env={**_environment(job, part, interpreter), **extra},
            cwd=folder,
            files={**_plugin_files(), part.report: b"", part.stacks: b"", part.settings: _settings(job, part)},
            readable=interpreter.readable,
        )

    def parse(self, job: TestJob, completed: Completed) -> TestReport:
        """Counts equal pytest's own summary; see ``pytest_report`` for what counts as what."""
        report = read_report(job, parts_of(self.projects, job), completed)
        return replace(report, coverage=read_lines(job.out, self.is_test_file))

    def progress(self, job: TestJob) -> tuple[int, int]:
        """Reads only what was written since the last call."""
        counted = [self._counted(job.out / part.report) for part in parts_of(self.projects, job)]
        return sum(passed for passed, _ in counted), sum(failed for _, failed in counted)

    def _counted(self, path: Path) -> tuple[int, int]:
        offset, passed, failed = self._progress.get(path, (0, 0, 0))
        fresh = lines_since(path, offset)
        passed += fresh.count(b'{"k":"report","c":"passed"') + fresh.count(b'{"k":"report","c":"xpassed"')
        failed += fresh.count(b'{"k":"report","c":"failed"') + fresh.count(b'{"k":"report","c":"error"')
        self._progress[path] = (offset + len(fresh), passed, failed)
        return passed, failed

    def is_test_file(self, path: str) -> bool:
        """See ``PytestConfig.is_test_file``; below a project's folder its own configuration counts, too."""
        home = home_of(self.projects, path)
        inner = home.inside(path) if home else None
        own = home is not None and inner is not None and home.config.is_test_file(inner)
        return own or self.config.is_test_file(path)

    def missing_dependency(self, root: Path, report: TestReport) -> str | None:
        """See ``dependencies.missing_dependency``; of several projects the first that lacks something."""
        from .dependencies import missing_dependency

        parts = shares(self, report)
        found = (missing_dependency(root / project.folder, part, beside=root) for project, part in parts)
        return next(filter(None, found), None)

    def install_command(self, root: Path, report: TestReport) -> tuple[str, ...] | None:
        """See ``python_install.install_command``; what several projects lack is installed in the folder of each."""
        from .python_install import install_command

        asked = [(project.folder, part) for project, part in shares(self, report)]
        commands = [(folder, install_command(root, part, folder)) for folder, part in asked]
        wanted = [(folder, shlex.join(command)) for folder, command in commands if command is not None]
        return in_folders(wanted) if wanted else None


def shares(framework: Framework, report: TestReport) -> Iterator[tuple[PythonProject, TestReport]]:
    """The Python projects with failures in ``report``, each with its own of them and of the tests that passed; all of
    them where nothing failed."""
    projects = framework.projects if isinstance(framework, Pytest) else ()
    if not projects or not report.failures:
        yield from ((project, report) for project in projects or (PythonProject(),))
        return
    passed = dict(by_home(projects, report.passed_ids))
    for project, ids in by_home(projects, [failure.test_id for failure in report.failures]):
        named = set(ids)
        own = tuple(failure for failure in report.failures if failure.test_id in named)
        yield project, replace(report, failures=own, passed_ids=tuple(passed.get(project, ())))


@cache
def _plugin_files() -> dict[str, bytes]:
    folder = Path(__file__).parent
    return {f"aion_r_pytest_{name}.py": (folder / f"pytest_{name}.py").read_bytes() for name in MODULES}


def _settings(job: TestJob, part: Part) -> bytes:
    return json.dumps(
        {
            "root": str(job.root),
            "report": str(job.out / part.report),
            "stacks": str(job.out / part.stacks),
            "timeout": job.timeout,
            "ids": None if part.ids is None else list(part.ids),
            "lines": str(job.out / LINES) if job.coverage else None,
            "environment": {name: os.environ[name] for name in ("PYTHONPATH", "PYTEST_PLUGINS") if name in os.environ},
        }
    ).encode()


def _environment(job: TestJob, part: Part, interpreter: Interpreter) -> dict[str, str]:
    def before(first: str, name: str, separator: str) -> str:
        rest = os.environ.get(name, "")
        return f"{first}{separator}{rest}" if rest else first

    passed_on = "PYTHONPATH,PYTEST_PLUGINS,AION_R_PYTEST_RUN,PYTHONDONTWRITEBYTECODE"
    return {
        "AION_R_PYTEST_RUN": str(job.out / part.settings),
        "PYTHONPATH": before(str(job.out), "PYTHONPATH", os.pathsep),
        "PYTEST_PLUGINS": before(PLUGIN, "PYTEST_PLUGINS", ","),
        "PYTHONDONTWRITEBYTECODE": "1",  # a .pyc of the same second would hide the next candidate's edit
        "PATH": before(str(interpreter.folder), "PATH", os.pathsep),
        "TOX_OVERRIDE": f"testenv.pass_env+={passed_on}",
    }


def _own_command(job: TestJob, interpreter: Interpreter) -> tuple[tuple[str, ...], dict[str, str]]:
    """The user's command as arguments, and the variables that stand before it; a shell where it needs one."""
    text = job.test_command or ""
    if _SHELL.search(text) and os.name == "posix":
        return ("/bin/sh", "-c", text), {}
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"--test-command {text!r}: {error}") from error
    variables: dict[str, str] = {}
    while words and re.fullmatch(r"[A-Za-z_]\w*=.*", words[0], re.S):
        key, _, variables[key] = words.pop(0).partition("=")
    if not words:
        raise UsageError("--test-command is empty: give the command that runs the tests")
    path = os.pathsep.join((str(interpreter.folder), os.environ.get("PATH", "")))
    if os.sep not in words[0] and shutil.which(words[0], path=path) is None:
        raise TestsNotRun(f"--test-command: {words[0]} is not on PATH. Install it, or give another command.")
    return tuple(words), variables
