"""What can be switched, what cannot, and what a file keeps as it was."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from .switching import changing, written

PLACES = [
    ("javascript", "a.js", "const LIMIT = 3;\n", "3", "4", False),
    ("javascript", "a.js", "function f(a = 3) {\n  return a;\n}\n", "3", "4", False),
    ("javascript", "a.js", "function g() {\n  return (a = 3) => a;\n}\n", "3", "4", True),
    ("javascript", "a.js", "const f = (a = 3) => a;\n", "3", "4", False),
    ("javascript", "a.js", "const f = () => ({ a: 3 });\n", "3", "4", True),
    ("javascript", "a.js", "class A {\n  b = 3;\n}\n", "3", "4", False),
    ("javascript", "a.js", "class A {\n  b = () => 3;\n}\n", "3", "4", True),
    ("javascript", "a.js", "class A extends B {\n  constructor() {\n    super(3);\n  }\n}\n", "3", "4", False),
    (
        "javascript",
        "a.js",
        "class A extends B {\n  constructor() {\n    super();\n    this.a = 3;\n  }\n}\n",
        "3",
        "4",
        True,
    ),
    ("typescript", "a.ts", "class A {\n  get b(): number {\n    return 3;\n  }\n}\n", "3", "4", True),
    ("typescript", "a.ts", "enum A {\n  B = 3,\n}\n", "3", "4", False),
    ("typescript", "a.tsx", "export const A = () => <b>{3}</b>;\n", "3", "4", True),
    ("go", "a.go", "package a\n\nvar x = 3\n", "3", "4", False),
    ("go", "a.go", "package a\n\nvar x = func() int { return 3 }\n", "3", "4", True),
    ("go", "a.go", "package a\n\nfunc f(a int) int {\n\treturn 3\n}\n", "a int", "a int64", False),
    ("go", "a.go", "package a\n\nfunc (s S) f() {\n\ts.n = 3\n}\n", "(s S)", "(s *S)", False),
    ("rust", "a.rs", "const X: i32 = 5;\n", "5", "6", False),
    ("rust", "a.rs", "const fn f() -> i32 {\n    5\n}\n", "5", "6", False),
    ("rust", "a.rs", "fn f() -> impl Fn(i32) -> i32 {\n    |x| x + 3\n}\n", "+ 3", "+ 4", False),
    ("rust", "a.rs", "fn f() {\n    struct A;\n    impl A { fn g() -> i32 { 5 } }\n    A::g();\n}\n", "5", "6", True),
    (
        "rust",
        "a.rs",
        "fn f() {\n    struct A;\n    impl A { fn g() -> i32 { 3 } }\n    A::g();\n}\n",
        "A::g()",
        "A::h()",
        False,
    ),
    ("rust", "a.rs", "fn f() {\n    #![allow(dead_code)]\n    g(5)\n}\n", "5", "6", True),
]


@pytest.mark.parametrize(("language", "path", "text", "old", "new", "inside"), PLACES)
def test_only_what_lies_in_a_function_is_switched(
    language: str, path: str, text: str, old: str, new: str, inside: bool
) -> None:
    sample = written(language, path, text, {7: changing(text, old, new, path)})
    assert sample.numbers == ([7] if inside else [])
    assert (sample.switched.text == text) is not inside


@pytest.mark.parametrize("break_", ["\n", "\r\n"])
@pytest.mark.parametrize("end", [True, False])
def test_an_ecmascript_module_keeps_its_head(tmp_path: Path, break_: str, end: bool) -> None:
    lines = ["#!/usr/bin/env node", "'use strict';", "import { basename as b } from 'path';", "export { f };"]
    lines += ["console.log(f('é/ü'), g(1), f.length);", "function f(x) {", "  'use strict';", "  return b(x) + 1;", "}"]
    lines += ["function g(y) { return y; } // end"]
    text = break_.join(lines) + (break_ if end else "")
    some = {1: changing(text, "+ 1", "+ 2", "a.mjs"), 2: changing(text, "return y", "return -y", "a.mjs")}
    sample = written("javascript", "a.mjs", text, some)
    assert sample.switched.text.startswith(break_.join(lines[:5]))
    for number, said in ((0, "ü1 1 1"), (1, "ü2 1 1"), (2, "ü1 -1 1"), (3, "ü1 1 1")):
        (tmp_path / "a.mjs").write_text(sample.switched.text, newline="")
        env = {**os.environ, "AION_R_VARIANT": str(number)}
        done = subprocess.run(["node", "a.mjs"], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == said


def test_a_module_that_is_called_before_it_ran_reads_the_number(tmp_path: Path) -> None:
    one = "import { two } from './b.mjs';\nexport function one() {\n  return 1;\n}\nconsole.log(two);\n"
    sample = written("javascript", "a.mjs", one, {5: changing(one, "return 1", "return 2", "a.mjs")})
    (tmp_path / "a.mjs").write_text(sample.switched.text)
    (tmp_path / "b.mjs").write_text("import { one } from './a.mjs';\nexport const two = one() + 1;\n")
    env = {**os.environ, "AION_R_VARIANT": "5"}
    done = subprocess.run(["node", "a.mjs"], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "3\n"


def test_variants_of_two_files_of_one_package_live_together(tmp_path: Path) -> None:
    texts = {
        "a.go": "package main\n\nfunc one() int {\n\treturn 1\n}\n",
        "b.go": 'package main // two\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println(one() + 10)\n}',
    }
    changes = {"a.go": {1: ("return 1", "return 2")}, "b.go": {2: ("+ 10", "+ 20"), 3: ("one()", "one(1)")}}
    for path, text in texts.items():
        some = {n: changing(text, old, new, path) for n, (old, new) in changes[path].items() if n != 3}
        (tmp_path / path).write_text(written("go", path, text, some).switched.text)
    (tmp_path / "go.mod").write_text("module sample\n\ngo 1.21\n")
    subprocess.run(["go", "build", "-o", "program", "."], cwd=tmp_path, check=True, timeout=100)
    for number, said in ((0, "11"), (1, "12"), (2, "21")):
        env = {**os.environ, "AION_R_VARIANT": str(number)}
        done = subprocess.run([tmp_path / "program"], env=env, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == said


def test_a_file_of_another_language_is_left_alone() -> None:
    sample = written("go", "notes.txt", "a 3\n", {1: changing("a 3\n", "3", "4", "notes.txt")})
    assert sample.switched.left_out == {1}
