"""Random Go packages whose outcome is known, and the reports of as many tests as wanted; see ``parsers.py``."""

from __future__ import annotations

import io
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from aion_r.benchmarks.parsers import Known, Score, compare, run_adapter, write
from aion_r.tools.frameworks.golang.go import Go
from aion_r.tools.frameworks.golang.go_sink import Sink

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


def go_report(tests: int) -> bytes:
    """What ``go test -json`` prints of as many subtests, every tenth of them failing."""
    head = '{"Time":"2026-01-01T00:00:00.000000001Z","Action":"%s","Package":"example.com/m","Test":"TestMany/%d"%s}\n'
    lines = []
    for n in range(tests):
        bad = n % 10 == 0
        lines.append(head % ("run", n, ""))
        lines.append(head % ("output", n, f',"Output":"=== RUN   TestMany/{n}\\n"'))
        if bad:
            lines.append(head % ("output", n, f',"Output":"    a_test.go:9: got {n}, want {n + 1}\\n"'))
        lines.append(head % ("output", n, f',"Output":"--- {"FAIL" if bad else "PASS"}: TestMany/{n} (0.00s)\\n"'))
        lines.append(head % ("fail" if bad else "pass", n, ',"Elapsed":0'))
    return "".join(lines).encode()


def go_condensed(report: bytes, out: Path) -> None:
    """What our runner makes of it while the tests run."""
    written = io.BytesIO()
    sink = Sink(written)
    for at in range(0, len(report), 1 << 17):
        sink.feed(report[at : at + (1 << 17)])
    sink.close()
    (out / "aion_r_go.jsonl").write_bytes(written.getvalue())


def go_project(tests: int) -> dict[str, str]:
    """A package of so many tests, a hundred to a function, every tenth of them failing."""
    rows = min(100, tests)
    body = "".join(
        f"func Test{n:04d}(t *testing.T) {{\n\tfor i := 0; i < {rows}; i++ {{\n"
        '\t\tt.Run(fmt.Sprint("row", i), func(t *testing.T) {\n'
        '\t\t\tif i%10 == 0 {\n\t\t\t\tt.Errorf("got %d, want %d", i, i+1)\n\t\t\t}\n\t\t})\n\t}\n}\n\n'
        for n in range(tests // rows)
    )
    text = f'package big\n\nimport (\n\t"fmt"\n\t"testing"\n)\n\n{body}'
    return {"go.mod": "module example.com/big\n\ngo 1.22\n", "big_test.go": text}


GO_PLAIN = ["go", "test", "-json", "-count=1", "./..."]
