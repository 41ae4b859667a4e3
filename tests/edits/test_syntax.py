"""The check before any test is run: it names the line, and does not judge what it cannot know."""

from __future__ import annotations

import pytest

from aion_r.tools.edits.syntax import check_syntax


@pytest.mark.parametrize(
    ("path", "data", "problem"),
    [
        ("a.py", b"def f(:\n", "line 1"),
        ("a.py", b"x = 1\n  y = 2\n", "line 2"),
        ("a.py", b"x = '\xff'\n", "utf-8"),
        ("a.py", b"x = 1\0\n", "null"),
        ("a.json", b'{"a": 1,}', "line 1"),
        ("a.toml", b"a = \n", "line 1"),
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
    ],
)
def test_good_and_unknown_files_pass(path: str, data: bytes) -> None:
    assert check_syntax(path, data) is None


def test_a_file_that_did_not_pass_before_is_not_judged() -> None:
    assert check_syntax("a.py", b"print 'b'\n", before=b"print 'a'\n") is None
    assert check_syntax("tsconfig.json", b'{"a": 2} // b\n', before=b'{"a": 1} // b\n') is None
    assert check_syntax("a.py", b"print 'b'\n", before=b"print('a')\n") is not None
