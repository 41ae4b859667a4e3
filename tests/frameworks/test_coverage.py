"""Coverage in the report: the figures are those of the framework's own tool, and nothing else of a run changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from aion_r.core.brief import brief
from aion_r.core.documents import report_document
from aion_r.core.domain import RunOutcome, TestReport
from aion_r.tools.frameworks.coverage import ranges
from aion_r.tools.frameworks.protocol import TestJob
from aion_r.tools.frameworks.registry import detect
from aion_r.tools.frameworks.rust.cargo_coverage import EXPORT, read_export
from aion_r.tools.sandbox.protocol import Completed
from support.compiled import KEPT as KEPT_COMPILED
from support.node import installed, manifest
from support.projects import write

KEPT = (*KEPT_COMPILED, "PATH", "VIRTUAL_ENV")
SHOP = '''"""A shop.

With a long docstring.
"""

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

RATES = {
    "a": 1,
    "b": 2,
}


@functools.lru_cache(
    maxsize=None,
)
def rate(
    name,
):
    """A rate."""
    if (
        name == "zzz"
        or name == "yyy"
    ):
        raise ValueError(
            "no"
        )
    elif name == "x":
        return 5
    else:
        value = RATES.get(
            name,
            0,
        )
    try:
        return value + 1
    except TypeError:
        return 0
    finally:
        value = 3


def never(a):
    for i in range(3):
        print(i)
    else:
        print("e")
    while a:
        a -= 1


def debug():  # pragma: no cover
    print("x")


def kind(x):
    match x:
        case 1:
            return "one"
        case [_, _]:
            return "two"
        case _:
            return "other"


double = lambda x: x * 2  # noqa: E731


class Cart:
    total = 0

    def price(self) -> int: ...

    @property
    def size(self):
        return self.total

    def numbers(self, n):
        for i in range(n):
            if i == 2:
                yield 100
            else:
                yield i
'''
TEST_SHOP = """import threading

from pkg.shop import Cart, double, kind, rate


def test_rate():
    assert rate("a") == 2


def test_kind():
    assert kind([1, 2]) == "three"


def test_cart():
    assert (Cart().size, double(2), list(Cart().numbers(2))) == (0, 4, [0, 1])


def test_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(kind(1)))
    thread.start()
    thread.join()
    assert found == ["one"]
"""
PYTHON = {"pkg/__init__.py": "", "pkg/shop.py": SHOP, "test_shop.py": TEST_SHOP, "conftest.py": "import pkg.shop\n"}
MATH = """// Sums.
function add(a, b) {
  return a - b;
}

/* A block
   comment */
function grade(n) {
  if (n > 90) {
    return "A";
  }
  return n > 50 ? "B" : "C";
}

const never = (x) => {
  const y = x * 2;
  return y;
};
"""
COMMON, MODULE = "module.exports = { add, grade, never };\n", "export { add, grade, never };\n"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the runs of these tests would leave to the tools that they run."""
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    for name in ("PYTHONPATH", "PYTEST_PLUGINS", "PYTEST_ADDOPTS", "NODE_OPTIONS", "NODE_V8_COVERAGE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def measured(tmp_path: Path) -> Callable[..., TestReport]:
    """Runs the tests of a folder with coverage, as a view does."""

    def run(root: Path, name: str, ids: Sequence[str] | None = None, *, coverage: bool = True) -> TestReport:
        out = tmp_path / f"out{len(list(tmp_path.glob('out*')))}"
        out.mkdir()
        framework, _ = detect(root, name)
        job = TestJob(root, out, ids, None, 100.0, coverage)
        command = framework.command(job)
        for file, content in command.files.items():
            (out / file).write_bytes(content)
        env = {one: os.environ[one] for one in KEPT if one in os.environ} | dict(command.env)
        env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        done = subprocess.run(command.argv, cwd=root / command.cwd, env=env, capture_output=True, timeout=100)
        return framework.parse(job, Completed(done.returncode, done.stdout + done.stderr, 1.0, False))

    return run


def tool(root: Path, *words: str) -> str:
    env = {one: os.environ[one] for one in KEPT if one in os.environ} | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(words, cwd=root, env=env, capture_output=True, text=True, timeout=100).stdout


def coverage_py(root: Path, file: str) -> dict[str, Any]:
    """What coverage.py says of one file."""
    data = root.parent / "theirs"
    tool(root, sys.executable, "-m", "coverage", "run", f"--data-file={data}", "-m", "pytest", "-p", "no:cacheprovider")
    words = ["json", f"--data-file={data}", "-o", f"{data}.json"]
    tool(root, sys.executable, "-m", "coverage", *words)
    return json.loads(Path(f"{data}.json").read_text())["files"][file]


def lines(spans: list[list[int]]) -> set[int]:
    return {line for first, last in spans for line in range(first, last + 1)}


def test_pytest_says_what_coverage_py_says(tmp_path: Path, measured: Callable[..., TestReport]) -> None:
    root = write(tmp_path / "project", PYTHON)
    report, theirs = measured(root, "pytest"), coverage_py(root, "pkg/shop.py")
    assert report.coverage is not None
    assert (report.passed_tests, report.failed_tests) == (3, 1)
    assert list(report.coverage["files"]) == ["pkg/shop.py"]
    ours = report.coverage["files"]["pkg/shop.py"]
    assert ours["percent"] == report.coverage["percent"] == round(theirs["summary"]["percent_covered"], 2)
    assert (ours["covered"], ours["total"]) == (theirs["summary"]["covered_lines"], theirs["summary"]["num_statements"])
    assert set(theirs["missing_lines"]) <= lines(ours["missing"])
    assert not set(theirs["executed_lines"]) & lines(ours["missing"])
    assert set(theirs["executed_lines"]) <= lines(ours["ran"])


def test_pytest_tells_the_lines_by_test(tmp_path: Path, measured: Callable[..., TestReport]) -> None:
    report = measured(write(tmp_path / "project", PYTHON), "pytest")
    assert set(report_document(report)["coverage"]) == {"percent", "unit", "covered", "total", "files"}
    assert report.coverage is not None
    spectrum = report.coverage["spectrum"]
    assert (spectrum["failed"], spectrum["passed"]) == (1, 3)
    counts = {line: tuple(n) for first, last, *n in spectrum["files"]["pkg/shop.py"] for line in range(first, last + 1)}
    assert "spectrum" not in json.dumps(brief(report, "1"))
    at = {text: SHOP.splitlines().index(text) + 1 for text in ('            return "one"', '            return "two"')}
    assert counts[at['            return "one"']] == (0, 1)
    assert counts[at['            return "two"']] == (1, 0)
    assert counts[SHOP.splitlines().index("    match x:") + 1] == (1, 1)
    assert 1 not in counts


def test_pytest_with_chosen_tests_tells_their_lines(tmp_path: Path, measured: Callable[..., TestReport]) -> None:
    coverage = measured(write(tmp_path / "project", PYTHON), "pytest", ["test_shop.py::test_kind"]).coverage
    assert coverage is not None
    assert (coverage["spectrum"]["failed"], coverage["spectrum"]["passed"]) == (1, 0)
    assert SHOP.splitlines().index("        value = 3") + 1 not in lines(coverage["files"]["pkg/shop.py"]["ran"])


def test_without_the_wish_there_is_no_coverage(tmp_path: Path, measured: Callable[..., TestReport]) -> None:
    assert measured(write(tmp_path / "project", PYTHON), "pytest", coverage=False).coverage is None


@pytest.mark.parametrize("options", ["-p pytest_cov --cov=pkg --cov-report=json:theirs.json", "-p xdist -n 2"])
def test_the_project_s_own_plugins_work(options: str, tmp_path: Path, measured: Callable[..., TestReport]) -> None:
    root = write(tmp_path / "project", PYTHON | {"pytest.ini": f"[pytest]\naddopts = {options}\n"})
    report = measured(root, "pytest")
    assert (report.passed_tests, report.failed_tests) == (3, 1)
    theirs = coverage_py(write(tmp_path / "plain" / "project", PYTHON), "pkg/shop.py")
    assert report.coverage is not None
    assert report.coverage["covered"] == theirs["summary"]["covered_lines"]
    if "cov" in options:
        own = json.loads((root / "theirs.json").read_text())
        assert own["files"]["pkg/shop.py"]["summary"]["covered_lines"] == theirs["summary"]["covered_lines"]


def test_tests_that_trace_or_end_the_run_do_no_harm(tmp_path: Path, measured: Callable[..., TestReport]) -> None:
    tracing = "import sys\n\n\ndef test_trace():\n    sys.settrace(lambda *given: None)\n    sys.settrace(None)\n"
    ending = "import os\n\n\ndef test_end():\n    os._exit(3)\n"
    root = write(tmp_path / "project", PYTHON | {"test_a.py": tracing})
    report = measured(root, "pytest")
    assert report.coverage is not None
    assert (report.passed_tests, report.coverage["spectrum"]["passed"]) == (4, 4)
    two = SHOP.splitlines().index('            return "two"') + 1
    rows = report.coverage["spectrum"]["files"]["pkg/shop.py"]
    assert [counts for first, last, *counts in rows if first <= two <= last] == [[1, 0]]
    report = measured(write(root, {"test_z.py": ending}), "pytest")
    assert (report.outcome, report.coverage) == (RunOutcome.CRASHED, None)


GO = {
    "go.mod": "module example.com/shop\n\ngo 1.20\n",
    "calc/calc.go": "package calc\n\nimport \"example.com/shop/tax\"\n\n// Total adds.\nfunc Total(prices []int) int "
    "{\n\tsum := 0\n\tfor _, p := range prices {\n\t\tif p < 0 {\n\t\t\tcontinue\n\t\t}\n\t\tsum += p\n\t}\n"
    "\treturn sum + tax.Of(sum)\n}\n\nfunc Unused(a int) int {\n\tif a > 1 {\n\t\treturn 2\n\t}\n\treturn a\n}\n",
    "tax/tax.go": "package tax\n\nfunc Of(sum int) int {\n\tif sum > 100 {\n\t\treturn 20\n\t}\n\treturn 3\n}\n",
    "calc/calc_test.go": "package calc\n\nimport \"testing\"\n\nfunc TestTotal(t *testing.T) {\n"
    "\tif got := Total([]int{1, 2}); got != 5 {\n\t\tt.Errorf(\"got %d, want 5\", got)\n\t}\n}\n\n"
    "func TestNegative(t *testing.T) {\n\tif Total([]int{-1}) != 3 {\n\t\tt.Error(\"no\")\n\t}\n}\n",
}  # fmt: skip


def test_go_says_what_go_tool_cover_says(tmp_path: Path, measured: Callable[..., TestReport]) -> None:
    root = write(tmp_path / "project", GO)
    report = measured(root, "go")
    profile = str(tmp_path / "theirs.out")
    tool(root, "go", "test", "-coverpkg=./...", f"-coverprofile={profile}", "./...")
    total = tool(root, "go", "tool", "cover", f"-func={profile}").split()[-1]
    assert report.coverage is not None
    assert (report.passed_tests, report.failed_tests, report.coverage["unit"]) == (1, 1, "statements")
    assert f"{report.coverage['percent']:.1f}%" == total
    files = report.coverage["files"]
    assert files["calc/calc.go"]["missing"] == [[17, 21]]
    assert files["tax/tax.go"]["missing"] == [[5, 6]]
    alone = measured(root, "go", ["example.com/shop/calc.TestTotal"]).coverage
    assert alone is not None
    assert 10 in lines(alone["files"]["calc/calc.go"]["missing"])


def test_go_with_a_package_that_does_not_build(tmp_path: Path, measured: Callable[..., TestReport]) -> None:
    """Coverage would make all tests depend on it."""
    root = write(tmp_path / "project", GO | {"broken/b.go": 'package broken\n\nfunc X() int { return "a" }\n'})
    with_it, without = measured(root, "go"), measured(root, "go", coverage=False)
    assert with_it.coverage is None
    assert (with_it.outcome, with_it.passed_ids) == (without.outcome, without.passed_ids)
    assert [one.test_id for one in with_it.failures] == [one.test_id for one in without.failures]


def node(root: Path, packages: str, name: str, script: str, **more: object) -> Path:
    """A project of that framework, one test of two red."""
    module = bool(more.get("type")) or name == "vitest"
    imported = "import {{ {0} }} from '{1}';\n" if module else "const {{ {0} }} = require('{1}');\n"
    head = imported.format("add, grade", "../src/math.js")
    head += imported.format("test, expect", "vitest") if name == "vitest" else ""
    head += "import equal from 'node:assert';\n" if module else "const equal = require('node:assert');\n"
    call = "it" if name == "mocha" else "test"
    tests = f"{call}('adds', () => {{ equal(add(1, 2) === 3); }});\n"
    tests += f"{call}('grades', () => {{ equal(grade(60) === 'B'); }});\n"
    extra = {"type": "module"} if module else {}
    files = {
        "package.json": manifest(script, name, **(extra | more)),
        "src/math.js": MATH + (MODULE if module else COMMON),
    }
    write(root, files | {"test/math.test.js": head + tests})
    (root / "node_modules").symlink_to(installed(packages))
    return root


def summary(root: Path, folder: Path, *words: str) -> dict[str, Any]:
    """What the framework's own summary says of lines in all."""
    tool(root, "node", *words)
    return json.loads((folder / "coverage-summary.json").read_text())["total"]["lines"]


@pytest.mark.parametrize(
    "configuration", [{}, {"collectCoverage": True, "coverageThreshold": {"global": {"lines": 99}}}]
)
def test_jest_says_what_its_summary_says(
    configuration: dict[str, Any], tmp_path: Path, measured: Callable[..., TestReport]
) -> None:
    root = node(tmp_path / "project", "jest-30", "jest", "jest", jest=configuration)
    theirs = summary(
        root, tmp_path / "theirs", "node_modules/jest/bin/jest.js", "--coverage", "--coverageReporters=json-summary",
        f"--coverageDirectory={tmp_path / 'theirs'}",
    )  # fmt: skip
    report = measured(root, "jest")
    assert (report.outcome, report.passed_tests, report.failed_tests) == (RunOutcome.COMPLETED, 1, 1)
    assert report.coverage is not None
    assert (report.coverage["percent"], report.coverage["covered"]) == (theirs["pct"], theirs["covered"])
    assert not (root / "coverage").exists()
    chosen = measured(root, "jest", ["test/math.test.js > adds"]).coverage
    assert chosen is not None
    assert lines(chosen["files"]["src/math.js"]["missing"]) >= {9, 10, 12}
    assert 3 in lines(chosen["files"]["src/math.js"]["ran"])
    assert measured(root, "jest", coverage=False).coverage is None


def test_vitest_says_what_its_summary_says(tmp_path: Path, measured: Callable[..., TestReport]) -> None:
    root = node(tmp_path / "project", "vitest-4-coverage", "vitest", "vitest run")
    theirs = summary(
        root, tmp_path / "theirs", "node_modules/vitest/vitest.mjs", "run", "--coverage.enabled",
        "--coverage.provider=v8", "--coverage.reporter=json-summary", "--coverage.reportOnFailure",
        f"--coverage.reportsDirectory={tmp_path / 'theirs'}",
    )  # fmt: skip
    report = measured(root, "vitest")
    assert (report.passed_tests, report.failed_tests) == (1, 1)
    assert report.coverage is not None
    assert (report.coverage["percent"], report.coverage["covered"]) == (theirs["pct"], theirs["covered"])


def test_vitest_without_a_provider_has_none(tmp_path: Path, measured: Callable[..., TestReport]) -> None:
    report = measured(node(tmp_path / "project", "vitest-4", "vitest", "vitest run"), "vitest")
    assert (report.outcome, report.passed_tests, report.coverage) == (RunOutcome.COMPLETED, 1, None)


@pytest.mark.parametrize("more", [{}, {"type": "module"}])
def test_mocha_is_told_by_v8(more: dict[str, str], tmp_path: Path, measured: Callable[..., TestReport]) -> None:
    root = node(tmp_path / "project", "mocha-11", "mocha", "mocha test/*.test.js", **more)
    report = measured(root, "mocha")
    assert (report.passed_tests, report.failed_tests) == (1, 1)
    assert report.coverage is not None
    assert list(report.coverage["files"]) == ["src/math.js"]
    assert report.coverage["files"]["src/math.js"]["missing"] == [[10, 10], [16, 17]]
    assert (report.coverage["covered"], report.coverage["total"]) == (7, 10)


def test_cargo_s_export_is_read_as_llvm_counts(tmp_path: Path) -> None:
    """Lines 1 to 7: a function that ran, and a branch on lines 3 and 4 that did not; line 9 is skipped."""
    segments = [
        [1, 1, 2, True, True, False], [3, 9, 0, True, True, False], [4, 2, 7, True, True, True],
        [4, 6, 2, True, False, False],
        [7, 2, 0, False, False, False], [9, 1, 0, False, True, False], [10, 1, 0, False, False, False],
    ]  # fmt: skip
    root = tmp_path / "project"
    one = {"segments": segments, "summary": {"lines": {"count": 7, "covered": 6, "percent": 85.7}}}
    files = [one | {"filename": str(root / name)} for name in ("src/lib.rs", "tests/it.rs", "target/debug/gen.rs")]
    files.append(one | {"filename": "/elsewhere/lib.rs"})
    (tmp_path / EXPORT).write_text(json.dumps({"data": [{"files": files}], "type": "llvm.coverage.json.export"}))
    coverage = read_export(tmp_path, root)
    assert coverage is not None
    assert list(coverage["files"]) == ["src/lib.rs"]
    assert coverage["files"]["src/lib.rs"] == {
        "percent": 85.71, "covered": 6, "total": 7, "missing": [[4, 4]], "ran": [[1, 3], [5, 7]],
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "[]", '{"data": 3}', '{"data": [{"files": [{"filename": 3}]}]}', "\x00" * 50])
def test_a_damaged_export_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / EXPORT).write_text(text)
    assert read_export(tmp_path, tmp_path) is None


def test_ranges_join_over_lines_that_do_not_count() -> None:
    assert ranges([1, 2, 4, 9], frozenset([7])) == [[1, 4], [9, 9]]
    assert ranges([1, 2, 4]) == [[1, 2], [4, 4]]
    assert ranges([], frozenset([7])) == []
    assert ranges([2, 3], frozenset([1, 4])) == [[2, 3]]
