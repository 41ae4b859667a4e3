"""Does the adapter of pytest lose anything? See ``parsers.py``; pytest of several majors, each in an environment of its own.

``python -m aion_r.benchmarks.parsers_pytest FOLDER [--pytest 7.4 8 9] [--suites 100] [--scale]`` makes virtual
environments below FOLDER (by pip, once), random test files whose outcome is known, runs them through the adapter and
once more with the plain tool, and compares file by file with what plain ``pytest -v`` prints: its counts and the
names of what fails. Places and values are compared with what was written.
"""


# ruff: noqa: E501 - sources, each a line

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aion_r.benchmarks.parsers import Known, Score, compare, run_adapter, write
from aion_r.core.domain import TestReport
from aion_r.tools.frameworks.protocol import TestJob
from aion_r.tools.frameworks.python.pytest import REPORT, Pytest
from aion_r.tools.sandbox.protocol import Completed

VALUES: list[Callable[[random.Random], object]] = [
    lambda r: r.randint(-99, 99),
    lambda r: (
        r.choice(
            ["alpha", "two words", "line\nline", "quo'te", 'dou"ble', "ünï \N{PARTY POPPER}", "a: b", "\x1b[31m", ""]
        )
        + str(r.randint(0, 9))
    ),
    lambda r: [r.randint(0, 9) for _ in range(3)],
    lambda r: {"a": r.randint(0, 99), "b": [r.randint(0, 9)]},
    lambda r: (r.randint(0, 99), "x"),
    lambda r: {r.randint(0, 99)},
    lambda r: r.choice([None, True, False]),
    lambda r: r.randint(0, 99) + 0.5,
    lambda r: bytes([r.randint(0, 255)]),
]
IDS = [
    "plain",
    "a b",
    "a/b",
    "x::y",
    "[z]",
    "]",
    "\x1b[31m",
    "ünï",
    "a\nb",
    "back\\slash",
    "%s",
    "'q'",
    '"',
    "",
    " > ",
    "-k",
    "#1",
]
HEAD = ["import unittest", "", "import pytest", "", "import checks", "", "", "def same(x):", "    return x"]
CHECKS = "def check(value, expected):\n    assert value == expected\n"
CONFTEST = "import pytest\n\n\n@pytest.fixture\ndef broken():\n    raise OSError('no')\n\n\n@pytest.fixture\ndef late():\n    yield\n    raise OSError('late')\n"
MODULE_ENDS = ["skip", "importorskip", "missing", "syntax", "raises"]
_LINE = re.compile(r"^(?P<id>\S+\.py::.*?) (?P<end>PASSED|SKIPPED|XFAIL|XPASS)(?: \(.*\))?$")
_BAD = re.compile(r"^(?:FAILED|ERROR|SUBFAILED.*?) (\S+\.py(?:::.*?)?)(?: - .*)?$", re.M)
_ENDS = {"PASSED": "passed", "XPASS": "passed", "SKIPPED": "skipped", "XFAIL": "skipped"}


class Suite:
    """One test file under construction, and the tests of it that fail."""

    def __init__(self, rng: random.Random, file: str, major: float) -> None:
        self.rng, self.file, self.major = rng, file, major
        self.lines, self.known = [*HEAD], dict[str, Known]()

    def add(self, *lines: str) -> int:
        """Write lines; the number of the last one."""
        self.lines += lines
        return len(self.lines)

    def fails(
        self, name: str, line: int, expected: object = None, actual: object = None, *, values: bool = True
    ) -> None:
        """Note that a test fails in ``line``, comparing the values whose representations are given."""
        told = (str(expected), str(actual)) if values else (None, None)
        self.known[f"{self.file}::{name}"] = Known(self.file, line, *told)

    def pair(self) -> tuple[str, str]:
        """Two different values of one type, as source: the expected and the actual one."""
        maker = self.rng.choice(VALUES)
        expected, actual = maker(self.rng), maker(self.rng)
        while actual == expected or repr(actual) == repr(expected):
            actual = maker(self.rng)
        return repr(expected), repr(actual)


def equal(suite: Suite, name: str) -> None:
    expected, actual = suite.pair()
    form = suite.rng.randrange(6)
    suite.add("", "", f"def {name}():")
    if suite.rng.random() < 0.3:
        suite.add("    print('seen')")
    if form == 0:
        suite.add(f"    expected = {expected}")
    text = [
        "assert same({a}) == expected", "assert {e} == same({a})", "assert same({a}) == {e}, 'why'", "assert (\n        same({a})\n        == {e}\n    )",
        "actual = same({a})\n    assert actual == {e}", "assert same({a}) == {e}",
    ][form].replace("{a}", actual).replace("{e}", expected)  # fmt: skip
    first = len(suite.lines) + 1 + (form == 4)
    suite.add(*("    " + text).split("\n"))
    suite.fails(name, first, expected, actual)


def near(suite: Suite, name: str) -> None:
    value = suite.rng.randint(1, 9)
    text = suite.rng.choice(
        [f"assert same({value}.25) == pytest.approx({value})", f"assert pytest.approx({value}) == same({value}.25)"]
    )
    line = suite.add("", "", f"def {name}():", f"    {text}")
    suite.fails(name, line, f"{value} ± {value}.0e-06", f"{value}.25")


def other_kinds(suite: Suite, name: str) -> None:
    kind = suite.rng.choice(["raise", "raises", "fail", "less", "in", "truth", "error", "nested"])
    if kind == "nested":
        line = (
            suite.add("", "", f"def {name}():", "    def inner(x):", "        raise KeyError(x)", "", "    inner(1)")
            - 2
        )
    else:
        text = {"raise": "raise RuntimeError('no')", "raises": "with pytest.raises(ValueError):\n        same(1)", "fail": "pytest.fail('no')",
                "less": "assert same(3) < 2", "in": "assert 3 in [same(4)]", "truth": "assert not same([1])", "error": "[].pop()"}[kind]  # fmt: skip
        start = suite.add("", "", f"def {name}():") + 1
        line = suite.add(*("    " + text).split("\n"))
        line = start if kind == "raises" else line
    suite.fails(name, line, values=False)


def helper(suite: Suite, name: str) -> None:
    expected, actual = suite.pair()
    line = suite.add("", "", f"def {name}():", f"    checks.check({actual}, {expected})")
    suite.fails(name, line, expected, actual)


def params(suite: Suite, name: str) -> None:
    ids = suite.rng.sample(IDS, 4)
    suite.add("", "", f"@pytest.mark.parametrize('x', {ids!r})", f"def {name}(x):")
    line = suite.add("    assert x == 'nope'")
    for one in ids:
        shown = one.encode("unicode_escape").decode("ascii")
        suite.fails(f"{name}[{shown}]", line, "'nope'", repr(one))


METHODS: list[tuple[str, Callable[[random.Random], tuple[str, str]]]] = [
    ("assertEqual", lambda r: (str(r.randint(0, 9)), str(r.randint(10, 99)))),
    ("assertEqual", lambda r: (repr({"a": r.randint(0, 9)}), repr({"a": 10}))),
    ("assertListEqual", lambda r: (repr([r.randint(0, 9)]), repr([10, 11]))),
    ("assertTupleEqual", lambda r: (repr((r.randint(0, 9), 1)), repr((10, 11)))),
    ("assertSetEqual", lambda r: (repr({r.randint(0, 9)}), repr({10}))),
    ("assertDictEqual", lambda r: (repr({"k": r.randint(0, 9)}), repr({"k": 10}))),
    ("assertSequenceEqual", lambda r: (repr([r.randint(0, 9)]), repr([10]))),
    ("assertCountEqual", lambda r: (repr([r.randint(0, 9), 1]), repr([10, 11]))),
    ("assertMultiLineEqual", lambda r: (repr(f"a\nb{r.randint(0, 9)}"), repr("a\nb"))),
    ("assertAlmostEqual", lambda r: (str(r.randint(0, 9)), "10.5")),
    ("assertIs", lambda r: ("None", str(r.randint(0, 9)))),
]


def cases(suite: Suite, name: str) -> None:
    """A unittest class."""
    owner = name.title().replace("_", "")
    suite.add("", "", f"class {owner}(unittest.TestCase):")
    for number in range(suite.rng.randint(1, 3)):
        method, maker = suite.rng.choice(METHODS)
        expected, actual = maker(suite.rng)
        swapped = suite.rng.random() < 0.3
        arguments = f"{expected}, same({actual})" if swapped else f"same({actual}), {expected}"
        line = suite.add(f"    def test_m{number}(self):", f"        self.{method}({arguments})", "") - 1
        suite.fails(f"{owner}::test_m{number}", line, expected, actual)
    suite.add(
        "    @unittest.skip('no')",
        "    def test_s(self): pass",
        "",
        "    @unittest.expectedFailure",
        "    def test_x(self): assert 0",
    )


def classes(suite: Suite, name: str) -> None:
    owner, (expected, actual) = name.title().replace("_", ""), suite.pair()
    suite.add(
        "",
        "",
        f"class {owner}:",
        "    def test_ok(self): pass",
        "",
        "    class TestInner:",
        "        def test_in(self):",
    )
    line = suite.add(f"            assert same({actual}) == {expected}")
    suite.fails(f"{owner}::TestInner::test_in", line, expected, actual)


def fixtures(suite: Suite, name: str) -> None:
    """Errors while setting up and tearing down: the place is the test, for the fixture lies in another file."""
    suite.add(
        "",
        "",
        f"def {name}_setup(broken): pass",
        "",
        "",
        f"def {name}_late(late): pass",
        "",
        "",
        f"def {name}_gone(no_such_fixture): pass",
    )


def marked(suite: Suite, name: str) -> None:
    suite.add(
        "",
        "",
        "@pytest.mark.skip(reason='why (x) [1]')",
        f"def {name}_s(): pass",
        "",
        "",
        f"def {name}_t(): pytest.skip('in it')",
    )
    suite.add(
        "", "", "@pytest.mark.xfail", f"def {name}_x(): assert 0", "", "", "@pytest.mark.xfail", f"def {name}_y(): pass"
    )
    line = suite.add("", "", "@pytest.mark.xfail(strict=True)", f"def {name}_z(): pass") - 1
    suite.fails(f"{name}_z", line, values=False)
    suite.add("", "", "@pytest.mark.xfail(raises=KeyError)", f"def {name}_w():")
    suite.fails(f"{name}_w", suite.add("    raise OSError()"), values=False)


def unsupported(suite: Suite, name: str) -> None:
    suite.add("", "", f"async def {name}(): assert 0")


def subtests(suite: Suite, name: str) -> None:
    suite.add(
        "",
        "",
        f"class {name.title().replace('_', '')}(unittest.TestCase):",
        "    def test_sub(self):",
        "        for i in range(3):",
    )
    suite.add("            with self.subTest(i=i, why='(x)'):", "                self.assertEqual(i, 1)")
    if suite.major >= 9:
        suite.add(
            "",
            "",
            f"def {name}(subtests):",
            "    for i in range(3):",
            "        with subtests.test('m', i=i):",
            "            assert i == 1",
        )


KINDS: list[Callable[[Suite, str], None]] = [
    equal, equal, equal, near, other_kinds, other_kinds, helper, params, cases, cases, classes, fixtures, marked, unsupported, subtests,
]  # fmt: skip


def suite(rng: random.Random, file: str, major: float) -> Suite:
    """One random test file; one of ten ends before a test is collected."""
    made = Suite(rng, file, major)
    end = rng.choice(MODULE_ENDS) if rng.random() < 0.1 else None
    if end:
        text = {"skip": "pytest.skip('all', allow_module_level=True)", "importorskip": "pytest.importorskip('no_such_module')",
                "missing": "import no_such_module", "syntax": "def broken(:", "raises": "1 / 0"}[end]  # fmt: skip
        line = made.add(text)
        if end not in ("skip", "importorskip"):
            made.known[file] = Known(file, line)
    for number in range(rng.randint(2, 9)):
        rng.choice(KINDS)(made, f"test_{number}")
        made.add("", "", f"def test_{number}_ok(): pass")
    if end:
        made.known = {name: truth for name, truth in made.known.items() if name == file}
    return made


def doctests(rng: random.Random, file: str) -> tuple[str, dict[str, Known]]:
    """A module whose doctests fail, in part."""
    lines, known = [], {}
    for number in range(rng.randint(1, 3)):
        expected, actual = rng.sample(range(100), 2)
        lines += [
            f"def f{number}():",
            '    """Says.',
            "",
            f"    >>> f{number}()",
            f"    {expected}",
            '    """',
            f"    return {actual}",
            "",
            "",
        ]
        known[f"{file}::{file[:-3].replace('/', '.')}.f{number}"] = Known(
            file, len(lines) - 5, str(expected), str(actual)
        )
    return "\n".join(lines), known


@dataclass
class Told:
    """What plain pytest prints: the ids with each end, as often as they are printed, and its last line's counts."""

    ends: dict[str, Counter[str]]
    totals: Counter[str]


def plain(python: Path, root: Path) -> Told:
    """Run plain pytest; what passes and is skipped is in its list, what fails in its summary."""
    argv = [
        python,
        "-m",
        "pytest",
        "-v",
        "--color=no",
        "--tb=no",
        "-rfE",
        "-p",
        "no:cacheprovider",
        "--continue-on-collection-errors",
    ]
    argv += ["-o", "console_output_style=classic"]
    env = {**os.environ, "COLUMNS": "100000"}
    text = subprocess.run(argv, cwd=root, capture_output=True, text=True, encoding="utf-8", env=env, check=False).stdout
    listed, _, summary = text.partition("short test summary info")
    ends = {"passed": Counter[str](), "skipped": Counter[str](), "bad": Counter(_BAD.findall(summary))}
    for line in listed.split("\n"):
        found = _LINE.match(line)
        if found:
            ends[_ENDS[found["end"]]][found["id"]] += 1
    last = text.rstrip().rsplit("\n", 1)[-1].partition(" in ")[0]
    return Told(ends, Counter({word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) (\w+)", last)}))


def judge(score: Score, report: TestReport, files: Iterable[str], told: Told) -> None:
    """Compare counts and names file by file with the plain tool's lines, and all counts with its last line."""
    totals = (told.totals["passed"] + told.totals["xpassed"], told.totals["failed"], told.totals["error"],
              told.totals["skipped"] + told.totals["xfailed"])  # fmt: skip
    ours = (report.passed_tests, report.failed_tests, report.error_tests, report.skipped_tests)
    if totals != ours:
        score.wrong.append(f"totals {ours} for {totals}")
    bad = _by_file(Counter(failure.test_id for failure in report.failures))
    passed, skipped = _by_file(Counter(report.passed_ids)), _by_file(Counter(report.skipped_ids))
    theirs = {end: _by_file(ids) for end, ids in told.ends.items()}
    for file in files:
        failing = theirs["bad"].get(file, Counter())
        right = set(passed.get(file, ())) == set(theirs["passed"].get(file, ())) - set(failing)
        right &= set(skipped.get(file, ())) - {file} == set(theirs["skipped"].get(file, ()))
        named = bad.get(file, Counter()) == failing
        score.counts_right += right and named and totals == ours
        score.names_right += named
        if not (right and named):
            score.wrong.append(
                f"{file}: {bad.get(file, Counter()) - failing} too many, {failing - bad.get(file, Counter())} too few"
            )


def _by_file(ids: Counter[str]) -> dict[str, Counter[str]]:
    found = dict[str, Counter[str]]()
    for one, times in ids.items():
        found.setdefault(one.partition("::")[0], Counter())[one] += times
    return found


def section(folder: Path, version: str, suites: int, root: Path, rng: random.Random) -> Score:
    """``suites`` test files, and a tenth as many modules with doctests, in one project."""
    python = environment(folder, version)
    files, known = (
        {"checks.py": CHECKS, "conftest.py": CONFTEST, "pytest.ini": "[pytest]\naddopts = --doctest-modules\n"},
        {},
    )
    for number in range(suites):
        made = suite(rng, f"test_s{number}.py", float(version))
        files[made.file] = "\n".join(made.lines) + "\n"
        known.update(made.known)
    for number in range(suites // 10):
        files[f"d{number}.py"], failing = doctests(rng, f"d{number}.py")
        known.update(failing)
    write(root, files)
    os.environ["VIRTUAL_ENV"] = str(python.parents[1])
    report, completed, seconds = run_adapter(Pytest().for_project(root), root)
    print(f"pytest {version}: ran {completed.seconds:.1f} s, parsed in {seconds * 1000:.0f} ms", file=sys.stderr)
    tested = [file for file in files if file.startswith(("test_", "d"))]
    score = Score(len(tested), report.total_tests)
    judge(score, report, tested, plain(python, root))
    compare(score, report, known, files)
    return score


def scale(python: Path, most: int) -> None:
    """Time and memory of parsing 10² to 10⁵ tests, a tenth of them failing; up to 10ᵐᵒˢᵗ of them are really run."""
    os.environ["VIRTUAL_ENV"] = str(python.parents[1])
    for power in range(2, 6):
        with tempfile.TemporaryDirectory() as folder:
            job = TestJob(Path(folder).resolve() / "project", Path(folder).resolve(), timeout=3_000)
            if power <= most:
                completed = run_many(job, 10**power)
            else:
                (job.out / REPORT).write_text("".join(written(10**power)), encoding="utf-8")
                completed = Completed(1, b"", 1.0)
            seconds, peak = measured(job, completed, 10**power)
            size = (job.out / REPORT).stat().st_size
        share = f" ({seconds / completed.seconds:.1%} of the run)" if power <= most else ""
        print(f"pytest 10^{power}: parsed in {seconds * 1000:.0f} ms{share}, report {size / 1e6:.2f} MB, "
              f"peak {peak / size:.1f} x the report", flush=True)  # fmt: skip


def measured(job: TestJob, completed: Completed, tests: int) -> tuple[float, int]:
    """Wall seconds, and bytes at the peak, of parsing one report."""
    started = time.perf_counter()
    report = Pytest().parse(job, completed)
    seconds = time.perf_counter() - started
    assert (report.total_tests, report.failed_tests) == (tests, tests // 10), report.message
    del report
    tracemalloc.start()
    Pytest().parse(job, completed)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return seconds, peak


def run_many(job: TestJob, tests: int) -> Completed:
    """Run as many tests; their report stays in the job's folder."""
    body = "import pytest\n\n\n@pytest.mark.parametrize('n', range(100))\ndef test_n(n):\n    assert n % 10 != 0\n"
    write(job.root, {f"test_{n}.py": body for n in range(tests // 100)})
    command = Pytest().command(job)
    for name, content in command.files.items():
        (job.out / name).write_bytes(content)
    started = time.monotonic()
    done = subprocess.run(
        command.argv, cwd=job.root, env={**os.environ, **command.env}, capture_output=True, check=False
    )
    return Completed(done.returncode, done.stdout + done.stderr, time.monotonic() - started)


def written(tests: int) -> Iterator[str]:
    """The lines that the plugin writes of as many tests."""
    yield '{"k":"session","pytest":"9.2.0","t":1.5}\n'
    yield f'{{"k":"collected","n":{tests}}}\n'
    bad = {"w": "call", "s": 0.0005, "file": "test_0.py", "line": 6, "message": "assert 0 != 0", "type": "assert !=",
           "stack": [["test_0.py", 6, "test_n"]], "expected": "!= 0", "actual": "0", "output": ""}  # fmt: skip
    for number in range(tests):
        name = f"test_{number // 100}.py::test_n[{number}]"
        yield f'{{"k":"start","id":"{name}","t":1795380601.88,"line":4}}\n'
        if number % 10:
            yield f'{{"k":"report","c":"passed","id":"{name}","w":"call","s":0.000188}}\n'
        else:
            yield json.dumps({"k": "report", "c": "failed", "id": name, **bad}, separators=(",", ":")) + "\n"
        yield f'{{"k":"end","id":"{name}"}}\n'
    yield '{"k":"finish","status":1,"s":0.5}\n'


def environment(folder: Path, version: str) -> Path:
    """The interpreter of an environment with that pytest; made where it is not there."""
    place = folder / f"pytest-{version}"
    python = place / "bin" / "python"
    if not (place / "bin" / "pytest").is_file():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        subprocess.run(
            [python, "-m", "pip", "-q", "install", "--disable-pip-version-check", f"pytest=={version}.*"], check=True
        )
    return python


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the virtual environments are made")
    parser.add_argument("--pytest", nargs="+", default=["7.4", "8", "9"], metavar="VERSION")
    parser.add_argument("--suites", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--scale",
        type=int,
        metavar="POWER",
        help="measure parsing of 10^2 … 10^5 tests instead, up to 10^POWER of them really run",
    )
    options = parser.parse_args()
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONPATH"):
        os.environ.pop(name, None)
    folder = options.folder.resolve()
    for version in options.pytest:
        if options.scale:
            scale(environment(folder, version), options.scale)
            continue
        with tempfile.TemporaryDirectory() as place:
            score = section(folder, version, options.suites, Path(place).resolve(), random.Random(options.seed))
        print(f"## pytest {version}", *score.lines(), sep="\n")


if __name__ == "__main__":
    main()
