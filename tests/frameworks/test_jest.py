"""The adapter for Jest, against real Jest of two major versions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aion_r.core.domain import RunOutcome, StackFrame
from aion_r.core.errors import TestsNotRun
from aion_r.tools.frameworks.node.node_names import pattern
from aion_r.tools.frameworks.registry import detect
from support.node import manifest, node_project, odd_suite

MAJORS = ("jest-29", "jest-30")
PACKAGE = manifest("jest", "jest")
CALC = "exports.add = (a, b) => a - b;\nexports.boom = () => null.x;\n"
SUITE = """
const assert = require('assert');
const chai = require('chai');
const { add, boom } = require('../src/calc');
describe('math', () => {
  test('toBe', () => { console.log('seen'); expect(add(1, 2)).toBe(3); });
  test('toEqual', () => { expect({ a: add(1, 2) }).toEqual({ a: 3 }); });
  test('toStrictEqual', () => {
    expect([add(1, 2)]).toStrictEqual([3]);
  });
  test('toHaveLength', () => { expect('ab').toHaveLength(3); });
  test('toThrow', () => { expect(() => boom()).toThrow('other'); });
  test('assert', () => { assert.strictEqual(add(1, 2), 3); });
  test('deep', () => { assert.deepStrictEqual({ a: 1 }, { a: 2 }); });
  test('chai', () => { chai.expect(add(1, 2)).to.equal(3); });
  test('boom', () => { boom(); });
  test('ok', () => {});
  test.failing('known', () => { expect(1).toBe(2); });
  test.failing('known no more', () => {});
  test.skip('skipped', () => {});
  test.todo('later');
});
"""


@pytest.mark.parametrize("packages", MAJORS)
def test_records_of_every_kind(packages: str, tmp_path: Path) -> None:
    files = {"package.json": PACKAGE, "src/calc.js": CALC, "test/calc.test.js": SUITE}
    report = node_project(tmp_path, packages, files).run().report
    told = {f.test_id.rpartition(" > ")[2]: (f.line, f.assertion_type, f.expected, f.actual) for f in report.failures}
    assert told == {
        "toBe": (6, "toBe", "3", "-1"),
        "toEqual": (7, "toEqual", "{ a: 3 }", "{ a: -1 }"),
        "toStrictEqual": (9, "toStrictEqual", "[ 3 ]", "[ -1 ]"),
        "toHaveLength": (11, "toHaveLength", "3", "2"),
        "toThrow": (12, "toThrow", '"other"', "\"Cannot read properties of null (reading 'x')\""),
        "assert": (13, "strictEqual", "3", "-1"),
        "deep": (14, "deepStrictEqual", '{"a": 2}', '{"a": 1}'),
        "chai": (15, "strictEqual", "3", "-1"),
        "boom": (16, "TypeError", None, None),
        "known no more": (19, "Error", None, None),
    }
    assert (report.outcome, report.passed_tests, report.skipped_tests, report.total_tests) == ("completed", 2, 2, 14)
    boom = next(f for f in report.failures if f.test_id == "test/calc.test.js > math > boom")
    assert boom.stack == (StackFrame("test/calc.test.js", 16), StackFrame("src/calc.js", 2))
    assert boom.message == "TypeError: Cannot read properties of null (reading 'x')"
    assert "seen" in boom.output
    assert report.skipped_ids == ("test/calc.test.js > math > skipped", "test/calc.test.js > math > later")


def test_a_selection_that_is_too_long_for_an_argument() -> None:
    assert pattern([f"test number {number} of many" for number in range(5_000)]) is None


@pytest.mark.parametrize(
    ("body", "outcome", "kind"),
    [("while (true) {}", RunOutcome.TIMED_OUT, "timeout"), ("process.exit(0)", RunOutcome.CRASHED, "crash"),
     ("process.kill(process.pid, 'SIGKILL')", RunOutcome.CRASHED, "crash")],
)  # fmt: skip
def test_the_culprit_is_named_and_what_ran_before_is_kept(
    body: str, outcome: RunOutcome, kind: str, tmp_path: Path
) -> None:
    source = f"test('first', () => {{}});\ntest('culprit', () => {{ {body} }});\ntest('last', () => {{}});\n"
    report = node_project(tmp_path, "jest-30", {"package.json": PACKAGE, "a.test.js": source}).run(axe=8).report
    (failure,) = report.failures
    told = (failure.test_id, failure.file, failure.line, failure.assertion_type)
    assert (report.outcome, *told) == (outcome, "a.test.js > culprit", "a.test.js", 2, kind)
    assert report.passed_ids == ("a.test.js > first",)


UNLOADABLE = {
    "syntax.test.js": ("test('a', () => {}\nfoo(;\n", "syntax.test.js", 2, "syntax.test.js:2:0: SyntaxError"),
    "inner.test.js": ("require('./src/broken');\n", "src/broken.js", 1, "src/broken.js:1:16: SyntaxError"),
    "missing.test.js": ("\nrequire('./nope');\n", "missing.test.js", 2, "Cannot find module './nope'"),
    "thrown.test.js": ("const x = null;\nx.y;\n", "thrown.test.js", 2, "TypeError: Cannot read"),
    "empty.test.js": ("const x = 1;\n", "empty.test.js", None, "must contain at least one test"),
}


def test_files_that_cannot_be_loaded(tmp_path: Path) -> None:
    files = {"package.json": PACKAGE, "b.test.js": "test('b', () => {});", "src/broken.js": "exports.x = (1 +) => 2;\n"}
    files |= {name: source for name, (source, *_) in UNLOADABLE.items()}
    report = node_project(tmp_path, "jest-30", files).run().report
    assert {one.test_id: (one.file, one.line) for one in report.failures} == {
        name: (file, line) for name, (_, file, line, _) in UNLOADABLE.items()
    }
    for failure in report.failures:
        assert UNLOADABLE[failure.test_id][3] in failure.message and " | " not in failure.message
    assert (report.error_tests, report.passed_ids) == (5, ("b.test.js > b",))


def test_hooks_that_fail(tmp_path: Path) -> None:
    source = "describe('d', () => {{\n{}(() => {{ throw new Error('hook'); }});\ntest('a', () => {{}});\n}});\n"
    hooks = ("afterEach", "beforeAll", "beforeEach")
    files = {f"{hook}.test.js": source.format(hook) for hook in hooks}
    report = node_project(tmp_path, "jest-30", {"package.json": PACKAGE, **files}).run().report
    assert sorted((one.test_id, one.line, one.message) for one in report.failures) == [
        (f"{hook}.test.js > d > a", 2, "Error: hook") for hook in hooks
    ]


def test_a_test_that_passes_when_it_is_run_again(tmp_path: Path) -> None:
    source = "jest.retryTimes(2);\nlet n = 0;\ntest('flaky', () => { expect(++n).toBe(2); });\ntest('red', () => { throw 1; });\n"  # noqa: E501
    report = node_project(tmp_path, "jest-30", {"package.json": PACKAGE, "a.test.js": source}).run().report
    assert (report.passed_ids, report.failed_tests) == (("a.test.js > flaky",), 1)
    assert "a.test.js > flaky" in report.message


def test_typescript_by_ts_jest_has_the_lines_of_its_source(tmp_path: Path) -> None:
    files = {
        "package.json": manifest("jest", "jest", "ts-jest", jest={"preset": "ts-jest"}),
        "tsconfig.json": '{"compilerOptions": {"strict": true, "types": []}}',
        "src/calc.ts": "interface A {\n  a: number;\n}\n\nexport const get = (x: A | null): number => x!.a;\n",
        "src/calc.test.ts": (
            "import { get } from './calc';\ndeclare const test: any;\ntype Unused = {\n  a: string;\n};\n\n"
            "test('get', (): void => {\n  get(null);\n});\n"
        ),
        "src/typed.test.ts": "declare const test: any;\nconst x: number = 'no';\ntest('typed', () => x);\n",
    }
    report = node_project(tmp_path, "jest-29", files).run().report
    told = {f.test_id: (f.file, f.line) for f in report.failures}
    assert told == {"src/calc.test.ts > get": ("src/calc.test.ts", 8), "src/typed.test.ts": ("src/typed.test.ts", 2)}
    assert "TS2322" in next(f.message for f in report.failures if f.test_id == "src/typed.test.ts")
    get = next(f for f in report.failures if f.test_id.endswith("get"))
    assert [(frame.file, frame.line) for frame in get.stack] == [("src/calc.test.ts", 8), ("src/calc.ts", 5)]


def test_ecma_modules_by_the_variables_of_the_script(tmp_path: Path) -> None:
    files = {
        "package.json": manifest(
            "NODE_OPTIONS=--experimental-vm-modules jest --watchAll -u", "jest", type="module", jest={"transform": {}}
        ),
        "calc.js": "export const add = (a, b) => a - b;\n",
        "calc.test.js": "import { add } from './calc.js';\ntest('adds', () => {\n  expect(add(1, 2)).toBe(3);\n});\n",
    }
    (failure,) = node_project(tmp_path, "jest-30", files).run().report.failures
    assert (failure.test_id, failure.line, failure.actual) == ("calc.test.js > adds", 3, "-1")


def test_the_packages_of_workspaces_each_by_its_own_configuration(tmp_path: Path) -> None:
    test = "test('x', () => { expect(process.cwd().endsWith(NAME)).toBe(true); expect(FLAG).toBe(1); });\n"
    files = {
        "package.json": json.dumps({"private": True, "workspaces": ["packages/*"], "devDependencies": {"jest": "*"}})
    }
    for number, name in enumerate(("one", "two")):
        files[f"packages/{name}/package.json"] = manifest("jest", jest={"globals": {"NAME": name, "FLAG": number}})
        files[f"packages/{name}/x.test.js"] = test
    made = node_project(tmp_path, "jest-30", files)
    _, detection = detect(made.root)
    assert (detection.framework, "packages/one" in detection.reason) == ("jest", True)
    report = made.run().report
    assert [f.test_id for f in report.failures] == ["packages/one/x.test.js > x"]
    assert report.passed_ids == ("packages/two/x.test.js > x",)
    again = made.run(ids=["packages/two/x.test.js > x"]).report
    assert (again.total_tests, again.passed_tests) == (1, 1)


@pytest.mark.parametrize(
    "command", ["npm test", "FLAG=1 npx jest", "node node_modules/jest/bin/jest.js --bail", "cd src && jest"]
)
def test_any_command_that_ends_in_jest(command: str, tmp_path: Path) -> None:
    source = "test('a', () => { throw 1; });\ntest('b', () => { throw 1; });\n"
    made = node_project(tmp_path, "jest-30", {"package.json": PACKAGE, "src/a.test.js": source})
    if "--bail" in command:
        assert made.run(command=command).report.failed_tests == 2, "not ended by the first"
    again = made.run(command=command, ids=["src/a.test.js > b"]).report
    assert [f.test_id for f in again.failures] == ["src/a.test.js > b"]


def test_what_is_built_before_the_tests_is_built(tmp_path: Path) -> None:
    build = "node -e \"fs.copyFileSync('src.js','dist.js')\""
    files = {"package.json": manifest(f"eslint . && {build} && jest", "jest"), "src.js": "exports.x = 1;"}
    files["a.test.js"] = "test('a', () => { expect(require('./dist').x).toBe(1); });"
    assert node_project(tmp_path, "jest-30", files).run().report.passed_tests == 1


def test_hostile_output_and_five_thousand_failures(tmp_path: Path) -> None:
    source = (
        'process.stdout.write(\'{"numTotalTests": 7, "testResults": []}\\n\');\n'
        "process.stdout.write(Buffer.from([0, 255, 254, 10, 27, 91]));\nprocess.stdout.write('y'.repeat(1000000));\n"
        "for (let i = 0; i < 5000; i++) test(`t${i}`, () => { throw new Error('n\\x1b[8mhidden\\x00' + 'x'.repeat(50)); });\n"  # noqa: E501
        "test('long', () => { console.log('z'.repeat(1000000)); expect('q'.repeat(1000000)).toBe('r'); });\n"
    )
    ran = node_project(tmp_path, "jest-30", {"package.json": PACKAGE, "a.test.js": source}).run()
    assert (ran.report.failed_tests, ran.report.total_tests, ran.report.outcome) == (5001, 5001, "completed")
    assert not any("\x1b" in f.message or "\x00" in f.message for f in ran.report.failures)
    assert max(len(f.message) + len(f.output) + len(f.actual or "") for f in ran.report.failures) < 30_000
    assert [ran.framework.progress(ran.job) for _ in range(4)][-1] == (0, 5001)


def test_a_process_left_behind_does_not_hold_the_run(tmp_path: Path) -> None:
    source = "test('a', () => { setInterval(() => {}, 1000); require('child_process').spawn('sleep', ['60'], { stdio: 'inherit' }); });\n"  # noqa: E501
    ran = node_project(tmp_path, "jest-30", {"package.json": PACKAGE, "a.test.js": source}).run(axe=30)
    assert (ran.report.passed_tests, ran.completed.timed_out) == (1, False)


@pytest.mark.parametrize(
    ("lock", "command"),
    [("package-lock.json", "npm ci"), ("yarn.lock", "yarn install"), ("pnpm-lock.yaml", "pnpm install")],
)
def test_packages_that_are_not_installed(lock: str, command: str, tmp_path: Path) -> None:
    with pytest.raises(TestsNotRun, match=command):
        node_project(tmp_path, None, {"package.json": PACKAGE, lock: "", "a.test.js": ""}).run()


def test_a_missing_package_is_told_apart_from_a_misspelling(tmp_path: Path) -> None:
    files = {
        "package.json": manifest("jest", "jest", "lodash"),
        "a.test.js": "require('lodash');",
        "b.test.js": "require('lodash/get');",
    }
    ran = node_project(tmp_path, "jest-30", files).run()
    assert ran.framework.missing_dependency(ran.job.root, ran.report) == "lodash"
    ran = node_project(tmp_path, "jest-30", {**files, "b.test.js": "require('./nope');"}).run()
    assert ran.framework.missing_dependency(ran.job.root, ran.report) is None
    ran = node_project(
        tmp_path, "jest-30", {"package.json": files["package.json"], "a.test.js": "require('lodahs');"}
    ).run()
    assert ran.framework.missing_dependency(ran.job.root, ran.report) is None


def test_no_tests_is_not_green(tmp_path: Path) -> None:
    report = node_project(tmp_path, "jest-30", {"package.json": PACKAGE, "a.js": ""}).run().report
    assert (report.outcome, report.all_passed) == (RunOutcome.NO_TESTS, False)


@pytest.mark.parametrize(
    ("path", "is_test"),
    [
        ("src/a.test.tsx", True), ("src/__tests__/a.js", True), ("__mocks__/fs.js", True), ("jest.config.cjs", True),
        ("package.json", True), ("src/__snapshots__/a.snap", True), ("jest.setup.ts", True), ("setupTests.ts", True),
        (".babelrc", True), ("tsconfig.build.json", True), ("test/helper.js", True), ("babel.config.js", True),
        ("src/calc.js", False), ("src/testing-library.ts", False), ("src/setup.py", False), ("lib/contest.js", False),
        ("src/config.ts", False), ("src/inspect.ts", False),
    ],
)  # fmt: skip
def test_files_of_the_tests(path: str, is_test: bool, tmp_path: Path) -> None:
    framework, _ = detect(node_project(tmp_path, None, {"package.json": PACKAGE}).root)
    assert framework.is_test_file(path) is is_test


def test_damaged_records_are_left_out(tmp_path: Path) -> None:
    ran = node_project(tmp_path, "jest-30", {"package.json": PACKAGE, "a.test.js": odd_suite()}).run()
    path = ran.job.out / "aion_r_node.jsonl"
    whole = path.read_bytes()
    hostile = (
        b'\x00\xff\n[1]\n{"k":1}\n{"k":"test","s":"failed","file":7,"names":[1,{}],"line":"x","message":[],"ms":"a"}\n'
    )
    path.write_bytes(
        whole
        + hostile
        + b"[" * 100_000
        + b"\n"
        + b"9" * 1_000_000
        + b'\n{"k":"suite"}\n{"k":"error","names":3}\n{"k":"te'
    )
    assert ran.framework.parse(ran.job, ran.completed).failed_tests == 16
    for cut in range(0, len(whole), 997):
        path.write_bytes(whole[:cut])
        assert ran.framework.parse(ran.job, ran.completed).failed_tests <= 16


def test_tests_of_one_name_in_one_file_and_in_others_are_told_apart(tmp_path: Path) -> None:
    made = node_project(
        tmp_path, "jest-30", {"package.json": PACKAGE, "a.test.js": odd_suite(), "b c/a.test.js": odd_suite()}
    )
    every = [failure.test_id for failure in made.run().report.failures]
    assert len(every) == len(set(every)) == 30
    assert all(name.isprintable() for name in every)
    for chosen in (every[:1], [every[8], every[12]], every[3:7], ["a.test.js > a > b"], every[20:]):
        report = made.run(ids=chosen).report
        assert sorted(f.test_id for f in report.failures) == sorted(chosen)
        assert report.total_tests == len(chosen)
