"""What the fuzzing of ``fuzz_parsers.py`` starts from: small whole reports of every kind that the adapters read.

Go's and cargo's are those that the tests keep. The others hold each kind of record once or more, written as the plugin,
the reporters and common JUnit writers write them; ``fresh`` adds what a real pytest and, where its packages are
installed, real Node frameworks write on this machine.
"""


# ruff: noqa: E501 - records, each a line

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aion_r.tools.frameworks.protocol import Framework, TestJob
from aion_r.tools.frameworks.registry import FRAMEWORKS
from aion_r.tools.sandbox.protocol import Completed

ROOT = "/project"
"""Stands in seeds for the folder of the project."""
RECORDED = Path(__file__).resolve().parents[1] / "tests" / "frameworks" / "recorded"
PARSERS = tuple(row.name for row in FRAMEWORKS)
_SUFFIXES = (".jsonl", ".xml", ".txt", ".json")


@dataclass(frozen=True)
class Seed:
    """One run: the files in its folder of results, how its command ended, and the tests that were asked for."""

    files: dict[str, bytes]
    completed: Completed = field(default_factory=lambda: Completed(1, b"1 failed\n", 1.5))
    ids: tuple[str, ...] | None = None


def adapter(name: str) -> Framework:
    """A fresh adapter of that name."""
    return type(next(row for row in FRAMEWORKS if row.name == name))()


def seeds(name: str) -> list[Seed]:
    """What is always there for the parser ``name``."""
    made = {"pytest": _pytest, "junit": _junit, "jest": _node, "mocha": _node, "vitest": _node}.get(name)
    return [*(made(name) if made else ()), *_recorded(name)]


def _recorded(name: str) -> Iterator[Seed]:
    for folder in sorted((RECORDED / name).glob("*")):
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "expected.json"}
        stated = folder / "expected.json"
        status = json.loads(stated.read_text(encoding="utf-8"))["status"] if stated.is_file() else 1
        yield Seed(files, Completed(status, b"", 1.0))


def _lines(records: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records).encode()


# --- pytest -----------------------------------------------------------------------------------------------------------
_STACKS = b"""Fatal Python error: Segmentation fault

Current thread 0x00007f (most recent call first):
  File "/project/pkg/calc.py", line 2 in inner
  File "/project/test_a.py", line 4 in test_c
  File "/usr/lib/python3/site-packages/_pytest/python.py", line 9 in call
"""


def _pytest(name: str) -> Iterator[Seed]:
    stack = [["test_a.py", 3, "test_b"], ["pkg/calc.py", 2, "add"]]
    failed = {"k": "report", "c": "failed", "id": "test_a.py::test_b[x-1]", "w": "call", "s": 0.01, "file": "test_a.py", "line": 3,
              "message": "assert 1 == 2", "type": "assert ==", "stack": stack, "expected": "2", "actual": "1",
              "output": "--- Captured stdout call ---\nseen\n"}  # fmt: skip
    body = [
        {"k": "session", "pytest": "9.0", "t": 1.5}, {"k": "start", "id": "test_a.py", "t": 1}, {"k": "end", "id": "test_a.py"},
        {**failed, "c": "error", "w": "collect", "id": "test_z.py", "file": "test_z.py", "line": None, "stack": []},
        {"k": "collected", "n": 4}, {"k": "start", "id": "test_a.py::test_a", "t": 1, "line": 1},
        {"k": "report", "c": "passed", "id": "test_a.py::test_a", "w": "call", "s": 0.01}, {"k": "end", "id": "test_a.py::test_a"},
        {"k": "start", "id": "test_a.py::test_b[x-1]", "t": 1, "line": 3}, failed, {"k": "end", "id": "test_a.py::test_b[x-1]"},
        {"k": "report", "c": "skipped", "id": "test_a.py::test_s", "w": "setup", "s": 0.0},
        {"k": "report", "c": "xfailed", "id": "test_a.py::test_x", "w": "call", "s": 0.0},
        {**failed, "c": "error", "w": "teardown", "id": "test_a.py::test_a"},
    ]  # fmt: skip
    finish = {"k": "finish", "status": 1, "s": 0.5}
    report, stacks, open_test = (
        "aion_r_pytest.jsonl",
        "aion_r_pytest_stacks.txt",
        {"k": "start", "id": "test_a.py::test_c", "line": 4},
    )
    yield Seed({report: _lines([*body, finish]), stacks: b""})
    yield Seed({report: _lines([*body, open_test]), stacks: _STACKS}, Completed(-11, b"Segmentation fault\n", 1.0))
    yield Seed({report: _lines([*body, open_test]), stacks: _STACKS}, Completed(-9, b"", 9.0, timed_out=True))
    hang = [{"k": "hang", "id": "test_a.py::test_c", "s": 3.0}, finish]
    yield Seed({report: _lines([*body, open_test, *hang]), stacks: b""})
    broken = {**failed, "k": "broken", "id": "conftest.py"}
    yield Seed({report: _lines([broken]), stacks: b""}, Completed(4, b"ImportError while loading conftest\n", 0.2))
    yield Seed(
        {report: _lines([*body, {**broken, "k": "ended"}, finish]), stacks: b""}, Completed(2, b"!! Interrupted", 0.2)
    )
    usage = (
        b"ERROR: usage: pytest [options]\npytest: error: unrecognized arguments: --x\n  inifile: /project/pytest.ini\n"
    )
    yield Seed({report: b"", stacks: b""}, Completed(4, usage, 0.2))
    yield Seed({report: _lines([*body, finish]), stacks: b""}, ids=("test_a.py::test_a", "test_a.py::test_b[x-1]"))


# --- JUnit ------------------------------------------------------------------------------------------------------------
_JUNITS = [
    """<?xml version="1.0" encoding="UTF-8"?>
<testsuites><testsuite name="calc" tests="5" failures="1" errors="1" skipped="1" time="1.0"><properties><property name="a" value="b"/>
</properties><testcase classname="com.acme.CalcTest" name="adds" time="0.1"><failure message="expected: &lt;3&gt; but was: &lt;-1&gt;"
 type="org.opentest4j.AssertionFailedError">org.opentest4j.AssertionFailedError: expected: &lt;3&gt; but was: &lt;-1&gt;
\tat org.junit.jupiter.api.Assertions.assertEquals(Assertions.java:150)
\tat com.acme.Calc.add(Calc.java:7)
\tat com.acme.CalcTest.adds(CalcTest.java:12)
</failure></testcase><testcase classname="com.acme.CalcTest" name="ok"/>
<testcase classname="com.acme.CalcTest" name="skip"><skipped message="later"/></testcase>
<testcase classname="c" name="f"><flakyFailure message="once" type="X">once</flakyFailure><system-err><![CDATA[ x < y ]]></system-err></testcase>
<testcase classname="spec.a" name="err" file="./spec/a.rb" line="3"><error message="boom" type="X">lib/a.rb:5:in foo</error>
<system-out>printed</system-out></testcase></testsuite></testsuites>
""",
    """<testsuite name="t"><testcase name="a" file="/project/test_a.py" line="1" status="run"><failure>Failed asserting that 3 matches expected 4.

/project/test_a.py:3</failure></testcase><testcase name="b" status="notrun"/>
<testcase name="a"><failure message="Expected: 1&#10;  Got: 2">a.test.js:4:5</failure></testcase></testsuite>
""",
    """<testsuites xmlns="urn:x"><testsuite name="s"><error message="suite broke">x</error><testcase name="q" result="disabled"/></testsuite></testsuites>
""",
]  # fmt: skip


def _junit(name: str) -> Iterator[Seed]:
    for text in _JUNITS:
        yield Seed({"aion_r_junit_00001.xml": text.encode()})
    several = {f"aion_r_junit_{number:05d}.xml": text.encode() for number, text in enumerate(_JUNITS, 1)}
    yield Seed(several, ids=("com.acme.CalcTest::ok", "t::a", "t::a #2"))
    yield Seed({"aion_r_junit_00001.xml": b"<html/>"}, Completed(2, b"make: *** no rule\n", 1.0))


# --- Jest, Vitest, Mocha ----------------------------------------------------------------------------------------------
def _node(name: str) -> Iterator[Seed]:
    at: dict[str, Any] = {"file": f"{ROOT}/a.test.js", "names": ["group", "adds 1"]}
    stack = f"Error: expect(received).toBe(expected)\n\nExpected: 3\nReceived: 4\n    at Object.f ({ROOT}/a.test.js:3:5)\n    at add ({ROOT}/src/calc.js:2:1)"
    told = {"ms": 1.5, "line": 3, "message": stack, "matcher": "toBe", "expected": "3", "actual": "4", "name": "AssertionError",
            "operator": "strictEqual", "stack": stack, "output": "log: seen\n", "tries": 1}  # fmt: skip
    body = [
        {"k": "session", "framework": name}, {"k": "load", "file": at["file"]}, {"k": "loaded", "file": at["file"]},
        {"k": "start", **at}, {"k": "case", "s": "failed", **at, **told}, {"k": "test", "s": "failed", **at, **told},
        {"k": "test", "s": "passed", **at, "names": ["ok"], "ms": 1, "line": 9, "tries": 2},
        {"k": "test", "s": "skipped", **at, "names": ["sk"]}, {"k": "test", "s": "todo", **at, "names": ["td"]},
        {"k": "suite", **at, "hook": '"before each" hook', **told}, {"k": "error", **told, "file": at["file"]},
        {"k": "retry", **at}, {"k": "end", **at},
        {"k": "file", "file": f"{ROOT}/b.test.js", "failed": True, "message": f"SyntaxError: {ROOT}/b.test.js: Unexpected token (3:7)",
         "stack": stack, "errorFile": f"{ROOT}/b.test.js", "errorLine": 3, "errorColumn": 7, "name": "SyntaxError", "output": ""},
        {"k": "start", **at, "names": ["group", "open"]}, {"k": "test", "unfinished": True, **at, "names": ["group", "open"], "s": "failed"},
        {"k": "file", "file": at["file"], "output": "seen"},
    ]  # fmt: skip
    finish, open_test = (
        {"k": "finish", "passed": 1, "failed": 1},
        {"k": "start", **at, "names": ["hangs"], "hook": "h", "line": 4},
    )
    report = "aion_r_node.jsonl"
    yield Seed({report: _lines([*body, finish])})
    yield Seed({report: _lines([*body, open_test])}, Completed(-9, b"", 9.0, timed_out=True))
    yield Seed({report: _lines([*body, open_test])}, Completed(3, b"bye\n", 1.0))
    yield Seed({report: _lines([*body, finish])}, ids=("a.test.js > group", "a.test.js > ok"))
    text = f"{ROOT}/a.test.ts(3,5): error TS2304: Cannot find name 'x'.\n\n{stack}\n"
    yield Seed({report: b""}, Completed(1, text.encode(), 1.0))
    yield Seed({report: _lines([*body[:2]])}, Completed(1, stack.encode(), 1.0))


# --- fresh ones -------------------------------------------------------------------------------------------------------
_SUITE = """import pytest, unittest


@pytest.mark.parametrize("x", [1, "a/b", "x::y", "\\x1b[31m", "\\u202e", ""])
def test_p(x):
    print("seen", x)
    assert x == 1


@pytest.fixture
def bad():
    raise OSError("no")


def test_setup(bad): ...
@pytest.mark.xfail
def test_x(): assert 0
@pytest.mark.skip
def test_s(): ...


class TestU(unittest.TestCase):
    def test_u(self):
        with self.subTest(i=1):
            self.assertEqual({"a": 1}, {"a": 2})
"""
_JAVASCRIPT = """describe('group', () => {
  it('adds', () => { throw new Error('no'); });
  it('ok', () => {});
  it.skip('s', () => {});
  it('deep', () => { require('node:assert').deepStrictEqual({ a: 1 }, { a: 2 }); });
});
"""
_PROJECTS = {
    "pytest": {"test_a.py": _SUITE, "test_b.py": "import gone_away\n"},
    "jest": {"package.json": '{"scripts": {"test": "jest"}}', "a.test.js": _JAVASCRIPT, "b.test.js": "syntax error("},
    "mocha": {"package.json": '{"scripts": {"test": "mocha a.test.js"}}', "a.test.js": _JAVASCRIPT},
}


def fresh(name: str) -> list[Seed]:
    """What the real tool writes now; nothing where it is not installed."""
    files = _PROJECTS.get(name)
    packages = RECORDED.parents[2] / ".cache" / "node" / {"jest": "jest-30", "mocha": "mocha-11"}.get(name, "")
    if files is None or (name != "pytest" and not (packages / "installed.json").is_file()):
        return []
    with tempfile.TemporaryDirectory() as folder:
        root, out = Path(folder).resolve() / "project", Path(folder).resolve() / "out"
        root.mkdir()
        out.mkdir()
        for file, text in files.items():
            (root / file).write_text(text, encoding="utf-8")
        if name != "pytest":
            (root / "node_modules").symlink_to(packages / "node_modules")
        return [_run(adapter(name), root, out)]


def _run(framework: Framework, root: Path, out: Path) -> Seed:
    command = framework.for_project(root).command(TestJob(root, out))
    for file, content in command.files.items():
        (out / file).write_bytes(content)
    env, started = {**os.environ, "VIRTUAL_ENV": sys.prefix, **command.env}, time.monotonic()
    done = subprocess.run(command.argv, cwd=root / command.cwd, env=env, capture_output=True, check=False)
    place = str(root).encode()
    files = {
        path.name: path.read_bytes().replace(place, ROOT.encode())
        for path in out.iterdir()
        if path.name in ("aion_r_pytest.jsonl", "aion_r_pytest_stacks.txt", "aion_r_node.jsonl")
    }
    output = (done.stdout + done.stderr).replace(place, ROOT.encode())
    return Seed(files, Completed(done.returncode, output, time.monotonic() - started))
