"""What every row of the registry keeps, on a project of its own: ``tests/projects/<framework>/contract``.

A new row fails here until it has such a project. Each project has an equality that fails, tests of odd names that fail
and that pass, tests that are left out, one that shouts what a report would say, and one that leaves a process behind.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations, count
from math import comb
from pathlib import Path
from typing import Any

import pytest

from aion_r.core.domain import Edit, Patch, RunOutcome, TestReport
from aion_r.core.errors import TestsNotRun, UsageError
from aion_r.tools.frameworks.node.node_installation import outside
from aion_r.tools.frameworks.node.node_project import Package
from aion_r.tools.frameworks.protocol import Detection, Framework, TestJob
from aion_r.tools.frameworks.registry import FRAMEWORKS, detect
from aion_r.tools.sandbox import open_sandbox
from aion_r.tools.sandbox.protocol import Command, Sandbox, View
from support.cases import Case, contract, numbers

TIMEOUT = 60.0
TIME_TO_HANG, TIME_TO_BUILD = 8.0, 12.0
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass
class Subject:
    """One framework's project in a sandbox, and the run of it that most tests look at."""

    case: Case
    root: Path
    sandbox: Sandbox
    framework: Framework
    detection: Detection
    view: View
    ticks: list[tuple[int, int]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    report: TestReport = field(init=False)

    def __post_init__(self) -> None:
        self.report = self.run(view=self.view, watch=self.ticks.append)
        self.left = processes_of(self.root, self.view.root)

    @property
    def spec(self) -> dict[str, Any]:
        return self.case.spec

    @property
    def every(self) -> list[str]:
        """The ids of all tests that ran."""
        return [*(failure.test_id for failure in self.report.failures), *self.report.passed_ids]

    def run(
        self,
        ids: Sequence[str] | None = None,
        patch: Patch | None = None,
        timeout: float = TIMEOUT,
        view: View | None = None,
        watch: Callable[[tuple[int, int]], None] = lambda counts: None,
    ) -> TestReport:
        """In ``view``, or in a fresh one with ``patch``."""
        if view is None:
            with self.sandbox.view(patch or Patch()) as fresh:
                return self.run(ids, None, timeout, fresh, watch)
        job = TestJob(view.root, view.out, ids, self.spec.get("command"), timeout)
        completed = view.run(self.framework.command(job), timeout, lambda: watch(self.framework.progress(job)))
        watch(self.framework.progress(job))
        return self.framework.parse(job, completed)

    def run_plain(self) -> str:
        """What the tool itself says, without our adapter; in a view, which ends what the project leaves behind."""
        plain = self.spec["plain"]
        with self.sandbox.view(Patch()) as view:
            said = view.out / "said"
            readable = outside(Package(self.root, ".")) if (self.root / "node_modules").is_dir() else ()
            view.run(Command(("sh", "-c", f"{plain} >{shlex.quote(str(said))} 2>&1"), readable=readable), TIMEOUT)
            return said.read_bytes().decode(errors="replace")

    def edited(self, path: str, search: str, replace: str) -> Patch:
        """The patch that replaces ``search``, which is there once, in ``path``."""
        before = (self.root / path).read_bytes()
        assert before.count(search.encode()) == 1
        return Patch((Edit(path, before, before.replace(search.encode(), replace.encode())),))


def processes_of(*roots: Path) -> list[str]:
    """The command lines that name one of ``roots``, of processes that run now; our own are none of them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if not {str(root) for root in roots}.isdisjoint(words):
            found.append(" ".join(words))
    return found


@contextmanager
def opened(case: Case, folder: Path, changed: Mapping[str, str] | None = None) -> Iterator[Subject]:
    """A copy of the project below ``folder``, with the texts of some files ``changed``, tested once."""
    (folder / "scratch").mkdir()
    root = case.copy(folder / "project")
    for name, text in (changed or {}).items():
        (root / name).write_text(text)
    framework, detection = detect(root, case.framework)
    sandbox = open_sandbox(root, scratch=folder / "scratch")
    with sandbox.view(Patch()) as view:
        yield Subject(case, root, sandbox, framework, detection, view)


@pytest.fixture(scope="module", params=[row.name for row in FRAMEWORKS])
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    case = contract(request.param)
    with opened(case, tmp_path_factory.mktemp(request.param)) as made:
        yield made


def test_detection_gives_a_reason_and_the_language(subject: Subject) -> None:
    detection = subject.detection
    assert (detection.framework, detection.language) == (subject.case.framework, subject.spec["language"])
    assert detection.language in subject.framework.languages or subject.case.options
    assert detection.reason and 0 < detection.confidence <= 1
    if not subject.case.options:
        assert detect(subject.root)[1] == detection, "it is found without being named"


def test_counts_equal_those_of_the_tool_itself(subject: Subject) -> None:
    text = subject.run_plain()
    report = subject.report
    said = {name: numbers(pattern, text) for name, pattern in subject.spec["summary"].items()}
    counted = {"passed": report.passed_tests, "failed": report.failing, "skipped": report.skipped_tests}
    assert said == counted, text[-2_000:]
    assert report.outcome is RunOutcome.COMPLETED and not report.all_passed
    assert report.total_tests == sum(counted.values()) == len(subject.every) + len(report.skipped_ids)
    assert len(report.failures) == report.failing and len(report.passed_ids) == report.passed_tests


def test_a_failed_equality_is_told_in_full(subject: Subject) -> None:
    wanted = subject.spec["equality"]
    (failure,) = [one for one in subject.report.failures if one.test_id == wanted["id"]]
    assert (failure.file, failure.line, failure.expected, failure.actual) == (
        wanted["file"], wanted["line"], wanted["expected"], wanted["actual"],
    )  # fmt: skip
    assert failure.message and failure.assertion_type


def test_tests_that_are_left_out_are_told_apart(subject: Subject) -> None:
    assert sorted(subject.report.skipped_ids) == sorted(subject.spec["skipped"])
    expected_to_fail = subject.spec.get("expected_failure")
    assert expected_to_fail is None or expected_to_fail in subject.report.passed_ids


def batches(ids: Sequence[str]) -> list[list[str]]:
    """Few groups such that of any two ids each is in a group without the other: every id has its own half of them."""
    size = next(n for n in count(2) if comb(n, n // 2) >= len(ids))
    codes = combinations(range(size), size // 2)
    groups: list[list[str]] = [[] for _ in range(size)]
    for name, code in zip(ids, codes, strict=False):
        for index in code:
            groups[index].append(name)
    return groups


def test_every_id_selects_exactly_its_test(subject: Subject) -> None:
    """Alone for the oddest; for all of them in groups: an id that chose another one would show in one of these."""
    every = subject.every
    assert len(set(every)) == len(every)
    failing = {failure.test_id for failure in subject.report.failures}
    groups = [] if subject.case.options else batches(every)  # a command of the user's own runs everything anyway
    for chosen in [*([name] for name in subject.spec["single"]), *groups]:
        report = subject.run(chosen, view=subject.view)
        assert sorted(failure.test_id for failure in report.failures) == sorted(failing & set(chosen))
        assert sorted(report.passed_ids) == sorted(set(chosen) - failing)
        assert report.total_tests == len(chosen)


def test_an_id_that_is_gone_selects_nothing(subject: Subject) -> None:
    report = subject.run([subject.every[0] + "_gone"], view=subject.view)
    assert (report.passed_tests, report.failed_tests, report.all_passed) == (0, 0, False)


def test_code_that_cannot_be_built_is_a_failure_at_its_place(subject: Subject) -> None:
    wanted = subject.spec["broken"]
    report = subject.run(patch=subject.edited(wanted["path"], wanted["search"], wanted["replace"]))
    assert report.failures and not report.all_passed and report.outcome in (RunOutcome.BUILD_FAILED, "completed")
    if "line" in wanted:
        assert (report.failures[0].file, report.failures[0].line) == (wanted["path"], wanted["line"]), report


def test_files_of_the_tests_are_known(subject: Subject) -> None:
    assert [path for path in subject.spec["tests"] if not subject.framework.is_test_file(path)] == []
    assert [path for path in subject.spec["sources"] if subject.framework.is_test_file(path)] == []


def test_progress_comes_and_never_goes_back(subject: Subject) -> None:
    passed, failed = zip(*subject.ticks, strict=True)
    assert list(passed) == sorted(passed) and list(failed) == sorted(failed)
    report = subject.report
    assert subject.case.options or (passed[-1], failed[-1]) == (report.passed_tests, report.failing)


def test_what_a_project_prints_is_data(subject: Subject) -> None:
    texts = [f"{one.message}{one.output}{one.expected}{one.actual}" for one in subject.report.failures]
    assert not [text for text in texts if CONTROL.search(text)]
    assert max(map(len, texts)) < 30_000
    assert not [name for name in [*subject.every, *subject.report.skipped_ids] if re.search(r"\blie\b|TestLie", name)]
    assert any("hidden" in text for text in texts)


def test_nothing_is_left_running(subject: Subject) -> None:
    assert any("leaves" in name.lower() for name in subject.report.passed_ids), "a process was started"
    assert subject.left == []


def test_a_suite_that_takes_too_long_tells_what_ran(subject: Subject) -> None:
    wanted = subject.spec["hang"]
    patch = subject.edited(wanted["path"], wanted["after"], wanted["after"] + wanted["code"])
    report = subject.run(patch=patch, timeout=TIME_TO_HANG + (TIME_TO_BUILD if subject.framework.incremental else 0.0))
    assert (report.outcome, report.all_passed) == (RunOutcome.TIMED_OUT, False)
    if "id" in wanted:
        assert [one.test_id for one in report.failures if one.assertion_type == "timeout"] == [wanted["id"]]
        assert len(report.failures) + report.passed_tests > 1, "what ran before is kept"
        assert set(report.passed_ids) <= set(subject.report.passed_ids)
    assert processes_of(subject.root) == []


def test_a_missing_toolchain_says_what_installs_it(
    subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hint = subject.spec.get("without_toolchain")
    if hint is None:
        with pytest.raises(UsageError, match="--test-command"):
            subject.framework.command(TestJob(subject.root, tmp_path))
        return
    root = subject.case.copy(tmp_path / "project")
    if subject.spec["language"] == "python":
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / ".venv"], check=True)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TestsNotRun, match=hint) as caught:
        subject.framework.command(TestJob(root, tmp_path))
    assert caught.value.exit_code == 3


def test_a_project_that_does_not_use_it_is_told_so(subject: Subject, tmp_path: Path) -> None:
    if subject.case.options:
        assert subject.framework.detect(tmp_path) is not None, "it fits every project, where it is asked for"
        return
    with pytest.raises(TestsNotRun, match=rf"No tests were found.*{subject.case.framework}: ") as caught:
        detect(tmp_path, subject.case.framework)
    assert caught.value.exit_code == 3


def test_a_manifest_of_any_shape_is_read_or_told(subject: Subject, tmp_path: Path) -> None:
    root = subject.case.copy(tmp_path / "project")
    for name, text in subject.spec.get("shapes", {}).items():
        path = root / name.partition(" ")[0]
        path.write_text(text)
        try:
            framework, detection = detect(root, subject.case.framework)
        except TestsNotRun as error:
            assert path.name in str(error) and error.exit_code == 3
            continue
        assert detection.framework == subject.case.framework and detection.reason
        assert framework.is_test_file(subject.spec["tests"][0])


def test_a_broken_manifest_is_named(subject: Subject, tmp_path: Path) -> None:
    wanted = subject.spec.get("manifest")
    if wanted is None:
        assert subject.case.options, "only a command of the user's own has no manifest"
        return
    try:
        with opened(subject.case, tmp_path, {wanted["path"]: wanted["text"]}) as broken:
            report = broken.report
    except TestsNotRun as error:
        assert wanted["path"] in str(error)
        return
    (failure,) = report.failures
    assert (report.outcome, failure.file) == (RunOutcome.BUILD_FAILED, wanted["path"])
    assert failure.line == wanted.get("line", failure.line) and failure.message
