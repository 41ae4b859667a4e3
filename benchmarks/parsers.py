"""Do the parsers lose anything? Real suites by the hundred, run by the real tools and compared with what they count.

``python -m aion_r.benchmarks.parsers go cargo [--suites 100] [--scale]`` makes random suites whose outcome is
known, runs them through the adapter and once more with the plain tool, and compares: counts with the tool's own,
names, places, and the values of equality assertions with what was written. ``--scale`` parses synthetic reports of
10² to 10⁵ tests. A section for a further framework is a function that returns a ``Score`` and a row in
``SECTIONS``.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aion_r.core.domain import TestReport
from aion_r.tools.frameworks.golang.go import Go
from aion_r.tools.frameworks.protocol import Framework, TestJob
from aion_r.tools.frameworks.rust.cargo import Cargo
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
    """One run as a view would make it: the report, how it ended, and the seconds that parsing took."""
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
        started = time.perf_counter()
        report = framework.parse(job, completed)
        return report, completed, time.perf_counter() - started


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


# --- Go ---------------------------------------------------------------------------------------------------------------
GO_ASSERT = """package assert

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// Equal prints what testify prints.
func Equal(t *testing.T, expected, actual any) {
	t.Helper()
	_, file, line, _ := runtime.Caller(1)
	text := fmt.Sprintf("Not equal: \\nexpected: %#v\\nactual  : %#v", expected, actual)
	text = strings.ReplaceAll(text, "\\n", "\\n\\t            \\t")
	t.Errorf("\\n\\tError Trace:\\t%s:%d\\n\\tError:      \\t%s\\n\\tTest:       \\t%s\\n", file, line, text, t.Name())
}
"""
GO_FORMATS = [
    "Sum(%d) = {a}, want {e}", "got {a}, want {e}", "got: {a}, want: {e}", "expected {e}, got {a}",
    "expected {e} but got {a}", "want {e}, got {a}", "got {a}; want {e}", "Expected: {e}, Actual: {a}",
    "unexpected result: got {a} (want {e})", "result = {a}, expected {e}", "f(1) returned {a}, expected {e}",
    "got = {a}, want = {e}", "exp {e}, got {a}", "got {a} want {e}", "{a} != {e}",
    "expected value {e}, but was {a}", "should be {e}, got {a}", "wanted {e} but have {a}",
    "case 7: got {a}, expected {e}", "Expected {e}, received {a}.", "got:  {a}\\nwant: {e}",
    "got\\n\\t{a}\\nwant\\n\\t{e}",
]  # fmt: skip
GO_VALUES: list[Callable[[random.Random], tuple[str, str]]] = [
    lambda r: (str(r.randint(-99, 99)), "%d"),
    lambda r: (f'"{r.choice(["alpha", "two words", "a, b", "x=y", ""])}{r.randint(0, 9)}"', "%q"),
    lambda r: ("[]int{" + ", ".join(str(r.randint(0, 9)) for _ in range(3)) + "}", "%v"),
    lambda r: (f"{r.randint(0, 9)}.5", "%v"),
    lambda r: (r.choice(["true", "false"]), "%t"),
]


def go_suite(rng: random.Random, package: str) -> tuple[str, dict[str, Known]]:
    """One package's test file and the tests of it that fail."""
    lines = [
        "package p",
        "",
        "import (",
        '\t"testing"',
        "",
        '\t"example.com/big/assert"',
        ")",
        "",
        "var _ = assert.Equal",
        "",
    ]
    known: dict[str, Known] = {}
    file = f"{package}/p_test.go"
    for number in range(rng.randint(2, 9)):
        kind, name = (
            rng.choice(["pass", "skip", "equal", "equal", "equal", "table", "panic", "testify", "log"]),
            f"Test{number}",
        )
        identifier = f"example.com/big/{package}.{name}"
        if kind == "panic" and number % 4:
            kind = "equal"
        lines.append(f"func {name}(t *testing.T) {{")
        if kind == "skip":
            lines.append('\tt.Skip("later")')
        elif kind == "log":
            lines.append('\tt.Log("got 1, want 2")')
        elif kind == "equal":
            text, truth = go_equality(rng)
            lines += ['\tt.Log("first a log")'] * rng.randint(0, 1) + [text]
            known[identifier] = Known(file, len(lines), *truth)
        elif kind == "testify":
            e, a = rng.sample(range(100), 2)
            lines.append(f"\tassert.Equal(t, {e}, {a})")
            known[identifier] = Known(file, len(lines), str(e), str(a))
        elif kind == "table":
            for row in range(rng.randint(1, 4)):
                text, truth = go_equality(rng)
                sub = rng.choice(["plain", "with space", "a/b", "re(.*)", 'q\\"uote', "ünï"]) + str(row)
                lines.append(f'\tt.Run("{sub}", func(t *testing.T) {{')
                if rng.random() < 0.6:
                    lines.append(text)
                    known[f"{identifier}/{sub.replace(' ', '_').replace(chr(92), '')}"] = Known(
                        file, len(lines), *truth
                    )
                lines.append("\t})")
        elif kind == "panic":
            lines += ["\tvar m map[string]int", '\tm["a"] = 1']
            known[identifier] = Known(file, len(lines))
            lines += ["}", ""]
            break  # what follows would not run
        lines += ["}", ""]
    return "\n".join(lines), known


def go_equality(rng: random.Random) -> tuple[str, tuple[str, str]]:
    """A line that compares two values, and the values as it prints them."""
    maker = rng.choice(GO_VALUES)
    (expected, verb), (actual, _) = maker(rng), maker(rng)
    while actual == expected:
        actual = maker(rng)[0]
    shown = [
        v.removeprefix("[]int{").removesuffix("}").replace(",", "") if v.startswith("[]") else v
        for v in (expected, actual)
    ]
    shown = [
        f"[{text}]" if value.startswith("[]") else text for text, value in zip(shown, (expected, actual), strict=True)
    ]
    form = rng.choice(GO_FORMATS)
    order = [expected, actual] if form.index("{e}") < form.index("{a}") else [actual, expected]
    first = ["7"] if "%d" in form else []
    text = form.replace("{a}", verb).replace("{e}", verb)
    call = rng.choice(["Errorf", "Fatalf"])
    return f'\tt.{call}("{text}", {", ".join([*first, *order])})', (shown[0], shown[1])


def go_section(suites: int, root: Path, rng: random.Random) -> Score:
    """``suites`` packages in one module, against the text that plain ``go test -v`` prints."""
    files, known = {"go.mod": "module example.com/big\n\ngo 1.21\n", "assert/assert.go": GO_ASSERT}, {}
    for number in range(suites):
        files[f"p{number}/p_test.go"], failing = go_suite(rng, f"p{number}")
        known.update(failing)
    write(root, files)
    report, completed, seconds = run_adapter(Go().for_project(root), root)
    print(f"go: ran {completed.seconds:.1f} s, parsed in {seconds * 1000:.0f} ms", file=sys.stderr)
    plain = subprocess.run(
        ["go", "test", "-v", "-count=1", "./..."], cwd=root, capture_output=True, text=True, check=False
    ).stdout
    score = Score(suites, report.total_tests)
    blocks = {match[2]: match[1] for match in re.finditer(r"(.*?)^(?:FAIL|ok  )\t(\S+)\t[^\n]*$", plain, re.S | re.M)}
    for number in range(suites):
        package = f"example.com/big/p{number}"
        ends = {
            m[2]: m[1] for m in re.finditer(r"^ *--- (PASS|FAIL|SKIP): (.+) \(\S+\)$", blocks.get(package, ""), re.M)
        }
        leaves = {name: end for name, end in ends.items() if not any(other.startswith(name + "/") for other in ends)}
        ours = [[one.removeprefix(package + ".") for one in group if one.startswith(package + ".")]
                for group in (report.passed_ids, report.skipped_ids, [f.test_id for f in report.failures])]  # fmt: skip
        theirs = [[name for name, end in leaves.items() if end == word] for word in ("PASS", "SKIP", "FAIL")]
        score.counts_right += list(map(len, ours)) == list(map(len, theirs))
        score.names_right += sorted(ours[2]) == sorted(theirs[2])
        if sorted(ours[2]) != sorted(theirs[2]):
            score.wrong.append(f"{package}: {sorted(ours[2])} for {sorted(theirs[2])}")
    compare(score, report, known, files)
    return score


# --- cargo ------------------------------------------------------------------------------------------------------------
RUST_VALUES: list[Callable[[random.Random], str]] = [
    lambda r: str(r.randint(-99, 99)),
    lambda r: f'"{r.choice(["alpha", "two words", "line" + chr(92) + "nline", "a: b", ""])}{r.randint(0, 9)}"',
    lambda r: "[" + ", ".join(str(r.randint(0, 9)) for _ in range(3)) + "]",
    lambda r: f"Some({r.randint(0, 99)})",
    lambda r: f"({r.randint(0, 99)}, 'x')",
]


def rust_suite(rng: random.Random, number: int) -> tuple[str, dict[str, Known]]:
    """One integration test file and the tests of it that fail."""
    lines: list[str] = []
    known: dict[str, Known] = {}
    for index in range(rng.randint(2, 9)):
        kind = rng.choice(
            ["pass", "ignore", "equal", "equal", "equal", "unequal", "assert", "unwrap", "result", "should", "thread"]
        )
        name, file = f"t{index}", f"tests/s{number}.rs"
        identifier = f"big::s{number} {name}"
        lines += [
            *(["#[ignore]"] if kind == "ignore" else []),
            *(["#[should_panic]"] if kind == "should" else []),
            "#[test]",
        ]
        lines.append(f"fn {name}() " + ("-> Result<(), String> {" if kind == "result" else "{"))
        defined, maker = len(lines), rng.choice(RUST_VALUES)
        e, a = maker(rng), maker(rng)
        while a == e:
            a = maker(rng)
        if kind == "equal":
            lines += ['    println!("before");'] * rng.randint(0, 1)
            lines.append(
                f"    assert_eq!({a}, {e}" + rng.choice([");", ', "with a message");', ', "{} and\\n{}", 1, 2);'])
            )
            known[identifier] = Known(file, len(lines), e, a)
        elif kind == "unequal":
            lines.append(f"    assert_ne!({a}, {a});")
            known[identifier] = Known(file, len(lines), f"not {a}", a)
        elif kind in ("assert", "unwrap", "thread"):
            text = {"assert": "assert!(1 > 2);", "unwrap": 'Err::<i32, _>("no").unwrap();',
                    "thread": 'std::thread::spawn(|| panic!("x")).join().unwrap();'}[kind]  # fmt: skip
            lines.append(f"    {text}")
            known[identifier] = Known(file, len(lines))
        elif kind == "result":
            lines.append('    Err("bad".to_string())')
            known[identifier] = Known(file, defined)
        elif kind == "should":
            known[identifier] = Known(file, defined)
        lines.append("}")
    return "\n".join(lines) + "\n", known


def cargo_section(suites: int, root: Path, rng: random.Random) -> Score:
    """``suites`` integration test files of one crate, against the summaries that plain ``cargo test`` prints."""
    files, known = (
        {"Cargo.toml": '[package]\nname = "big"\nversion = "0.1.0"\nedition = "2021"\n', "src/lib.rs": ""},
        {},
    )
    for number in range(suites):
        files[f"tests/s{number}.rs"], failing = rust_suite(rng, number)
        known.update(failing)
    write(root, files)
    report, completed, seconds = run_adapter(Cargo().for_project(root), root)
    print(f"cargo: ran {completed.seconds:.1f} s, parsed in {seconds * 1000:.0f} ms", file=sys.stderr)
    command = ["cargo", "test", "--no-fail-fast", "--offline"]
    plain = subprocess.run(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        env={**os.environ, "RUST_BACKTRACE": "0"},
    ).stdout  # fmt: skip
    score = Score(suites, report.total_tests)
    blocks = {
        m[1]: m[2]
        for m in re.finditer(r"^ +Running tests/(s\d+)\.rs .*?\n(.*?^test result: [^\n]*)", plain, re.S | re.M)
    }
    for number in range(suites):
        program, text = f"big::s{number}", blocks.get(f"s{number}", "")
        ours = [[one.partition(" ")[2] for one in group if one.startswith(program + " ")]
                for group in (report.passed_ids, [f.test_id for f in report.failures], report.skipped_ids)]  # fmt: skip
        summary = re.search(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;", text, re.M)
        theirs = [int(group) for group in summary.groups()] if summary else []
        named = re.findall(r"^test (\S+)(?: - should panic)? \.\.\. FAILED$", text, re.M)
        score.counts_right += list(map(len, ours)) == theirs
        score.names_right += sorted(ours[1]) == sorted(named)
        if list(map(len, ours)) != theirs or sorted(ours[1]) != sorted(named):
            score.wrong.append(f"{program}: {ours} for {theirs}, {named}")
    compare(score, report, known, files)
    return score


# --- scale ------------------------------------------------------------------------------------------------------------
def go_report(tests: int) -> tuple[str, bytes, dict[str, bytes]]:
    """A report of as many subtests, every tenth of them failing, as our runner writes it."""
    head = '{"Time":"2026-01-01T00:00:00.000000001Z","Action":"%s","Package":"example.com/m","Test":"TestMany/%d"%s}\n'
    lines = []
    for n in range(tests):
        lines.append(head % ("run", n, ""))
        if n % 10 == 0:
            lines.append(head % ("output", n, f',"Output":"    a_test.go:9: got {n}, want {n + 1}\\n"'))
            lines.append(head % ("output", n, f',"Output":"--- FAIL: TestMany/{n} (0.00s)\\n"'))
        lines.append(head % ("fail" if n % 10 == 0 else "pass", n, ',"Elapsed":0'))
    return "aion_r_go.jsonl", "".join(lines).encode(), {}


def cargo_report(tests: int) -> tuple[str, bytes, dict[str, bytes]]:
    """A report of as many tests, every tenth of them failing, as our runner writes it."""
    lines = ['{"type": "program", "id": "big", "folder": "", "source": "", "harness": true}\n']
    for n in range(tests):
        lines.append(f'{{ "type": "test", "event": "started", "name": "tests::t{n}" }}\n')
        if n % 10:
            lines.append(f'{{ "type": "test", "name": "tests::t{n}", "event": "ok" }}\n')
        else:
            said = f"\\nthread 'tests::t{n}' (7) panicked at src/lib.rs:9:5:\\n"
            said += f"assertion `left == right` failed\\n  left: {n}\\n right: 1\\n"
            lines.append(f'{{"type": "test", "name": "tests::t{n}", "event": "failed", "stdout": "{said}"}}\n')
    stream = b'{"reason": "targets", "libraries": {}}\n'
    return "aion_r_cargo_tests.jsonl", "".join(lines).encode(), {"aion_r_cargo_stream.txt": stream}


SCALES: dict[str, tuple[Callable[[], Framework], Callable[[int], tuple[str, bytes, dict[str, bytes]]]]] = {
    "go": (Go, go_report),
    "cargo": (Cargo, cargo_report),
}


def scale(name: str) -> None:
    """Time and memory of parsing, for 10² to 10⁵ tests."""
    make, report_of = SCALES[name]
    for power in range(2, 6):
        file, data, more = report_of(10**power)
        with tempfile.TemporaryDirectory() as folder:
            for other, content in {file: data, **more}.items():
                (Path(folder) / other).write_bytes(content)
            job, completed = TestJob(Path(folder) / "gone", Path(folder)), Completed(1, b"", 1.0)
            started = time.perf_counter()
            report = make().parse(job, completed)
            seconds = time.perf_counter() - started
            tracemalloc.start()
            make().parse(job, completed)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert report.total_tests == 10**power, report.total_tests
        size = len(data)
        print(
            f"{name} 10^{power}: {seconds * 1000:.0f} ms, report {size / 1e6:.2f} MB, peak {peak / size:.1f} x its size"
        )


SECTIONS: dict[str, Callable[[int, Path, random.Random], Score]] = {"go": go_section, "cargo": cargo_section}


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("frameworks", nargs="*", default=list(SECTIONS), help=f"of {', '.join(SECTIONS)}")
    parser.add_argument("--suites", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scale", action="store_true")
    options = parser.parse_args()
    for name in options.frameworks:
        if options.scale:
            scale(name)
            continue
        with tempfile.TemporaryDirectory() as folder:
            score = SECTIONS[name](options.suites, Path(folder).resolve(), random.Random(options.seed))
        print(f"## {name}", *score.lines(), sep="\n")


if __name__ == "__main__":
    main()
