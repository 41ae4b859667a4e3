"""The check before any test is run: it names the line, and does not judge what it cannot know."""

from __future__ import annotations

import pytest

from aion_r.tools.edits.syntax import CHECKS, check_syntax


@pytest.mark.parametrize(
    ("path", "data", "problem"),
    [
        ("a.py", b"def f(:\n", "line 1"),
        ("a.py", b"x = 1\n  y = 2\n", "line 2"),
        ("a.py", b"x = '\xff'\n", "utf-8"),
        ("a.py", b"x = 1\0\n", "null"),
        ("a.json", b'{"a": 1,}', "line 1"),
        ("a.toml", b"a = \n", "line 1"),
        ("a.yaml", b"a: [1\nb: 2\n", "line 2, column 2"),
        ("a.js", b"function f() {\n  if (a) {\n    b();\n}\n", "'{' is never closed in 'function f() {'"),
        ("a.js", b"const a = [1, 2;\n", "line 1"),
        ("a.jsx", b"const a = <p>{x</p>;\n", "line 1"),
        ("a.ts", b"type A = { a: string;\n", "line 1, column 10: '{' is never closed"),
        ("a.tsx", b"const a = (b: number) => <p>{b}</p>;\nlet = ;\n", "line 2, column 5: unexpected '= ;'"),
        ("a.go", b"package a\n\nfunc F() {\n\tg(1\n}\n", "line 4"),
        ("a.go", b"package a\n\nfunc F() int {\n\treturn 1 +\n}\n", "line 4"),
        ("a.rs", b"fn f() -> u8 {\n    1 + }\n}\n", "line 3, column 1: '}' closes nothing"),
        ("a.rs", b"fn f( {\n    1\n}\n", "line 1, column 5: '(' is never closed"),
        ("a.js", "const 日 = '日本' + ;\n".encode(), "line 1, column 16: unexpected '+ ;'"),
    ],
)
def test_broken_files_are_told_with_the_place(path: str, data: bytes, problem: str) -> None:
    assert problem in (check_syntax(path, data) or "")


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("a.py", b"def f():\n    return '\\d'\n"),
        ("a.py", "# coding: latin-1\nx = 'é'\n".encode("latin-1")),
        ("a.py", b"\xef\xbb\xbfx = 1\r\n"),
        ("a.json", b'{"a": 1}'),
        ("a.toml", b"a = 1\r\n"),
        ("a.unknown", b"((("),
        ("a.js", b"#!/usr/bin/env node\nconst a = '{' + `${b}}` + /[(]/.source; // {\n"),
        ("a.jsx", b"export default () => <p title={'}'}>don't {/* ( */}</p>;\n"),
        ("a.ts", b"enum E { A }\nfunction f<T extends E>(a?: T): a is T { return a! satisfies T; }\n"),
        ("a.go", b'package a\n\nfunc F[T any](a T) string { return `{` + "(" }\n'),
        ("a.rs", b"fn f<'a>(s: &'a str) -> char { if let Some('{') = s.chars().next() { '(' } else { ')' } }\n"),
        ("a.yaml", b"a: !custom {b: 1}\n---\nc: 2\n"),
        ("a.js", "const a = 'é'\r\n".encode("latin-1")),
        ("a.js", b""),
    ],
)
def test_good_and_unknown_files_pass(path: str, data: bytes) -> None:
    assert check_syntax(path, data) is None


def test_a_file_that_did_not_pass_before_is_not_judged() -> None:
    assert check_syntax("a.py", b"print 'b'\n", before=b"print 'a'\n") is None
    assert check_syntax("tsconfig.json", b'{"a": 2} // b\n', before=b'{"a": 1} // b\n') is None
    assert check_syntax("a.py", b"print 'b'\n", before=b"print('a')\n") is not None


FLOW = b"// @flow\nopaque type A = {| a: number |};\nexport function f(a: A) {\n  return a.a;\n}\n"


def test_a_file_whose_grammar_is_unknown_is_judged_by_its_brackets_alone() -> None:
    assert check_syntax("a.js", FLOW) is not None
    more = FLOW.replace(b"return a.a", b"return (a: any).a + (a: any).b")
    assert check_syntax("a.js", more, before=FLOW) is None
    broken = FLOW.replace(b"return a.a;\n}", b"return a.a;\n")
    assert "never closed" in (check_syntax("a.js", broken, before=FLOW) or "")


def test_a_column_counts_characters_and_a_text_is_shortened() -> None:
    told = check_syntax("a.go", ('package a\n\nvar s = "äöü" + ) ' + "x" * 200 + "\n").encode())
    assert told is not None
    assert told.startswith("line 3, column 17: ')' closes nothing")
    assert len(told) < 120


@pytest.mark.parametrize("suffix", sorted(CHECKS))
def test_no_bytes_crash_a_check(suffix: str) -> None:
    for data in (b"", b"\0", b"\xff\xfe{", b"{" * 3000, b"(" * 100 + b")" * 100, b"\xef\xbb\xbf", b"\r\r\n", b"'" * 99):
        told = check_syntax("a" + suffix, data)
        assert told is None or told.strip()
