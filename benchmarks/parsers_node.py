"""Do the adapters of Jest, Vitest and Mocha lose anything? See ``parsers.py``; packages are those of the tests.

``python -m aion_r.benchmarks.parsers_node [SET…] [--suites 100] [--scale]``, sets as ``jest-29`` or ``vitest-4``,
makes random test files whose outcome is known, runs them through the adapter and once more with the plain tool and its
own JSON reporter, and compares file by file.
"""

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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aion_r.benchmarks.parsers import Known, Score, run_adapter, write
from aion_r.core.domain import TestReport
from aion_r.tools.frameworks.junit.junit import JUnit
from aion_r.tools.frameworks.node.jest import Jest
from aion_r.tools.frameworks.node.mocha import Mocha
from aion_r.tools.frameworks.node.vitest import Vitest
from aion_r.tools.frameworks.protocol import Framework, TestJob
from aion_r.tools.sandbox.protocol import Completed

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

ADAPTERS: dict[str, Callable[[], Framework]] = {"jest": Jest, "vitest": Vitest, "mocha": Mocha}
HEADS = {
    "jest": ["const assert = require('assert');"],
    "vitest": ["import { afterEach, beforeEach, describe, expect, it } from 'vitest';", "import assert from 'node:assert';"],  # noqa: E501
    "mocha": ["const assert = require('assert');", "let expect;", "before(async () => { ({ expect } = await import('chai')); });"],  # noqa: E501
}  # fmt: skip
VALUES: list[Callable[[random.Random], str]] = [
    lambda r: str(r.randint(-99, 99)),
    lambda r: json.dumps(r.choice(["alpha", "two words", "a: b", "x=y"]) + str(r.randint(0, 9))),
    lambda r: json.dumps([r.randint(0, 9) for _ in range(3)]),
    lambda r: f'{{"a": {r.randint(0, 99)}, "b": {{"c": {r.randint(0, 9)}}}}}',
    lambda r: r.choice(["true", "false", "null", "undefined"]),
]
NAMES = [
    "adds",
    "with 'quotes'",
    'with "double"',
    "a/b (c) [d] $x ^",
    "%s %d",
    "a > b",
    "ünï \N{PARTY POPPER}",
    "back\\\\slash",
]


def equality(rng: random.Random, framework: str) -> tuple[str, str, str]:
    """A statement that compares two values, the expected and the actual one."""
    maker = rng.choice(VALUES)
    expected, actual = maker(rng), maker(rng)
    while actual == expected:
        actual = maker(rng)
    deep = expected[0] in "[{"
    if framework == "mocha":
        forms = ["expect({a}).to.deep.equal({e});", "assert.deepStrictEqual({a}, {e});"]
        forms += [] if deep else ["expect({a}).to.equal({e});", "assert.strictEqual({a}, {e}, 'why');"]
    else:
        forms = ["expect({a}).toEqual({e});", "expect({a}).toStrictEqual({e});", "assert.deepStrictEqual({a}, {e});"]
        forms += [] if deep else ["expect({a}).toBe({e});", "assert.strictEqual({a}, {e});"]
    return rng.choice(forms).replace("{a}", actual).replace("{e}", expected), expected, actual


def suite(rng: random.Random, framework: str, file: str) -> tuple[str, dict[str, Known]]:
    """One test file and the tests of it that fail."""
    lines, known = [*HEADS[framework]], {}
    for group in range(rng.randint(1, 3)):
        lines.append(f"describe('group {group}', () => {{")
        for number in range(rng.randint(1, 6)):
            kind = rng.choice(["pass", "skip", "todo", "equal", "equal", "equal", "throw", "async", "each", "helper"])
            name = f"{rng.choice(NAMES)} {number}"
            identifier = f"{file} > group {group} > {name}".replace("\\\\", "\\")
            literal = json.dumps(name).replace("\\\\\\\\", "\\\\")
            if kind == "skip":
                lines.append(f"  it.skip({literal}, () => {{ throw new Error('no'); }});")
            elif kind == "todo":
                lines.append(f"  it{'.todo' if framework != 'mocha' else ''}({literal});")
            elif kind == "pass" or (kind == "each" and framework == "mocha"):
                lines.append(f"  it({literal}, () => {{}});")
            elif kind == "each":
                lines += [
                    "  it.each([1, 2, 3])('row %i of " + str(number) + "', (n) => {",
                    "    expect(n).toBe(2);",
                    "  });",
                ]
                for row in (1, 3):
                    known[f"{file} > group {group} > row {row} of {number}"] = Known(
                        file, len(lines) - 1, "2", str(row)
                    )
            else:
                lines.append(f"  it({literal}, async () => {{")
                lines += ["    console.log('printed');"] * rng.randint(0, 1)
                lines += ["    await new Promise((done) => setTimeout(done, 1));"] if kind == "async" else []
                text, e, a = equality(rng, framework)
                values: tuple[str | None, str | None] = (e, a)
                if kind == "throw":
                    text, values = "null.x();", (None, None)
                if kind == "helper":
                    lines.append("    [1].forEach(() => {")
                lines.append(f"    {text}")
                known[identifier] = Known(file, len(lines), *values)
                lines += ["    });"] if kind == "helper" else []
                lines.append("  });")
        lines.append("});")
    return "\n".join(lines) + "\n", known


def plain_counts(framework: str, root: Path) -> dict[str, tuple[Counter[str], list[str]]]:
    """Per file: the plain tool's own counts, and the full names of the tests that fail, joined by blanks."""
    target = root / "plain.json"
    argv = {
        "jest": ["jest", "--json", f"--outputFile={target}"],
        "vitest": ["vitest", "run", "--reporter=json", f"--outputFile={target}"],
        "mocha": ["mocha", "--reporter", "json", "--reporter-option", f"output={target}", "test/*.test.js"],
    }[framework]
    subprocess.run([root / "node_modules/.bin" / argv[0], *argv[1:]], cwd=root, capture_output=True, check=False)
    data = json.loads(target.read_text())
    found: dict[str, tuple[Counter[str], list[str]]] = {}
    for file, status, name in _plain_tests(framework, data):
        counts, names = found.setdefault(Path(file).relative_to(root).as_posix(), (Counter(), []))
        counts[status] += 1
        names += [name] * (status == "failed")
    return found


def _plain_tests(framework: str, data: dict[str, Any]) -> list[tuple[str, str, str]]:
    if framework == "mocha":
        rows = {"passed": data["passes"], "failed": data["failures"], "skipped": data["pending"]}
        return [(one["file"], status, one["fullTitle"]) for status, tests in rows.items() for one in tests]
    words = {"passed": "passed", "failed": "failed"}
    return [
        (file["name"], words.get(one["status"], "skipped"), " ".join([*one["ancestorTitles"], one["title"]]))
        for file in data["testResults"]
        for one in file["assertionResults"]
    ]


def normal(text: str | None) -> str | None:
    """Values without what differs between printers: quotes, white space, the names of plain classes, last commas."""
    if text is None:
        return None
    return re.sub(r",(?=[}\]])", "", re.sub(r"\b(?:Array|Object)\b|[\s'\"`]", "", text))


def judge(
    score: Score, report: TestReport, known: dict[str, Known], plain: dict[str, tuple[Counter[str], list[str]]]
) -> None:
    """Compare counts and names file by file with the plain tool, places and values with what was written."""
    for file, (counts, names) in plain.items():
        ours = {
            "passed": [one for one in report.passed_ids if one.startswith(f"{file} > ")],
            "skipped": [one for one in report.skipped_ids if one.startswith(f"{file} > ")],
            "failed": [one.test_id for one in report.failures if one.test_id.startswith(f"{file} > ")],
        }
        score.counts_right += all(len(group) == counts[status] for status, group in ours.items())
        shown = sorted(" ".join(one.split(" > ")[1:]) for one in ours["failed"])
        same = shown == sorted(" ".join(name.split(" > ")) for name in names)
        score.names_right += same
        if not same:
            score.wrong.append(f"{file}: {shown} for {sorted(names)}")
    found = {failure.test_id: failure for failure in report.failures}
    for name, truth in known.items():
        failure = found.get(name)
        score.failures += 1
        place = failure and (failure.file, failure.line)
        score.places_right += place == (truth.file, truth.line)
        if place != (truth.file, truth.line):
            score.wrong.append(f"place of {name}: {place} for {truth}")
        if truth.expected is not None:
            score.equalities += 1
            told = failure and (normal(failure.expected), normal(failure.actual))
            right = told == (normal(truth.expected), normal(truth.actual))
            score.values_right += right
            if not right:
                score.wrong.append(f"values of {name}: {told} for {truth}; {failure and failure.message}")


def section(packages: str, suites: int, root: Path, rng: random.Random) -> Score:
    """``suites`` test files in one project."""
    from support.node import installed, manifest

    framework = packages.partition("-")[0]
    script = "mocha 'test/*.test.js'" if framework == "mocha" else framework
    files, known = {"package.json": manifest(script, framework)}, {}
    for number in range(suites):
        file = f"test/s{number}.test.js"
        files[file], failing = suite(rng, framework, file)
        known.update(failing)
    write(root, files)
    (root / "node_modules").symlink_to(installed(packages))
    report, completed, seconds = run_adapter(ADAPTERS[framework]().for_project(root), root)
    print(f"{packages}: ran {completed.seconds:.1f} s, parsed in {seconds * 1000:.0f} ms", file=sys.stderr)
    score = Score(suites, report.total_tests)
    judge(score, report, known, plain_counts(framework, root))
    return score


def node_report(tests: int) -> dict[str, bytes]:
    """A report of as many tests as Jest's reporter writes it, every tenth of them failing."""
    lines = ['{"k":"session","framework":"jest"}\n']
    for n in range(tests):
        file, place = f"/gone/test/s{n // 100}.test.js", f"7h.0.{n // 100}"
        if n % 100 == 0:
            lines.append(f'{{"k":"load","file":"{file}"}}\n["d","{place}","{file}",["group"]]\n')
        short = f'"{place}","test {n}"'
        lines.append(f'["s",{short},3]\n')
        if n % 10:
            lines.append(f'["c",{short},1]\n["p",{short},1]\n')
        else:
            at = f'"file":"{file}","names":["group","test {n}"]'
            said = f"Error: expect(received).toBe(expected)\\n\\nExpected: 1\\nReceived: {n}\\n    at Object.f ({file}:4:5)\\n    at node:internal/x:1:1"  # noqa: E501
            told = f'"ms":1,"line":3,"message":"{said}","matcher":"toBe","expected":"1","actual":"{n}"'
            lines.append(
                f'{{"k":"case","s":"failed",{at},{told}}}\n{{"k":"test","s":"failed",{at},{told},"output":""}}\n'
            )
        if n % 100 == 99:
            lines.append(f'{{"k":"file","file":"{file}","output":""}}\n')
    return {"aion_r_node.jsonl": "".join([*lines, '{"k":"finish"}\n']).encode()}


def junit_report(tests: int) -> dict[str, bytes]:
    """One XML file of as many cases, every tenth of them failing."""
    bad = '<testcase classname="c.D" name="t{0}" time="0.1"><failure message="expected: &lt;3&gt; but was: &lt;{0}&gt;">E\n at c.D.t(D.java:3)</failure></testcase>\n'  # noqa: E501
    good = '<testcase classname="c.D" name="t{0}" time="0.1"/>\n'
    cases = "".join((good if n % 10 else bad).format(n) for n in range(tests))
    return {"aion_r_junit_00001.xml": f"<testsuites><testsuite>\n{cases}</testsuite></testsuites>".encode()}


def scale(name: str) -> None:
    """Time and memory of parsing, for 10² to 10⁵ tests."""
    make = {**ADAPTERS, "junit": JUnit}[name]
    for power in range(2, 6):
        files = junit_report(10**power) if name == "junit" else node_report(10**power)
        with tempfile.TemporaryDirectory() as folder:
            for file, content in files.items():
                (Path(folder) / file).write_bytes(content)
            job, completed = TestJob(Path("/gone"), Path(folder)), Completed(1, b"", 1.0)
            started = time.perf_counter()
            report = make().parse(job, completed)
            seconds = time.perf_counter() - started
            assert report.total_tests == 10**power and report.failed_tests == 10 ** (power - 1), report.total_tests
            del report
            tracemalloc.start()
            make().parse(job, completed)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        size = sum(map(len, files.values()))
        print(
            f"{name} 10^{power}: {seconds * 1000:.0f} ms, report {size / 1e6:.2f} MB, peak {peak / size:.1f} x the report"  # noqa: E501
        )


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "sets", nargs="*", default=["jest-29", "jest-30", "vitest-3", "vitest-4", "mocha-10", "mocha-11"]
    )
    parser.add_argument("--suites", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scale", action="store_true", help="sets are then jest, vitest, mocha, junit")
    options = parser.parse_args()
    os.environ.pop("NODE_OPTIONS", None)
    for name in options.sets:
        if options.scale:
            scale(name)
            continue
        with tempfile.TemporaryDirectory() as folder:
            score = section(name, options.suites, Path(folder).resolve(), random.Random(options.seed))
        print(f"## {name}", *score.lines(), sep="\n")


if __name__ == "__main__":
    main()
