"""pytest, run in the project's own interpreter, its results taken from a plugin that survives a hard crash."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePosixPath

from ....core.domain import TestReport
from ....core.errors import TestsNotRun, UsageError
from ...sandbox.protocol import Command, Completed
from ..foreign import FOREIGN
from ..protocol import Detection, TestJob
from .interpreter import Interpreter, find_interpreter
from .pytest_config import PytestConfig, find_manifest, find_test_file, read_config
from .pytest_lines import LINES, read_lines
from .pytest_records import Events, read_records
from .pytest_report import build_report

PLUGIN = "aion_r_pytest_plugin"
MODULES = ("plugin", "session", "values", "expectation", "operands", "watchdog", "coverage", "statements")
REPORT, STACKS, SETTINGS = "aion_r_pytest.jsonl", "aion_r_pytest_stacks.txt", "aion_r_pytest_run.json"
_SHELL = re.compile(r"[|&;<>()$`\n]")


@dataclass
class Pytest:
    """The adapter. ``config`` is what the project's files say; ``for_project`` reads it."""

    name: str = "pytest"
    languages: tuple[str, ...] = ("python",)
    incremental: bool = False
    config: PytestConfig = field(default_factory=PytestConfig)
    _progress: dict[Path, tuple[int, int, int]] = field(default_factory=dict, repr=False)

    def for_project(self, root: Path) -> Pytest:
        """The same adapter, knowing the configuration of ``root``."""
        return replace(self, config=read_config(root), _progress={})

    def detect(self, root: Path) -> Detection | None:
        """By pytest's configuration, else by the first test file found; a lone one may be any language's script."""
        config = read_config(root)
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
        interpreter = find_interpreter(job.root)
        argv, extra = (
            ((*interpreter.argv, "-m", "pytest"), {}) if job.test_command is None else _own_command(job, interpreter)
        )
        self._progress.pop(job.out, None)
        return Command(
            argv=argv,
            env={**_environment(job, interpreter), **extra},
            files={**_plugin_files(), REPORT: b"", STACKS: b"", SETTINGS: _settings(job)},
            readable=interpreter.readable,
        )

    def parse(self, job: TestJob, completed: Completed) -> TestReport:
        """Counts equal pytest's own summary; see ``pytest_report`` for what counts as what."""
        events = Events()
        for record in read_records(job.out / REPORT):
            events.add(record)
        report = build_report(events, completed, _read_text(job.out / STACKS), job.root)
        return replace(report, coverage=read_lines(job.out, self.is_test_file))

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
        passed += fresh.count(b'{"k":"report","c":"passed"') + fresh.count(b'{"k":"report","c":"xpassed"')
        failed += fresh.count(b'{"k":"report","c":"failed"') + fresh.count(b'{"k":"report","c":"error"')
        self._progress[job.out] = (offset + len(fresh), passed, failed)
        return passed, failed

    def is_test_file(self, path: str) -> bool:
        """See ``PytestConfig.is_test_file``."""
        return self.config.is_test_file(path)

    def missing_dependency(self, root: Path, report: TestReport) -> str | None:
        """See ``dependencies.missing_dependency``."""
        from .dependencies import missing_dependency

        return missing_dependency(root, report)

    def install_command(self, root: Path, report: TestReport) -> tuple[str, ...] | None:
        """See ``python_install.install_command``."""
        from .python_install import install_command

        return install_command(root, report)


@cache
def _plugin_files() -> dict[str, bytes]:
    folder = Path(__file__).parent
    return {f"aion_r_pytest_{name}.py": (folder / f"pytest_{name}.py").read_bytes() for name in MODULES}


def _settings(job: TestJob) -> bytes:
    return json.dumps(
        {
            "root": str(job.root),
            "report": str(job.out / REPORT),
            "stacks": str(job.out / STACKS),
            "timeout": job.timeout,
            "ids": None if job.ids is None else list(job.ids),
            "lines": str(job.out / LINES) if job.coverage else None,
            "environment": {name: os.environ[name] for name in ("PYTHONPATH", "PYTEST_PLUGINS") if name in os.environ},
        }
    ).encode()


def _environment(job: TestJob, interpreter: Interpreter) -> dict[str, str]:
    def before(first: str, name: str, separator: str) -> str:
        rest = os.environ.get(name, "")
        return f"{first}{separator}{rest}" if rest else first

    passed_on = "PYTHONPATH,PYTEST_PLUGINS,AION_R_PYTEST_RUN,PYTHONDONTWRITEBYTECODE"
    return {
        "AION_R_PYTEST_RUN": str(job.out / SETTINGS),
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


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes()[:400_000].decode("utf-8", "replace")
    except OSError:
        return ""
