"""Do the parsers lose anything? Real suites by the hundred, run by the real tools and compared with what they count.

``python -m aion_r.benchmarks.parsers go cargo [--suites 100] [--go PROGRAM]`` makes random suites whose outcome is
known, runs them through the adapter and once more with the plain tool, and compares: counts with the tool's own,
names, places, and the values of equality assertions with what was written. ``--scale`` parses reports of 10² to 10⁵
tests as the tools print them; ``--real N`` has the tool run N tests and sets parsing beside it. ``--go``, ``--cargo``
name the tools' programs. A framework is a module beside this one and a row in ``sections``.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aion_r.core.domain import TestReport
from aion_r.tools.frameworks.protocol import Framework, TestJob
from aion_r.tools.sandbox.protocol import Completed


@dataclass(frozen=True)
class Known:
    """A test that was written to fail: where, and with which values where it compares two."""

    file: str
    line: int
    expected: str | None = None
    actual: str | None = None


@dataclass
class Score:
    """What a section found."""

    suites: int = 0
    tests: int = 0
    counts_right: int = 0
    names_right: int = 0
    failures: int = 0
    places_right: int = 0
    equalities: int = 0
    values_right: int = 0
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The figures, one a line."""
        yield f"suites {self.suites}, tests {self.tests}"
        yield f"counts equal to the tool's own: {self.counts_right} of {self.suites} suites"
        yield f"every failing test named: {self.names_right} of {self.suites} suites"
        yield f"file and line right: {self.places_right} of {self.failures}"
        yield f"expected and actual right: {self.values_right} of {self.equalities}"
        yield from (f"  {line}" for line in self.wrong[:20])


def run_adapter(framework: Framework, root: Path, timeout: float = 900.0) -> tuple[TestReport, Completed, float]:
    """One run as a view would make it: the report, how it ended, and the seconds of the processor that parsing took."""
    with tempfile.TemporaryDirectory() as out:
        job = TestJob(root, Path(out), timeout=timeout)
        command = framework.command(job)
        for name, content in command.files.items():
            (job.out / name).write_bytes(content)
        started = time.monotonic()
        done = subprocess.run(
            command.argv, cwd=root, env={**os.environ, **command.env}, capture_output=True, check=False
        )
        completed = Completed(done.returncode, done.stdout + done.stderr, time.monotonic() - started)
        started = time.process_time()
        report = framework.parse(job, completed)
        return report, completed, time.process_time() - started


def write(root: Path, files: dict[str, str]) -> None:
    """Write a project."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def compare(score: Score, report: TestReport, known: dict[str, Known], files: dict[str, str]) -> None:
    """Places and values of ``report`` against what was written to fail."""
    found = {failure.test_id: failure for failure in report.failures}
    for name, truth in known.items():
        failure = found.get(name)
        score.failures += 1
        right = failure is not None and (failure.file, failure.line) == (truth.file, truth.line)
        score.places_right += right
        if not right:
            score.wrong.append(f"place of {name}: {failure and (failure.file, failure.line)} for {truth}")
        if truth.expected is not None:
            score.equalities += 1
            same = failure is not None and (failure.expected, failure.actual) == (truth.expected, truth.actual)
            score.values_right += same
            if not same:
                line = files[truth.file].splitlines()[truth.line - 1].strip()
                score.wrong.append(f"values of {name}: {failure and (failure.expected, failure.actual)} for {line}")


@dataclass(frozen=True)
class Section:
    """What is known of one framework. ``condensed`` does what our runner does to the tool's report as it comes."""

    make: Callable[[], Framework]
    run: Callable[[int, Path, random.Random], Score]
    report: Callable[[int], bytes]
    condensed: Callable[[bytes, Path], None]
    project: Callable[[int], dict[str, str]]
    plain: list[str]


def sections() -> dict[str, Section]:
    """The frameworks by name."""
    from aion_r.benchmarks import parsers_cargo as rust
    from aion_r.benchmarks import parsers_go as go
    from aion_r.tools.frameworks.golang.go import Go
    from aion_r.tools.frameworks.rust.cargo import Cargo

    return {
        "go": Section(Go, go.go_section, go.go_report, go.go_condensed, go.go_project, go.GO_PLAIN),
        "cargo": Section(
            Cargo, rust.cargo_section, rust.cargo_report, rust.cargo_condensed, rust.cargo_project,
            rust.CARGO_PLAIN,
        ),
    }  # fmt: skip


def scale(name: str, section: Section) -> None:
    """Time and memory of parsing, for 10² to 10⁵ tests; what the runner needs meanwhile is told apart."""
    for power in range(2, 6):
        report = section.report(10**power)
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            started = time.process_time()
            section.condensed(report, out)
            condensing = time.process_time() - started
            job, completed = TestJob(out / "gone", out), Completed(1, b"", 1.0)
            started = time.process_time()
            parsed = section.make().parse(job, completed)
            parsing = time.process_time() - started
            tracemalloc.start()
            section.make().parse(job, completed)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            kept = sum(path.stat().st_size for path in out.iterdir())
        assert (parsed.total_tests, parsed.failed_tests) == (10**power, 10 ** (power - 1)), parsed.total_tests
        print(
            f"{name} 10^{power}: condensed in {condensing * 1000:.0f} ms, parsed in {parsing * 1000:.0f} ms; "
            f"the tool's report {len(report) / 1e6:.2f} MB, ours {kept / 1e6:.2f} MB, peak {peak / 1e6:.2f} MB, "
            f"{peak / len(report):.2f} x the tool's report"
        )


def real(name: str, section: Section, tests: int, rounds: int = 3) -> None:
    """The tool by itself, the tool under the adapter, and parsing, each the best of some rounds, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        write(root, section.project(tests))
        subprocess.run(section.plain, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        rows = []
        for _ in range(rounds):
            started = time.monotonic()
            subprocess.run(section.plain, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            alone = time.monotonic() - started
            report, completed, parsing = run_adapter(section.make().for_project(root), root)
            assert report.total_tests == tests, report.total_tests
            rows.append((alone, completed.seconds, parsing))
    alone, under, parsing = (min(column) for column in zip(*rows, strict=True))
    print(
        f"{name}, {tests} tests: {section.plain[0]} alone {alone:.2f} s, under the adapter {under:.2f} s, "
        f"parsed in {parsing * 1000:.0f} ms: {parsing / alone:.3f} of the tool's time"
    )


def main() -> None:
    """See the module."""
    known = sections()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("frameworks", nargs="*", default=list(known), help=f"of {', '.join(known)}")
    parser.add_argument("--suites", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scale", action="store_true")
    parser.add_argument("--real", type=int, metavar="N")
    for name in known:
        parser.add_argument(f"--{name}", metavar="PROGRAM", help=f"the {name} to use instead of the one on PATH")
    options = parser.parse_args()
    for name in options.frameworks:
        if program := getattr(options, name):
            os.environ["PATH"] = f"{Path(program).resolve().parent}{os.pathsep}{os.environ.get('PATH', '')}"
        if options.scale:
            scale(name, known[name])
        elif options.real:
            real(name, known[name], options.real)
        else:
            with tempfile.TemporaryDirectory() as folder:
                score = known[name].run(options.suites, Path(folder).resolve(), random.Random(options.seed))
            print(f"## {name}", *score.lines(), sep="\n")


if __name__ == "__main__":
    main()
