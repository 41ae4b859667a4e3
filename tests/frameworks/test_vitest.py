"""The adapter for Vitest, against real Vitest of two major versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from aion_r.core.domain import RunOutcome, StackFrame
from aion_r.core.errors import TestsNotRun
from aion_r.tools.frameworks.registry import detect
from support.node import manifest, node_project, odd_suite

MAJORS = ("vitest-3", "vitest-4")
PACKAGE = manifest("vitest", "vitest")
HEAD = "import { test, expect, describe, beforeAll, beforeEach, afterEach, assert } from 'vitest';"
CALC = """export interface Options {
  base: number;
}

export const add = (a: number, b: number): number => a - b;

export function boom(): never {
  const x: Options | null = null;
  return x!.base as never;
}
"""
SUITE = (
    HEAD
    + """
import { strictEqual } from 'node:assert';
import { add, boom } from '../src/calc';
type Row = [number, number];

describe('math', () => {
  test('toBe', () => { console.log('seen'); expect(add(1, 2)).toBe(3); });
  test('toEqual', () => { expect({ a: add(1, 2) }).toEqual({ a: 3 }); });
  test('toHaveLength', () => {
    expect('ab').toHaveLength(3);
  });
  test('toThrow', () => { expect(() => boom()).toThrow('other'); });
  test('node', () => { strictEqual(add(1, 2), 3); });
  test('chai', () => { assert.equal(add(1, 2), 3); });
  test('boom', () => { boom(); });
  test('ok', () => {});
  test.fails('known', () => { expect(1).toBe(2); });
  test.fails('known no more', () => {});
  test.skip('skipped', () => {});
  test.todo('later');
  test('left', (context) => { context.skip(); });
});
"""
)


@pytest.mark.parametrize("packages", MAJORS)
def test_records_of_every_kind(packages: str, tmp_path: Path) -> None:
    files = {"package.json": PACKAGE, "src/calc.ts": CALC, "test/calc.test.ts": SUITE, "tsconfig.json": "{}"}
    made = node_project(tmp_path, packages, files)
    _, detection = detect(made.root)
    assert (detection.framework, detection.language) == ("vitest", "typescript")
    report = made.run().report
    told = {f.test_id.rpartition(" > ")[2]: (f.line, f.assertion_type, f.expected, f.actual) for f in report.failures}
    deep = told.pop("toEqual")
    assert deep[:2] == (8, "toEqual") and '"a": 3' in deep[2] and '"a": -1' in deep[3]
    assert told == {
        "toBe": (7, "toBe", "3", "-1"),
        "toHaveLength": (10, "toHaveLength", "3", "2"),
        "toThrow": (12, "toThrow", "other", "Cannot read properties of null (reading 'base')"),
        "node": (13, "strictEqual", "3", "-1"),
        "chai": (14, "strictEqual", "3", "-1"),
        "boom": (15, "TypeError", None, None),
        "known no more": (18, "Error", None, None),
    }
    assert (report.outcome, report.passed_tests, report.skipped_tests, report.total_tests) == ("completed", 2, 3, 13)
    boom = next(f for f in report.failures if f.test_id == "test/calc.test.ts > math > boom")
    assert boom.stack == (StackFrame("test/calc.test.ts", 15), StackFrame("src/calc.ts", 9, "boom"))
    assert boom.message == "TypeError: Cannot read properties of null (reading 'base')"
    assert "seen" in next(f for f in report.failures if f.test_id.endswith("toBe")).output


@pytest.mark.parametrize("packages", MAJORS)
def test_a_hang_names_its_culprit_and_keeps_what_ran(packages: str, tmp_path: Path) -> None:
    source = f"{HEAD}\ntest('first', () => {{}});\ntest('culprit', () => {{ while (true) {{}} }});\n"
    report = node_project(tmp_path, packages, {"package.json": PACKAGE, "a.test.js": source}).run(axe=8).report
    (failure,) = report.failures
    assert (report.outcome, failure.test_id) == (RunOutcome.TIMED_OUT, "a.test.js > culprit")
    assert (failure.assertion_type, failure.file, failure.line) == ("timeout", "a.test.js", source.count("\n"))
    assert report.passed_ids == ("a.test.js > first",)


@pytest.mark.parametrize("packages", MAJORS)
def test_a_worker_that_dies_names_its_culprit(packages: str, tmp_path: Path) -> None:
    source = (
        f"{HEAD}\ntest('first', () => {{}});\ntest('culprit', () => {{ process.kill(process.pid, 'SIGKILL'); }});\n"
    )
    report = node_project(tmp_path, packages, {"package.json": PACKAGE, "a.test.js": source}).run(axe=30).report
    (crash,) = [failure for failure in report.failures if failure.assertion_type == "crash"]
    assert (crash.test_id, crash.line) == ("a.test.js > culprit", source.count("\n"))
    assert report.passed_ids == ("a.test.js > first",) and not report.all_passed


def test_an_exit_is_the_failure_of_its_test(tmp_path: Path) -> None:
    source = f"{HEAD}\ntest('a', () => {{ process.exit(0); }});\ntest('b', () => {{}});\n"
    report = node_project(tmp_path, "vitest-4", {"package.json": PACKAGE, "a.test.js": source}).run().report
    (failure,) = report.failures
    assert (failure.test_id, failure.line) == ("a.test.js > a", 2) and "process.exit" in failure.message
    assert report.passed_ids == ("a.test.js > b",)


@pytest.mark.parametrize("packages", MAJORS)
def test_files_that_cannot_be_loaded(packages: str, tmp_path: Path) -> None:
    files = {
        "package.json": PACKAGE,
        "syntax.test.js": "import { test } from 'vitest';\ntest('a', () => {}\nfoo(;\n",
        "typed.test.ts": "import { test } from 'vitest';\nconst x: number = {;\n",
        "inner.test.js": "import { x } from './src/broken.js';\nx();\n",
        "missing.test.js": "import { test } from 'vitest';\nimport './nope.js';\ntest('a', () => {});\n",
        "thrown.test.js": "const x = null;\nx.y;\n",
        "src/broken.js": "export const x = 1;\nexport const y = (1 +) => 2;\n",
        "good.test.js": f"{HEAD}\ntest('good', () => {{}});\n",
    }
    report = node_project(tmp_path, packages, files).run().report
    told = {f.test_id: (f.file, f.line) for f in report.failures}
    assert told == {
        "syntax.test.js": ("syntax.test.js", 2),
        "typed.test.ts": ("typed.test.ts", 2),
        "inner.test.js": ("src/broken.js", 2),
        "missing.test.js": ("missing.test.js", told["missing.test.js"][1]),
        "thrown.test.js": ("thrown.test.js", 2),
    }
    assert (report.error_tests, report.passed_ids) == (5, ("good.test.js > good",))
    assert all(" | " not in f.message and "│" not in f.message for f in report.failures)


def test_hooks_that_fail(tmp_path: Path) -> None:
    source = "{}\ndescribe('d', () => {{\n{}(() => {{ throw new Error('hook'); }});\ntest('a', () => {{}});\n}});\n"
    names = {"afterEach": "afterEach.test.js > d > a", "beforeAll": "beforeAll.test.js > d >",
             "beforeEach": "beforeEach.test.js > d > a"}  # fmt: skip
    files = {f"{hook}.test.js": source.format(HEAD, hook) for hook in names}
    made = node_project(tmp_path, "vitest-4", {"package.json": PACKAGE, **files})
    report = made.run().report
    assert sorted((one.test_id, one.line, one.message) for one in report.failures) == [
        (name, 3, "Error: hook") for name in names.values()
    ]
    for chosen in ([names["beforeAll"]], [names["afterEach"], names["beforeEach"]]):
        assert sorted(one.test_id for one in made.run(ids=chosen).report.failures) == chosen


def test_errors_outside_of_tests_and_flaky_tests_are_told(tmp_path: Path) -> None:
    source = (
        f"{HEAD}\ntest('lost', () => {{ Promise.reject(new Error('lost')); }});\nlet n = 0;\n"
        "test('flaky', { retry: 2 }, () => { expect(++n).toBe(2); });\n"
    )
    report = node_project(tmp_path, "vitest-4", {"package.json": PACKAGE, "a.test.js": source}).run().report
    (failure,) = report.failures
    assert (failure.file, failure.line, report.error_tests, report.passed_tests) == ("a.test.js", 2, 1, 2)
    assert "a.test.js > flaky" in report.message


def test_the_configuration_of_the_project_is_used_and_cannot_hide_tests(tmp_path: Path) -> None:
    files = {
        "package.json": manifest("vitest --watch --coverage --config my.config.mjs", "vitest"),
        "my.config.mjs": "export default { test: { globals: true, bail: 1, include: ['checks/*.js'], setupFiles: ['./set.js'] } };",  # noqa: E501
        "set.js": "globalThis.SET = 1;",
        "checks/a.js": "test('a', () => { expect(SET).toBe(2); });\ntest('b', () => { expect(SET).toBe(2); });\n",
    }
    report = node_project(tmp_path, "vitest-4", files).run().report
    assert [f.test_id for f in report.failures] == ["checks/a.js > a", "checks/a.js > b"]


def test_the_packages_of_a_pnpm_workspace(tmp_path: Path) -> None:
    files = {
        "package.json": '{"private": true}',
        "pnpm-workspace.yaml": "packages:\n  - 'packages/*'\n  - \"!packages/old\"\n",
    }
    for name in ("one", "two", "old"):
        files[f"packages/{name}/package.json"] = PACKAGE
        files[f"packages/{name}/x.test.js"] = f"{HEAD}\ntest('x', () => {{ expect('{name}').toBe('one'); }});\n"
    made = node_project(tmp_path, "vitest-4", files)
    report = made.run().report
    assert [f.test_id for f in report.failures] == ["packages/two/x.test.js > x"]
    assert report.passed_ids == ("packages/one/x.test.js > x",)


@pytest.mark.parametrize("command", ["npm test", "npx vitest watch"])
def test_any_command_that_ends_in_vitest(command: str, tmp_path: Path) -> None:
    source = f"{HEAD}\ntest('a', () => {{ throw 1; }});\ntest('b', () => {{ throw 1; }});\n"
    made = node_project(tmp_path, "vitest-4", {"package.json": PACKAGE, "src/a.test.js": source})
    report = made.run(command=command, ids=["src/a.test.js > b"]).report
    assert [f.test_id for f in report.failures] == ["src/a.test.js > b"]


def test_hostile_output_and_many_failures(tmp_path: Path) -> None:
    source = HEAD + (
        "\nprocess.stdout.write(Buffer.from([0, 255, 254, 10, 27, 91]));\nconsole.log('{\"numTotalTests\": 7}');\n"
        "for (let i = 0; i < 2000; i++) test(`t${i}`, () => { throw new Error('n\\x1b[8mhidden\\x00'); });\n"
        "test('long', () => { console.log('z'.repeat(1000000)); expect('q'.repeat(1000000)).toBe('r'); });\n"
    )
    ran = node_project(tmp_path, "vitest-4", {"package.json": PACKAGE, "a.test.js": source}).run(axe=120)
    assert (ran.report.failed_tests, ran.report.total_tests, ran.report.outcome) == (2001, 2001, "completed")
    assert not any("\x1b" in f.message or "\x00" in f.message for f in ran.report.failures)
    assert max(len(f.message) + len(f.output) + len(f.actual or "") for f in ran.report.failures) < 30_000


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    files = {"package.json": manifest("vitest", "vitest", "lodash"), "a.test.js": "import 'lodash';\nimport 'vitest';"}
    ran = node_project(tmp_path, "vitest-4", files).run()
    assert ran.framework.missing_dependency(ran.job.root, ran.report) == "lodash"


def test_a_configuration_that_is_broken(tmp_path: Path) -> None:
    files = {"package.json": PACKAGE, "vitest.config.js": "export default { test: { };\n", "a.test.js": HEAD}
    report = node_project(tmp_path, "vitest-4", files).run().report
    assert (report.outcome, report.error_tests) == (RunOutcome.BUILD_FAILED, 1)
    assert "vitest.config.js" in report.failures[0].message + report.failures[0].output


def test_packages_that_are_not_installed(tmp_path: Path) -> None:
    with pytest.raises(TestsNotRun, match="npm install"):
        node_project(tmp_path, None, {"package.json": PACKAGE}).run()


def test_no_tests_is_not_green(tmp_path: Path) -> None:
    report = node_project(tmp_path, "vitest-4", {"package.json": PACKAGE, "a.js": ""}).run().report
    assert (report.outcome, report.all_passed) == (RunOutcome.NO_TESTS, False)


def test_tests_of_one_name_in_one_file_and_in_others_are_told_apart(tmp_path: Path) -> None:
    suite = odd_suite(HEAD)
    made = node_project(tmp_path, "vitest-4", {"package.json": PACKAGE, "a.test.js": suite, "b c/a.test.js": suite})
    every = [failure.test_id for failure in made.run().report.failures]
    assert len(every) == len(set(every)) == 30
    assert all(name.isprintable() for name in every)
    for chosen in (every[:1], [every[8], every[12]], every[3:7], ["a.test.js > a > b"]):
        report = made.run(ids=chosen).report
        assert sorted(f.test_id for f in report.failures) == sorted(chosen)
        assert report.total_tests == len(chosen)
