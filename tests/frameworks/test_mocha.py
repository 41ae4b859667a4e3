"""The adapter for Mocha, against real Mocha of two major versions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from aion_r.core.domain import RunOutcome, StackFrame
from aion_r.core.errors import TestsNotRun
from aion_r.tools.frameworks.registry import detect
from support.node import NodeProject, manifest, node_project, odd_suite, workspace

MAJORS = ("mocha-10", "mocha-11")
PACKAGE = manifest("mocha", "mocha")
CALC = "exports.add = (a, b) => a - b;\nexports.boom = function boom() { return null.x; };\n"
SUITE = """
const assert = require('assert');
const { add, boom } = require('../calc');
let expect;
before(async () => { ({ expect } = await import('chai')); });
describe('math', () => {
  it('strictEqual', () => { console.log('seen'); assert.strictEqual(add(1, 2), 3); });
  it('deepEqual', () => { assert.deepEqual({ a: add(1, 2) }, { a: 3 }); });
  it('chai', () => {
    expect(add(1, 2)).to.equal(3);
  });
  it('chai deep', () => { expect({ a: [add(1, 2)] }).to.deep.equal({ a: [3] }); });
  it('boom', () => { boom(); });
  it('ok', () => {});
  it.skip('skipped', () => {});
  it('later');
  it('left', function () { this.skip(); });
  it('slow', (done) => {}).timeout(20);
});
"""


@pytest.mark.parametrize("packages", MAJORS)
def test_records_of_every_kind(packages: str, tmp_path: Path) -> None:
    files = {"package.json": PACKAGE, "calc.js": CALC, "test/calc.js": SUITE}
    report = node_project(tmp_path, packages, files).run().report
    told = {f.test_id: (f.line, f.assertion_type, f.expected, f.actual) for f in report.failures}
    base = "test/calc.js > math > "
    assert told == {
        f"{base}strictEqual": (7, "strictEqual", "3", "-1"),
        f"{base}deepEqual": (8, "deepEqual", "{ a: 3 }", "{ a: -1 }"),
        f"{base}chai": (10, "strictEqual", "3", "-1"),
        f"{base}chai deep": (12, "deepStrictEqual", "{ a: [ 3 ] }", "{ a: [ -1 ] }"),
        f"{base}boom": (13, "TypeError", None, None),
        f"{base}slow": (None, "Error", None, None),
    }
    assert (report.outcome, report.passed_tests, report.skipped_tests, report.total_tests) == ("completed", 1, 3, 10)
    boom = next(f for f in report.failures if f.test_id == f"{base}boom")
    assert boom.stack == (StackFrame("test/calc.js", 13), StackFrame("calc.js", 2, "boom"))
    assert boom.message == "TypeError: Cannot read properties of null (reading 'x')"
    assert report.failures[0].output == "seen\n"


@pytest.mark.parametrize(
    ("body", "outcome", "kind"),
    [("while (true) {}", RunOutcome.TIMED_OUT, "timeout"), ("process.exit(0)", RunOutcome.CRASHED, "crash"),
     ("process.kill(process.pid, 'SIGKILL')", RunOutcome.CRASHED, "crash")],
)  # fmt: skip
def test_the_culprit_is_named_and_what_ran_before_is_kept(
    body: str, outcome: RunOutcome, kind: str, tmp_path: Path
) -> None:
    source = f"it('first', () => {{}});\nit('culprit', () => {{ {body} }});\nit('last', () => {{}});\n"
    report = node_project(tmp_path, "mocha-11", {"package.json": PACKAGE, "test/a.js": source}).run(axe=4).report
    (failure,) = report.failures
    told = (failure.test_id, failure.file, failure.line, failure.assertion_type)
    assert (report.outcome, *told) == (outcome, "test/a.js > culprit", "test/a.js", 2, kind)
    assert report.passed_ids == ("test/a.js > first",)


def test_a_hook_that_hangs_is_named(tmp_path: Path) -> None:
    source = "describe('d', () => {\n  before(() => { while (true) {} });\n  it('a', () => {});\n});\n"
    report = node_project(tmp_path, "mocha-11", {"package.json": PACKAGE, "test/a.js": source}).run(axe=4).report
    (failure,) = report.failures
    assert failure.test_id == "test/a.js > d" and "before all" in failure.message


UNLOADABLE = {
    "test/syntax.js": ("it('a', () => {}\nfoo(;\n", "test/syntax.js", 1, "test/syntax.js:1:16: SyntaxError: missing )"),
    "test/inner.js": ("require('../broken');\n", "broken.js", 2, "broken.js:2:17: SyntaxError: Unexpected token ')'"),
    "test/missing.js": ("\nrequire('./nope');\n", "test/missing.js", 2, "Cannot find module './nope'"),
    "test/thrown.js": (
        "describe('open', () => {\n  it('lost', () => {});\n  null.x;\n});\n",
        "test/thrown.js",
        3,
        "TypeError: Cannot read",
    ),
    "test/words.js": ("throw 'words';\n", "test/words.js", None, "words"),
}


@pytest.mark.parametrize("packages", MAJORS)
def test_files_that_cannot_be_loaded_let_the_others_run(packages: str, tmp_path: Path) -> None:
    files = {"package.json": PACKAGE, "broken.js": "exports.y = 1;\nexports.x = (1 +) => 2;\n"}
    files |= {name: source for name, (source, *_) in UNLOADABLE.items()}
    report = node_project(tmp_path, packages, {**files, "test/b.js": "it('b', () => {});"}).run().report
    assert {one.test_id: (one.file, one.line) for one in report.failures} == {
        name: (file, line) for name, (_, file, line, _) in UNLOADABLE.items()
    }
    assert [one.test_id for one in report.failures if UNLOADABLE[one.test_id][3] not in one.message] == []
    assert (report.outcome, report.error_tests, report.passed_ids) == (RunOutcome.COMPLETED, 5, ("test/b.js > b",))
    assert not report.all_passed


def test_only_files_that_cannot_be_loaded(tmp_path: Path) -> None:
    files = {"package.json": PACKAGE, "test/a.js": "it('a', () => {});\nnull.x;\n"}
    report = node_project(tmp_path, "mocha-11", files).run().report
    assert (report.outcome, report.error_tests, report.total_tests) == (RunOutcome.BUILD_FAILED, 1, 1)


@pytest.mark.parametrize("packages", MAJORS)
def test_files_that_run_side_by_side(packages: str, tmp_path: Path) -> None:
    files = {
        "package.json": manifest("mocha --parallel", "mocha"),
        "test/a.js": "require('./nope');\n",
        "test/b.js": "describe('d', () => {\n  it('ok', () => {});\n  it('red', () => { throw RangeError(); });\n});\n",
        "test/c.js": "describe('c', () => {\n  before(() => { null.x; });\n  it('never', () => {});\n});\n",
    }
    made = node_project(tmp_path, packages, files)
    report = made.run().report
    told = {(f.test_id, f.line, f.assertion_type) for f in report.failures}
    assert told == {
        ("test/a.js", 1, "Error"),
        ("test/b.js > d > red", 3, "RangeError"),
        ("test/c.js > c >", 2, "TypeError"),
    }
    assert (report.outcome, report.passed_ids) == (RunOutcome.COMPLETED, ("test/b.js > d > ok",))
    assert [f.test_id for f in made.run(ids=["test/b.js > d > red"]).report.failures] == ["test/b.js > d > red"]


def test_the_culprit_among_files_that_run_side_by_side(tmp_path: Path) -> None:
    files = {
        "package.json": manifest("mocha --parallel", "mocha"),
        "test/a.js": "it('first', () => {});\nit('culprit', () => { process.exit(0); });\n",
        "test/b.js": "it('b', () => {});\n",
    }
    report = node_project(tmp_path, "mocha-11", files).run().report
    (failure,) = report.failures
    assert (report.outcome, failure.test_id, failure.line) == (RunOutcome.CRASHED, "test/a.js > culprit", 2)
    assert "test/a.js > first" in report.passed_ids


@pytest.mark.parametrize(
    ("hook", "name"),
    [("before", "test/a.js > d >"), ("beforeEach", "test/a.js > d > a"), ("afterEach", "test/a.js > d > a"), ("after", "test/a.js > d >")],  # noqa: E501
)  # fmt: skip
def test_hooks_that_fail(hook: str, name: str, tmp_path: Path) -> None:
    source = f"describe('d', () => {{\n{hook}(() => {{ throw new Error('hook'); }});\nit('a', () => {{}});\n}});\n"
    made = node_project(tmp_path, "mocha-11", {"package.json": PACKAGE, "test/a.js": source})
    (failure,) = made.run().report.failures
    assert (failure.test_id, failure.line) == (name, 2)
    assert "hook" in failure.message and failure.message.endswith("Error: hook")
    assert [f.test_id for f in made.run(ids=[name]).report.failures] == [name]


def test_a_test_that_passes_when_it_is_run_again(tmp_path: Path) -> None:
    source = "let n = 0;\nit('flaky', () => { if (++n < 2) throw new Error(); }).retries(2);\nit('red', () => { throw 1; });\n"  # noqa: E501
    report = node_project(tmp_path, "mocha-11", {"package.json": PACKAGE, "test/a.js": source}).run().report
    assert (report.passed_ids, report.failed_tests) == (("test/a.js > flaky",), 1)
    assert "test/a.js > flaky" in report.message


def test_typescript_as_the_project_has_set_it_up(tmp_path: Path) -> None:
    files = {
        "package.json": manifest("mocha --require esbuild-register 'spec/**/*.ts' --reporter dot --watch", "mocha"),
        "tsconfig.json": "{}",
        "calc.ts": "interface A {\n  a: number;\n}\n\nexport const get = (x: A | null): number => x!.a;\n",
        "spec/calc.ts": (
            "import { get } from '../calc';\nimport assert from 'node:assert';\ntype Unused = {\n  a: string;\n};\n\n"
            "it('get', (): void => {\n  get(null);\n});\nit('is', (): void => {\n  assert.equal(1 as number, 2);\n});\n"
        ),
    }
    made = node_project(tmp_path, "mocha-11", files)
    _, detection = detect(made.root)
    assert (detection.framework, detection.language) == ("mocha", "typescript")
    get, equal = made.run().report.failures
    assert (get.test_id, get.line, equal.line, equal.expected, equal.actual) == ("spec/calc.ts > get", 8, 11, "2", "1")
    assert [(frame.file, frame.line) for frame in get.stack] == [("spec/calc.ts", 8), ("calc.ts", 5)]


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ("mocha --import=tsx 'test/*.ts'", "commonjs"), ("mocha --import=tsx 'test/*.ts'", "module"),
        ("mocha -r ts-node/register 'test/*.ts'", "commonjs"), ("mocha --loader=ts-node/esm 'test/*.ts'", "module"),
    ],
)  # fmt: skip
def test_typescript_by_tsx_and_ts_node_has_the_lines_of_its_source(script: str, kind: str, tmp_path: Path) -> None:
    options = {
        "module": "nodenext" if kind == "module" else "commonjs",
        "target": "es2020",
        "types": [],
        "strict": True,
    }
    files = {
        "package.json": manifest(script, "mocha", type=kind),
        "tsconfig.json": json.dumps({"compilerOptions": options, "ts-node": {"transpileOnly": True}}),
        "calc.ts": "interface A {\n  a: number;\n}\n\nexport const get = (x: A | null): number => x!.a;\n",
        "test/calc.ts": (
            "import { get } from '../calc.js';\ndeclare const it: any;\ninterface Unused {\n  a: string;\n}\n\n"
            "it('get', (): void => {\n  get(null);\n});\n"
        ),
        "test/bad.ts": "const x: number = 1;\n\nit('bad' x);\n",
    }
    if "ts-node/register" in script:
        files["test/calc.ts"] = files["test/calc.ts"].replace("calc.js", "calc")
    report = node_project(tmp_path, "mocha-11-typescript", files).run().report
    told = {f.test_id: (f.file, f.line) for f in report.failures}
    assert told == {"test/calc.ts > get": ("test/calc.ts", 8), "test/bad.ts": ("test/bad.ts", 3)}
    get = next(f for f in report.failures if f.test_id.endswith("get"))
    assert [(frame.file, frame.line) for frame in get.stack] == [("test/calc.ts", 8), ("calc.ts", 5)]


def test_compilation_that_comes_before_the_tests(tmp_path: Path) -> None:
    files = {
        "package.json": manifest("tsc -p . && mocha dist", "mocha", "typescript"),
        "tsconfig.json": '{"compilerOptions": {"outDir": "dist", "module": "commonjs", "types": [], "skipLibCheck": true}, "include": ["*.ts"]}',  # noqa: E501
        "a.ts": "declare const it: any;\nconst x: number = 1;\nit('a', () => { if (x !== 2) throw new Error('no'); });\n",  # noqa: E501
    }
    made = node_project(tmp_path, "mocha-11", files)
    assert [f.test_id for f in made.run().report.failures] == ["dist/a.js > a"]
    made.write({"a.ts": "const x: number = 'text';\n"})
    report = made.run().report
    (failure,) = report.failures
    assert (report.outcome, failure.file, failure.line, failure.assertion_type) == (
        RunOutcome.BUILD_FAILED,
        "a.ts",
        1,
        "TS2322",
    )
    assert failure.message.startswith("a.ts:1:7: error TS2322: Type 'string' is not assignable")


@pytest.mark.parametrize("packages", MAJORS)
def test_ecma_modules(packages: str, tmp_path: Path) -> None:
    files = {
        "package.json": manifest("mocha", "mocha", type="module"),
        "calc.js": "export const add = (a, b) => a - b;\n",
        "test/a.js": "import { add } from '../calc.js';\nimport assert from 'node:assert';\nit('adds', () => {\n  assert.equal(add(1, 2), 3);\n});\n",  # noqa: E501
    }
    made = node_project(tmp_path, packages, files)
    (failure,) = made.run().report.failures
    assert (failure.test_id, failure.line, failure.actual) == ("test/a.js > adds", 4, "-1")
    made.write({"test/a.js": "\nimport { nothing } from '../calc.js';\n"})
    (failure,) = made.run().report.failures
    assert (failure.test_id, failure.file, failure.line) == ("test/a.js", "test/a.js", 2)
    assert "does not provide an export named 'nothing'" in failure.message


@pytest.mark.parametrize("manager", ["pnpm", "yarn"])
def test_workspaces_installed_by_other_managers(manager: str, tmp_path: Path) -> None:
    """Links into a store of its own (pnpm), archives and no ``node_modules`` at all (Yarn's Plug'n'Play)."""
    test = "const { add } = require(NAME);\nit('adds', () => {\n  require('assert').equal(add(1, 2), 3);\n});\n"
    own = {"version": "1.0.0", "devDependencies": {"mocha": "11"}, "scripts": {"test": "mocha"}}
    files = {
        "package.json": json.dumps({"private": True, "workspaces": ["packages/*"]}),
        "pnpm-workspace.yaml": "packages:\n  - 'packages/*'\n",
        "packages/one/package.json": json.dumps({"name": "one", **own}),
        "packages/one/index.js": "exports.add = (x, y) => x - y;\n",
        "packages/one/test/a.js": test.replace("NAME", "'..'"),
        "packages/two/package.json": json.dumps({"name": "two", "dependencies": {"one": "workspace:*"}, **own}),
        "packages/two/test/a.js": test.replace("NAME", "'one'") + "it('fine', () => {});\n",
    }
    (tmp_path / "out").mkdir()
    shutil.copytree(workspace(manager, files), tmp_path / "project", symlinks=True)
    made = NodeProject(tmp_path / "project", tmp_path / "out", None)
    report = made.run().report
    told = [(f.test_id, f.line, f.actual) for f in report.failures]
    assert told == [("packages/one/test/a.js > adds", 3, "-1"), ("packages/two/test/a.js > adds", 3, "-1")]
    assert report.passed_ids == ("packages/two/test/a.js > fine",)
    assert made.run(ids=["packages/two/test/a.js > fine"]).report.total_tests == 1


@pytest.mark.parametrize("command", ["npm test", "npx mocha test/*.js", "sh run.sh"])
def test_any_command_that_ends_in_mocha(command: str, tmp_path: Path) -> None:
    source = "it('a', () => { throw 1; });\nit('b', () => { throw 1; });\n"
    files = {"package.json": PACKAGE, "test/a.js": source, "run.sh": "node_modules/.bin/mocha --reporter dot\n"}
    made = node_project(tmp_path, "mocha-11", files)
    assert made.run(command=command).report.failed_tests == 2
    again = made.run(command=command, ids=["test/a.js > b"]).report
    assert [f.test_id for f in again.failures] == ["test/a.js > b"]


def test_hostile_output_and_five_thousand_failures(tmp_path: Path) -> None:
    source = (
        "console.log(JSON.stringify({ stats: { passes: 7 } }));\nprocess.stdout.write(Buffer.from([0, 255, 254, 10, 27, 91]));\n"  # noqa: E501
        "for (let i = 0; i < 5000; i++) it(`t${i}`, () => { throw new Error('n\\x1b[8mhidden\\x00'); });\n"
        "it('long', () => { console.log('z'.repeat(1000000)); require('assert').equal('q'.repeat(1000000), 'r'); });\n"
        "it('getter', () => { const e = new Error('g'); Object.defineProperty(e, 'expected', { get() { throw 1; }, enumerable: true }); e.actual = 1; throw e; });\n"  # noqa: E501
    )
    ran = node_project(tmp_path, "mocha-11", {"package.json": PACKAGE, "test/a.js": source}).run()
    assert (ran.report.failed_tests, ran.report.total_tests, ran.report.outcome) == (5002, 5002, "completed")
    assert not any("\x1b" in f.message or "\x00" in f.message for f in ran.report.failures)
    assert max(len(f.message) + len(f.output) + len(f.actual or "") for f in ran.report.failures) < 30_000


def test_what_is_left_open_does_not_hold_the_run(tmp_path: Path) -> None:
    source = "it('a', () => { setInterval(() => {}, 1000); });\n"
    ran = node_project(tmp_path, "mocha-11", {"package.json": PACKAGE, "test/a.js": source}).run(axe=20)
    assert (ran.report.passed_tests, ran.completed.timed_out) == (1, False)


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    files = {"package.json": manifest("mocha", "mocha", "lodash"), "test/a.js": "require('lodash');"}
    ran = node_project(tmp_path, "mocha-11", files).run()
    assert ran.framework.missing_dependency(ran.job.root, ran.report) == "lodash"


def test_the_surest_framework_wins_and_another_can_be_chosen(tmp_path: Path) -> None:
    files = {
        "package.json": manifest("mocha", "mocha", "jest"),
        "test/a.test.js": "(global.it || test)('a', () => {});\n",
    }
    made = node_project(tmp_path, "mocha-11", files)
    assert detect(made.root)[0].name == "mocha"
    assert detect(made.root, "jest")[1].reason == "package.json depends on jest"
    with pytest.raises(TestsNotRun, match="jest is declared and not in node_modules"):
        made.run(name="jest")
    with pytest.raises(TestsNotRun, match="No tests were found"):
        detect(made.root, "vitest")


def test_no_tests_is_not_green(tmp_path: Path) -> None:
    report = node_project(tmp_path, "mocha-11", {"package.json": PACKAGE, "test/a.js": json.dumps(1)}).run().report
    assert (report.outcome, report.all_passed) == (RunOutcome.NO_TESTS, False)


@pytest.mark.parametrize("packages", MAJORS)
def test_tests_of_one_name_in_one_file_and_in_others_are_told_apart(packages: str, tmp_path: Path) -> None:
    suite = odd_suite(call="it")
    files = {"package.json": manifest("mocha --recursive", "mocha"), "test/a.js": suite, "test/b c/a.js": suite}
    made = node_project(tmp_path, packages, {**files, ".mocharc.json": '{"spec": "test", "bail": true}'})
    every = [failure.test_id for failure in made.run().report.failures]
    assert len(every) == len(set(every)) == 30
    for chosen in (every[:1], [every[8], every[12]], every[3:7], ["test/a.js > a > b"]):
        report = made.run(ids=chosen).report
        assert sorted(f.test_id for f in report.failures) == sorted(chosen)
        assert report.total_tests == len(chosen)
