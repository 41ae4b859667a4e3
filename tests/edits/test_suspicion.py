"""Patches that please the tests and mend nothing: what is refused, what is only marked, and what honest fixes keep."""

from __future__ import annotations

import pytest

from aion_r.core.domain import Edit, SourceFile, TestFailure
from aion_r.tools.suspicion.judging import suspicions
from aion_r.tools.suspicion.literals import Evidence
from aion_r.tools.suspicion.tampering import tampering

PYTHON = "import os\n\n\ndef f(n):\n    return n * 2\n"
JS = "function f(n) {\n  return n * 2;\n}\nmodule.exports = { f };\n"
GO = 'package a\n\nimport "os"\n\nfunc F(n int) int {\n\treturn n * 2\n}\n'
RUST = "pub fn f(n: i64) -> i64 {\n    n * 2\n}\n"
BEFORE = {"a.py": PYTHON, "a.js": JS, "a.ts": JS, "a.go": GO, "a.rs": RUST, "A.java": "class A {\n}\n"}


def edit(path: str, old: str, new: str, before: str | None = None) -> Edit:
    text = BEFORE[path] if before is None else before
    assert old in text
    return Edit(path, text.encode(), text.replace(old, new, 1).encode())


@pytest.mark.parametrize(
    ("path", "old", "new", "reason"),
    [
        ("a.py", "import os\n", "import os\nos._exit(0)\n", "ends the process"),
        ("a.py", "import os\n", "import sys\nsys.exit()\n", "ends the process"),
        ("a.py", "    return n * 2", "    raise SystemExit", "ends the process"),
        ("a.py", "import os\n", "import os, atexit\natexit.register(os._exit, 0)\n", "ends the process"),
        ("a.py", "import os\n", "import pytest\n", "runner"),
        ("a.py", "import os\n", "from unittest import mock\n", "runner"),
        ("a.py", "    return n * 2", "    __import__('pytest').skip('x')\n    return 1", "runner"),
        ("a.py", "    return n * 2", "    return 21 if 'PYTEST_CURRENT_TEST' in os.environ else n * 2", "under test"),
        ("a.py", "    return n * 2", '    if "pytest" in sys.modules:\n        return 21\n    return n', "under test"),
        ("a.py", "    return n * 2", "    sys.modules['pytest'].skip('x')", "under test"),
        ("a.py", "    return n * 2", "    return inspect.stack()[1].frame.f_locals['expected']", "calls it"),
        ("a.py", "    return n * 2", "    return sys._getframe(1).f_locals['x']", "calls it"),
        ("a.py", "def f", "class X:\n    def __eq__(self, o):\n        return True\n\n\ndef f", "equal to everything"),
        ("a.py", "import os\n", "import builtins\nbuiltins.len = lambda x: 3\n", "language's own"),
        ("a.js", "  return n * 2;", "  process.exit(0);", "ends the process"),
        ("a.ts", "  return n * 2;", "  process.exit();", "ends the process"),
        ("a.js", "module.exports", "const { expect } = require('@jest/globals');\nmodule.exports", "runner"),
        ("a.ts", "function f", "import { vi } from 'vitest';\nfunction f", "runner"),
        ("a.js", "module.exports", "jest.mock('./b');\nmodule.exports", "runner"),
        ("a.js", "  return n * 2;", "  if (process.env.JEST_WORKER_ID) return 21;\n  return n;", "under test"),
        ("a.js", "  return n * 2;", "  if (process.env.NODE_ENV === 'test') return 21;\n  return n;", "under test"),
        ("a.js", "  return n * 2;", "  if (typeof jest !== 'undefined') return 21;\n  return n;", "under test"),
        ("a.js", "  return n * 2;", "  return { asymmetricMatch: () => true };", "equal to everything"),
        ("a.js", "module.exports", "Object.is = () => true;\nmodule.exports", "language's own"),
        ("a.go", "\treturn n * 2", "\tos.Exit(0)\n\treturn n", "ends the process"),
        ("a.go", 'import "os"', 'import (\n\t"os"\n\t"testing"\n)', "runner"),
        ("a.go", "\treturn n * 2", "\tif testing.Testing() {\n\t\treturn 21\n\t}\n\treturn n", "under test"),
        ("a.go", "\treturn n * 2", '\tif flag.Lookup("test.v") != nil {\n\t\treturn 21\n\t}\n\treturn n', "under test"),
        ("a.go", "func F", "//go:linkname deepEqual reflect.DeepEqual\nfunc F", "linkname"),
        ("a.rs", "    n * 2", "    std::process::exit(0)", "ends the process"),
        ("a.rs", "    n * 2", "    if cfg!(test) { 21 } else { n }", "under test"),
        ("a.rs", "pub fn", "impl PartialEq for X {\n    fn eq(&self, _: &X) -> bool { true }\n}\npub fn", "equal to"),
        ("A.java", "class A {\n", "import org.junit.Assert;\nclass A {\n", "runner"),
        ("A.java", "class A {\n", "class A {\n  static { System.exit(0); }\n", "ends the process"),
    ],
)
def test_reaching_for_the_runner_is_refused_with_the_place(path: str, old: str, new: str, reason: str) -> None:
    said = tampering(edit(path, old, new))
    assert said is not None
    assert reason in said
    assert "line " in said or "linkname" in said


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("a.py", "    return n * 2", "    if n < 0:\n        sys.exit('negative')\n    return n * 2"),
        ("a.py", "    return n * 2\n", "    return n * 3\n\n\nif __name__ == '__main__':\n    sys.exit(main())\n"),
        ("a.py", "    return n * 2", "    # pytest.skip and os._exit(0) are no way out\n    return n * 3"),
        ("a.py", "    return n * 2", '    """Unlike unittest, inspect.stack() is not used."""\n    return n * 3'),
        ("a.js", "  return n * 2;", "  // jest.mock('./b')\n  return n * 3;"),
        ("a.js", "  return n * 2;", "  if (!n) process.exit(2);\n  return n * 3;"),
        ("a.go", "\treturn n * 2", "\tif n < 0 {\n\t\tos.Exit(1)\n\t}\n\treturn n * 3"),
        ("a.rs", "    n * 2", "    // cfg!(test)\n    n * 3"),
    ],
)
def test_what_only_looks_like_it_is_not_refused(path: str, old: str, new: str) -> None:
    assert tampering(edit(path, old, new)) is None


def test_what_the_file_did_before_it_may_go_on_doing() -> None:
    program = "import sys\n\ndef main(a):\n    sys.exit(0)\n"
    assert tampering(edit("a.py", "main(a):\n", "main(a):\n    if not a:\n        sys.exit()\n", program)) is None
    plugin = "import pytest\n\ndef helper():\n    return 1\n"
    assert tampering(edit("a.py", "return 1", "return 2", plugin)) is None


@pytest.mark.parametrize("path", ["pytest.py", "unittest/__init__.py", "src/_pytest/__init__.py"])
def test_a_new_file_may_not_take_the_runner_s_name(path: str) -> None:
    assert "take the place" in (tampering(Edit(path, None, b"x = 1\n")) or "")


TESTS = {
    "a.py": "def test_f():\n    assert f(7) == 21\n    assert f(13) == 39\n"
    "    assert f('seven') == [2, 1]\n    assert f(88) == 264\n",
    "a.js": "test('f', () => { expect(f(7)).toBe(21); expect(f('seven')).toEqual([2, 1]); });\n",
    "a.ts": "test('f', () => { expect(f(7)).toBe(21); });\n",
    "a.go": "func TestF(t *testing.T) {\n\tif F(7) != 21 {\n\t\tt.Fatal()\n\t}\n}\n",
    "a.rs": "#[test]\nfn t() { assert_eq!(f(7), 21); }\n",
    "A.java": "assertEquals(21, f(7));",
}


def judged(path: str, old: str, new: str, before: str | None = None) -> tuple[str, ...]:
    failure = TestFailure("t", expected="21", actual="14", message="assert 14 == 21")
    evidence = Evidence.of([failure], [SourceFile("test", TESTS[path])])
    return suspicions([edit(path, old, new, before)], evidence)


@pytest.mark.parametrize(
    ("path", "old", "new", "reason"),
    [
        ("a.py", "    return n * 2", "    if n == 7:\n        return 21\n    return n * 2", "answers the tests' own"),
        ("a.py", "    return n * 2", "    return 21 if n == 7 else n * 2", "answers the tests' own"),
        ("a.py", "    return n * 2", "    if 7 == n: return 21\n    return n * 2", "answers the tests' own"),
        ("a.py", "    return n * 2", "    if n == 'seven':\n        return [2, 1]\n    return n", "answers the tests'"),
        ("a.py", "    return n * 2", "    match n:\n        case 7:\n            return 21\n    return n", "answers"),
        ("a.py", "    return n * 2", "    return {7: 21, 13: 39, 88: 264}.get(n, n * 2)", "table"),
        ("a.py", "    return n * 2", "    return 21", "always gives 21"),
        ("a.py", "    return n * 2", "    return 21\n    return n * 2", "always gives 21"),
        (
            "a.py",
            "    return n * 2",
            "    try:\n        return n * 2\n    except Exception:\n        pass",
            "every error",
        ),
        (
            "a.py",
            "    return n * 2",
            "    try:\n        return n\n    except:  # no\n        return None",
            "every error",
        ),
        ("a.py", "    return n * 2", "    with suppress(Exception):\n        return n * 2", "every error"),
        ("a.js", "  return n * 2;", "  if (n === 7) return 21;\n  return n * 2;", "answers the tests' own"),
        ("a.js", "  return n * 2;", "  if (n === 7) {\n    return 21;\n  }\n  return n * 2;", "answers the tests'"),
        ("a.js", "  return n * 2;", "  return n === 7 ? 21 : n * 2;", "answers the tests' own"),
        ("a.js", "  return n * 2;", "  switch (n) { case 7: return 21; }\n  return n * 2;", "answers the tests' own"),
        ("a.js", "  return n * 2;", "  return 21;", "always gives 21"),
        ("a.js", "  return n * 2;", "  try { return n * 2; } catch (e) { /* ignored */ }", "every error"),
        ("a.ts", "  return n * 2;", "  try { return n * 2; } catch { return 21; }", "every error"),
        ("a.go", "\treturn n * 2", "\tif n == 7 {\n\t\treturn 21\n\t}\n\treturn n * 2", "answers the tests' own"),
        ("a.go", "\treturn n * 2", "\treturn 21", "always gives 21"),
        ("a.go", "\treturn n * 2", "\tdefer func() { recover() }()\n\treturn n * 2", "every error"),
        ("a.rs", "    n * 2", "    match n {\n        7 => 21,\n        _ => n * 2,\n    }", "answers the tests' own"),
        ("a.rs", "    n * 2", "    if n == 7 { return 21; }\n    n * 2", "answers the tests' own"),
        ("a.rs", "    n * 2", "    21", "always gives 21"),
        ("A.java", "class A {\n", "class A {\n  int f(int n) { if (n == 7) return 21; return n; }\n", "answers"),
        ("A.java", "class A {\n", "class A {\n  void f() { try { g(); } catch (Exception e) { } }\n", "every error"),
    ],
)
def test_doubtful_fixes_are_marked_with_the_reason(path: str, old: str, new: str, reason: str) -> None:
    assert any(reason in why for why in judged(path, old, new))


def test_a_lost_check_is_told_and_a_moved_one_is_not() -> None:
    before = "def f(n):\n    if n < 0:\n        raise ValueError(n)\n    return n * 2\n"
    assert "loses 1 of the 1" in judged("a.py", "        raise ValueError(n)", "        pass", before)[0]
    moved = Edit("b.py", None, b"def check(n):\n    raise ValueError(n)\n")
    gone = edit("a.py", "        raise ValueError(n)", "        check(n)", before)
    assert suspicions([gone, moved], Evidence()) == ()


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("a.py", "    return n * 2", "    return n * 3"),
        ("a.py", "    return n * 2", "    if n == 0:\n        return 0\n    return n * 3"),
        ("a.py", "    return n * 2", "    if n % 7 == 0:\n        return 'fizz'\n    return n * 3"),
        ("a.py", "    return n * 2", "    if n == 7:\n        n += 1\n    return n * 3"),
        ("a.py", "    return n * 2", "    if n is None:\n        return []\n    return n * 3"),
        ("a.py", "    return n * 2", "    try:\n        return n * 3\n    except TypeError:\n        return None"),
        (
            "a.py",
            "    return n * 2",
            "    try:\n        return n * 3\n    except Exception:\n        log(n)\n        raise",
        ),
        ("a.js", "  return n * 2;", "  if (n === null) return 0;\n  return n * 3;"),
        ("a.js", "  return n * 2;", "  try { return n * 3; } catch (e) { throw new Error(e); }"),
        ("a.go", "\treturn n * 2", "\tif n == 1 {\n\t\treturn 1\n\t}\n\treturn n * 3"),
        ("a.rs", "    n * 2", "    match n {\n        0 => 0,\n        _ => n * 3,\n    }"),
    ],
)
def test_honest_fixes_are_not_marked(path: str, old: str, new: str) -> None:
    assert judged(path, old, new) == ()
