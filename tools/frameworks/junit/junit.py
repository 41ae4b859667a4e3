"""Any runner whose command writes JUnit's XML: ``--test-command CMD --framework junit``.

The runner is unknown, so its own way of selecting tests is too: ``ids`` narrow what is reported, not what is run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ....core.domain import TestReport
from ....core.errors import UsageError
from ...sandbox.protocol import Command, Completed
from ..node.node_files import is_test_file as is_node_test_file
from ..protocol import Detection, Framework, TestJob
from ..python.pytest_config import PytestConfig
from .junit_report import JUnitRun, build_report
from .junit_xml import NotJUnit, read

COLLECTOR, START = "aion_r_junit_collect.sh", "aion_r_junit_start"
_LANGUAGES = {
    "pom.xml": "java", "build.gradle": "java", "build.gradle.kts": "kotlin", "build.sbt": "scala", "Gemfile": "ruby",
    "composer.json": "php", "mix.exs": "elixir", "Package.swift": "swift", "pubspec.yaml": "dart", "*.sln": "csharp",
    "*.csproj": "csharp", "CMakeLists.txt": "cpp", "meson.build": "cpp", "go.mod": "go", "Cargo.toml": "rust",
    "package.json": "javascript", "pyproject.toml": "python", "setup.py": "python",
}  # fmt: skip
_TESTS = re.compile(
    r"(?:^|[/_.-])(?:tests?|specs?|__tests__|testing)/|^src/(?:test|androidtest|integrationtest)/"
    r"|(?:^|/)(?:test[_-][^/]*|[^/]*[_.-](?:tests?|spec))\.\w+$"
    r"|(?:^|/)(?:pom\.xml|build\.gradle(?:\.kts)?|settings\.gradle(?:\.kts)?|gradle\.properties|build\.sbt|gemfile(?:\.lock)?|rakefile"
    r"|\.rspec|phpunit(?:\.[\w.]+)?\.xml(?:\.dist)?|composer\.(?:json|lock)|mix\.exs|package\.swift|pubspec\.yaml|testng\.xml"
    r"|[^/]*\.(?:csproj|sln|runsettings|fsproj)|cmakelists\.txt|ctestconfig\.cmake|meson\.build|makefile|karma\.conf\.js)$"
)
_CAMEL = re.compile(r"(?:^|/)(?:Test[A-Z]\w*|\w*[a-z0-9](?:Tests?|TestCase|Spec|Cest|IT))\.\w+$")
_TIME_TO_COLLECT = 2.0


@dataclass
class JUnit:
    """The adapter."""

    name: str = "junit"
    languages: tuple[str, ...] = tuple(dict.fromkeys((*_LANGUAGES.values(), "typescript", "c")))
    incremental: bool = False

    def detect(self, root: Path) -> Detection | None:
        """Always fits, with the least confidence: it is used where it is asked for."""
        found = next((language for name, language in _LANGUAGES.items() if next(root.glob(name), None)), "unknown")
        return Detection(self.name, found, "asked for: the command writes JUnit XML", 0.01)

    def for_project(self, root: Path) -> Framework:
        """The same adapter."""
        return self

    def command(self, job: TestJob) -> Command:
        """The user's command; what XML files it wrote is kept in ``out``, also when it takes too long."""
        if not (job.test_command or "").strip():
            raise UsageError('--framework junit needs the command that writes JUnit XML: --test-command "CMD"')
        seconds = max(job.timeout - _TIME_TO_COLLECT, job.timeout * 0.8)
        argv = ("/bin/sh", str(job.out / COLLECTOR), str(job.out), f"{seconds:.3f}", job.test_command or "")
        for old in job.out.glob("aion_r_junit_*.xml"):
            old.unlink()
        return Command(argv, files={COLLECTOR: (Path(__file__).parent / "junit_collect.sh").read_bytes(), START: b""})

    def parse(self, job: TestJob, completed: Completed) -> TestReport:
        """The records of the XML files that the command wrote."""
        run = JUnitRun(job.root, None if job.ids is None else frozenset(job.ids))
        for path in sorted(job.out.glob("aion_r_junit_*.xml")):
            try:
                run.broken |= not read(path, run.add)
                run.files += 1
            except (NotJUnit, OSError):
                continue
        return build_report(run, completed, job.timeout)

    def progress(self, job: TestJob) -> tuple[int, int]:
        """Nothing is known before the end."""
        return 0, 0

    def is_test_file(self, path: str) -> bool:
        """By the conventions of many languages: the runner's own are not known."""
        plain = PurePosixPath(path.replace("\\", "/").casefold()).as_posix()
        own = _TESTS.search(plain) or _CAMEL.search(path)
        return bool(own) or is_node_test_file(path) or PytestConfig().is_test_file(path)

    def missing_dependency(self, root: Path, report: TestReport) -> str | None:
        """Not known for an unknown runner."""
        return None
