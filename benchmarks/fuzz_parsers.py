"""Does any input make a parser fail? Real and whole reports, damaged in every way and read by the adapters.

``python -m aion_r.benchmarks.fuzz_parsers --parser NAME --minutes M [--seed N] [--keep DIR]``, NAME one of pytest,
junit, jest, mocha, vitest, go, cargo. A case fails when an adapter raises, takes more than ``--limit`` seconds of
processor time, takes much memory, or makes a report that breaks a promise: one that cannot be written and read back,
counts that do not add up, green with a failing test, paths that leave the project, text that still talks to a terminal.
Cases whose report looks new join those that are varied further. What fails is made small, and kept in DIR with its
story.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import faulthandler
import hashlib
import json
import math
import random
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from aion_r.benchmarks.fuzz_mutations import mutated, word
from aion_r.benchmarks.fuzz_seeds import PARSERS, ROOT, Seed, adapter, fresh, seeds
from aion_r.core import codec
from aion_r.core.domain import TestReport
from aion_r.core.errors import AionError
from aion_r.tools.frameworks.protocol import TestJob
from aion_r.tools.sandbox.protocol import Completed

MEMORY = 3 << 30
"""Bytes of address space that the process may take."""
WATCH = 1_200
"""Seconds after which ``faulthandler`` ends a process that hangs for good."""
MOST_GROWTH = 100 << 20
MOST_TEXT = 25_000
"""Characters of one field of a failure."""
_UNCLEAN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x9b\ud800-\udfff\u202a-\u202e]")
_SOURCES = {  # where reports point at
    "test_a.py": "import pkg\n\ndef test_b():\n    assert 1 == 2\n", "pkg/calc.py": "def add():\n    return 1\n",
    "a.test.js": "it('a', () => {\n});\n", "b.test.js": "syntax error(\n", "src/calc.js": "", "spec/a.rb": "",
    "lib/a.rb": "",
    "src/test/java/com/acme/CalcTest.java": "", "src/main/java/com/acme/Calc.java": "", "src/lib.rs": "fn one() {}\n",
    "tests/smoke.rs": "#[test]\nfn a() {\n    assert_eq!(1, 2);\n}\n", "go.mod": "module example.com/m\n",
    "calc/a_test.go": 'package calc\n\nfunc TestA(t *testing.T) {\n\tt.Errorf("got %d, want %d", 1, 2)\n}\n',
}  # fmt: skip


class TooSlow(Exception):
    """One call took more processor time than it may."""


@dataclass(frozen=True)
class Finding:
    """What was wrong with a case. ``where`` tells findings apart."""

    where: str
    story: str


@dataclass
class Arena:
    """A folder with a project and one with results; ``try_out`` has one case read there."""

    parser: str
    folder: Path
    limit: float = 5.0
    peak: int = 0

    def __post_init__(self) -> None:
        self.root, self.out = self.folder / "project", self.folder / "out"
        for name, text in _SOURCES.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text, encoding="utf-8")
        self.out.mkdir(exist_ok=True)
        self.shape: object = None

    def try_out(self, case: Seed) -> Finding | None:
        """What is wrong with the case, or ``None``. ``shape`` is then what its report looks like from afar."""
        job, completed = self._lay_out(case)
        self.peak = _peak()
        try:
            with _hurry(self.limit):
                framework = adapter(self.parser)
                first, again = framework.progress(job), framework.progress(job)
                report = framework.parse(job, completed)
                missing = framework.missing_dependency(job.root, report)
            with _hurry(4 * self.limit):
                faults = [*progress_faults(first, again), *report_faults(report), *codec_faults(report)]
                faults += _text_faults("dependency", missing or "")
        except AionError:
            return None
        except Exception as error:  # noqa: BLE001 - whatever escapes is what is sought
            return Finding(_origin(error), "".join(traceback.format_exception(error))[-6_000:])
        size = sum(map(len, case.files.values())) + len(case.completed.output)
        if _peak() - self.peak > MOST_GROWTH + 30 * size:
            faults.append(f"memory: grew by {(_peak() - self.peak) >> 20} MB on {size} bytes")
        self.shape = _shape(report)
        return Finding(faults[0].partition(":")[0], "\n".join(faults)[:6_000]) if faults else None

    def _lay_out(self, case: Seed) -> tuple[TestJob, Completed]:
        for old in self.out.iterdir():
            old.unlink()
        place = str(self.root).encode()
        for name, content in case.files.items():
            (self.out / name).write_bytes(content.replace(ROOT.encode(), place))
        output = case.completed.output.replace(ROOT.encode(), place)
        return TestJob(self.root, self.out, case.ids), dataclasses.replace(case.completed, output=output)


@contextlib.contextmanager
def _hurry(seconds: float) -> Iterator[None]:
    """Processor time, for the machine may be loaded."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise TooSlow(f"more than {seconds:.3g} s")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _origin(error: BaseException) -> str:
    """The exception's class and the innermost place of ours that it passed."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/frameworks/" in frame.filename or "/core/" in frame.filename] or list(frames)
    return f"{type(error).__name__} in {Path(ours[-1].filename).name}, {ours[-1].name}"


# --- promises ---------------------------------------------------------------------------------------------------------
def progress_faults(first: tuple[int, int], again: tuple[int, int]) -> Iterator[str]:
    """Progress never goes back, and nothing new in the file changes nothing."""
    if min(first) < 0 or any(type(number) is not int for number in first):
        yield f"progress: {first}"
    if any(later < earlier for earlier, later in zip(first, again, strict=True)):
        yield f"progress went back: {first}, {again}"


def report_faults(report: TestReport) -> Iterator[str]:
    """Every promise that ``report`` breaks, its name before a colon."""
    counts = (report.passed_tests, report.failed_tests, report.error_tests, report.skipped_tests)
    if any(type(number) is not int or number < 0 for number in (*counts, report.total_tests)):
        yield f"counts are numbers: {counts}"
    if sum(counts) != report.total_tests:
        yield f"counts add up: {counts} for {report.total_tests}"
    if report.failing != len(report.failures):
        yield f"failures are counted: {report.failing} for {len(report.failures)}"
    if report.all_passed and (report.failures or report.failing):
        yield "green means green: all passed, and yet there are failures"
    if len(report.passed_ids) > report.passed_tests or len(report.skipped_ids) > report.skipped_tests:
        yield f"ids are counted: {len(report.passed_ids)} passed, {len(report.skipped_ids)} skipped for {counts}"
    if not math.isfinite(report.duration_ms) or report.duration_ms < 0:
        yield f"duration: {report.duration_ms}"
    yield from _text_faults("message", report.message)
    for name in (*report.passed_ids, *report.skipped_ids):
        yield from _text_faults("id", name)
    for failure in report.failures:
        yield from _place_faults("file", failure.file, failure.line, absolute=False)
        for field_ in ("test_id", "message", "assertion_type", "expected", "actual", "output", "file"):
            yield from _text_faults(field_, getattr(failure, field_) or "")
        for frame in failure.stack:
            yield from _place_faults("frame", frame.file, frame.line, absolute=True)
            yield from _text_faults("function", f"{frame.file}{frame.function}")


def _text_faults(name: str, text: str) -> Iterator[str]:
    if len(text) > MOST_TEXT:
        yield f"{name} is short: {len(text)} characters"
    found = _UNCLEAN.search(text)
    if found:
        yield f"{name} is clean: {text[max(0, found.start() - 40) : found.end() + 40]!r}"


def _place_faults(name: str, file: str | None, line: int | None, *, absolute: bool) -> Iterator[str]:
    if line is not None and (type(line) is not int or not 0 < line < 1 << 53):
        yield f"{name}'s line: {line!r:.100}"
    if file is None:
        return
    if ".." in re.split(r"[/\\]", file):
        yield f"{name} stays inside: {file[:300]!r}"
    if not absolute and (file.startswith(("/", "\\", "~/")) or re.match(r"[A-Za-z]:[/\\]|\w+://|$", file)):
        yield f"{name} is relative: {file[:300]!r}"


def codec_faults(report: TestReport) -> Iterator[str]:
    """A checkpoint of it can be written and read back."""
    if codec.load(TestReport, codec.dump_json(report)) != report:
        yield "codec: the report read back differs"


def _shape(report: TestReport) -> object:
    """What the search for new behaviour goes by: kinds and magnitudes, no texts."""

    def rough(number: int) -> int:
        return min(number, 3)

    kinds = frozenset(
        (
            f.file is None,
            f.line is None,
            f.expected is None,
            rough(len(f.stack)),
            re.sub(r"\d+", "0", f.assertion_type or "")[:12],
        )
        for f in report.failures[:20]
    )
    counts = (rough(n) for n in (report.passed_tests, report.failed_tests, report.error_tests, report.skipped_tests))
    return report.outcome, re.sub(r"[^a-z ]", "", report.message)[:24], *counts, kinds


# --- searching and shrinking ------------------------------------------------------------------------------------------
def varied(rng: random.Random, corpus: list[Seed]) -> Seed:
    """A damaged variant of one of the corpus."""
    case, other = rng.choice(corpus), rng.choice(corpus)
    files, done = dict(case.files), case.completed
    for name in rng.sample(sorted(files), k=min(len(files), rng.choice((1, 1, 1, 2)))):
        files[name] = mutated(rng, files[name], other.files.get(name, b""))
    if rng.random() < 0.15:
        done = dataclasses.replace(done, output=mutated(rng, done.output or word(rng).encode("utf-8", "replace")))
    if rng.random() < 0.15:
        status = rng.choice((0, 1, 2, 5, 124, 137, -9, -11, 255, 3221225477, -1))
        done = dataclasses.replace(done, returncode=status, timed_out=rng.random() < 0.3)
    ids = (*(case.ids or ()), word(rng)) if rng.random() < 0.03 else case.ids if rng.random() < 0.98 else None
    return Seed(files, done, ids)


def shrunk(case: Seed, fails: Callable[[Seed], bool], seconds: float = 20.0) -> Seed:
    """A smaller case that fails alike: files, then pieces of halving size, are left out as long as it does."""
    end = time.process_time() + seconds
    for name in sorted(case.files):
        case = _with(case, name, _smaller(case, name, fails, end))
    without = dataclasses.replace(case, completed=dataclasses.replace(case.completed, output=b""))
    return without if fails(without) else case


def _with(case: Seed, name: str, content: bytes) -> Seed:
    return dataclasses.replace(case, files={**case.files, name: content})


def _smaller(case: Seed, name: str, fails: Callable[[Seed], bool], end: float) -> bytes:
    content = case.files[name]
    if fails(_with(case, name, b"")):
        return b""
    for parts in (content.splitlines(keepends=True), None):
        pieces = parts if parts is not None else [content[at : at + 1] for at in range(len(content))]
        size = max(1, len(pieces) // 2)
        while size and time.process_time() < end:
            pieces = _thinned(pieces, size, lambda text: fails(_with(case, name, text)), end)
            size //= 2
        content = b"".join(pieces)
    return content


def _thinned(pieces: list[bytes], size: int, fails: Callable[[bytes], bool], end: float) -> list[bytes]:
    """The pieces without those runs of ``size`` that are not needed."""
    at = 0
    while at < len(pieces) and time.process_time() < end:
        rest = pieces[:at] + pieces[at + size :]
        if fails(b"".join(rest)):
            pieces = rest
        else:
            at += size
    return pieces


@dataclass
class Campaign:
    """One parser's fuzzing."""

    parser: str
    rng: random.Random
    arena: Arena
    keep: Path | None = None
    shrink: float = 20.0
    most: int = sys.maxsize
    cases: int = 0
    found: dict[str, Finding] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)

    def run(self, seconds: float, corpus: list[Seed]) -> None:
        """Try the seeds as they are, then variants, for ``seconds`` of wall time."""
        end, shapes = time.monotonic() + seconds, set[object]()
        for case in list(corpus):
            self._try(case, shapes)
        while time.monotonic() < end and self.cases < self.most:
            try:
                with _hurry(4 * self.arena.limit):
                    case = varied(self.rng, corpus)
            except TooSlow:
                continue
            if self._try(case, shapes) and len(corpus) < 3_000 and sum(map(len, case.files.values())) < 200_000:
                corpus.append(case)
        faulthandler.cancel_dump_traceback_later()

    def _try(self, case: Seed, shapes: set[object]) -> bool:
        """Whether the case showed something new and was read as it should be."""
        if self.cases % 500 == 0:  # code that never comes back to the interpreter feels no alarm
            faulthandler.dump_traceback_later(WATCH, exit=True)
        self.cases += 1
        finding = self.arena.try_out(case)
        if finding is not None:
            self._note(case, finding)
            return False
        fresh_one = self.arena.shape not in shapes
        shapes.add(self.arena.shape)
        return fresh_one

    def _note(self, case: Seed, finding: Finding) -> None:
        self.times[finding.where] = self.times.get(finding.where, 0) + 1
        if finding.where in self.found:
            return

        def fails(smaller: Seed) -> bool:
            again = self.arena.try_out(smaller)
            return again is not None and again.where == finding.where

        if fails(case):  # memory shows once only
            case = shrunk(case, fails, self.shrink)
            finding = self.arena.try_out(case) or finding
        self.found[finding.where] = finding
        print(f"{self.parser}: {finding.where}\n{finding.story}\n", file=sys.stderr, flush=True)
        if self.keep is not None:
            keep(self.keep, self.parser, case, finding)


def keep(folder: Path, parser: str, case: Seed, finding: Finding) -> None:
    """Write a case and its story below ``folder``; ``read`` takes it up again."""
    place = folder / f"{parser}-{hashlib.sha256(finding.where.encode()).hexdigest()[:8]}"
    place.mkdir(parents=True, exist_ok=True)
    for name, content in case.files.items():
        (place / name).write_bytes(content)
    (place / "output.bin").write_bytes(case.completed.output)
    done = {
        "returncode": case.completed.returncode,
        "timed_out": case.completed.timed_out,
        "seconds": case.completed.seconds,
    }
    story = {"parser": parser, "ids": case.ids, **done, "where": finding.where}
    (place / "case.json").write_text(json.dumps(story, indent=1), encoding="utf-8")
    (place / "story.txt").write_text(finding.story, encoding="utf-8", errors="backslashreplace")


def read(place: Path) -> tuple[str, Seed]:
    """A kept case: its parser, and what to read."""
    story = json.loads((place / "case.json").read_text(encoding="utf-8"))
    names = [path for path in place.iterdir() if path.name not in ("case.json", "story.txt", "output.bin")]
    output = (place / "output.bin").read_bytes() if (place / "output.bin").is_file() else b""
    done = Completed(story["returncode"], output, story["seconds"], story["timed_out"])
    ids = None if story["ids"] is None else tuple(story["ids"])
    return story["parser"], Seed({path.name: path.read_bytes() for path in names}, done, ids)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parser", choices=PARSERS, action="append", help="several are fuzzed in turn; all without it")
    parser.add_argument("--minutes", type=float, default=1.0, help="for each parser")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="where failing cases are written")
    parser.add_argument("--limit", type=float, default=5.0, help="seconds of processor time for one call")
    parser.add_argument("--again", type=Path, help="try one kept case and end")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.RLIM_INFINITY))
    faulthandler.enable()
    if options.again:
        name, case = read(options.again)
        with tempfile.TemporaryDirectory() as folder:
            finding = Arena(name, Path(folder).resolve(), options.limit).try_out(case)
        print(finding.story if finding else "nothing is wrong with it")
        raise SystemExit(finding is not None)
    wrong = sum(fuzz(name, options) for name in options.parser or PARSERS)
    raise SystemExit(wrong > 0)


def fuzz(name: str, options: argparse.Namespace) -> int:
    """Fuzz one parser and print the figures; the number of findings."""
    corpus, started = [*seeds(name), *fresh(name)], time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        arena = Arena(name, Path(folder).resolve(), options.limit)
        campaign = Campaign(name, random.Random(f"{name}{options.seed}"), arena, options.keep)
        try:
            campaign.run(options.minutes * 60, corpus)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
    seconds = time.process_time() - started
    print(f"{name}: {campaign.cases} cases, {seconds:.0f} s of processor time, {len(corpus)} in the corpus, "
          f"{len(campaign.found)} findings", flush=True)  # fmt: skip
    for where in campaign.found:
        print(f"  {where} ({campaign.times[where]} times)")
    return len(campaign.found)


if __name__ == "__main__":
    main()
