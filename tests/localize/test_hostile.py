"""Fault localization never raises, whatever the sources and the records are, and its work is bounded."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aion_r.core.domain import StackFrame, TestFailure
from aion_r.tools.localize import context, suspects, test_context
from aion_r.tools.localize.languages import front_end
from aion_r.tools.localize.project import MAX_FILE_CHARS, MAX_PARSED_CHARS, Project
from aion_r.tools.localize.python_tolerant import scan

TEST = b"from calc import add\n\ndef test_add():\n    assert add(1, 2) == 3\n"
FAILURE = TestFailure("test_calc.py::test_add", "test_calc.py", 4, "assert -1 == 3")


def names(root: Path, *failures: TestFailure) -> list[str | None]:
    def read(path: str) -> bytes | None:
        return (root / path).read_bytes() if (root / path).is_file() else None

    return [s.function for s in suspects(root, "python", failures, lambda path: "test" not in path, read)]


@pytest.mark.parametrize(
    "source",
    [
        "# \xe9t\xe9\ndef add(a, b):\n    return a - b\n".encode("latin-1"),
        b"\xef\xbb\xbfdef add(a, b):\n    return a - b\n",
        b"def add(a, b):\r\n    return a - b\r\n",
        b"def add(a, b):\n    return a - b\n\ndef broken(:\n    pass\n",
        b"def add(a, b):\n    return " + b"(" * 3000 + b"a" + b")" * 3000 + b"\n",
        b"def add(a, b):\n    return a - b\nx = '\0'\n",
    ],
    ids=["latin-1", "byte order mark", "crlf", "syntax error", "nested too deeply", "null byte"],
)
def test_sources_as_they_come(source: bytes, tmp_path: Path) -> None:
    (tmp_path / "calc.py").write_bytes(source)
    (tmp_path / "test_calc.py").write_bytes(TEST)
    assert names(tmp_path, FAILURE)[0] == "add"


@pytest.mark.parametrize(
    "file",
    ["{root}/calc.py", "calc.py", "./pkg/../calc.py", "pkg\\..\\calc.py"],
    ids=["absolute", "relative", "dots", "backslashes"],
)
def test_frames_are_found_however_their_path_is_written(file: str, tmp_path: Path) -> None:
    (tmp_path / "calc.py").write_text("def add(a, b):\n    return a - b\n")
    frame = StackFrame(file.replace("{root}", str(tmp_path)), 2, "add")
    assert names(tmp_path, TestFailure("x", None, None, stack=(frame,))) == ["add"]


def test_a_project_behind_a_symlink(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (real / "calc.py").write_text("def add(a, b):\n    return a - b\n")
    (tmp_path / "link").symlink_to(real)
    frame = StackFrame(str(real / "calc.py"), 2, "add")
    assert names(tmp_path / "link", TestFailure("x", None, None, stack=(frame,))) == ["add"]


@pytest.mark.parametrize(
    "file", ["/usr/lib/python3/json/decoder.py", "../calc.py", "C:\\py\\calc.py", "gone.py", "", "a\0b", "<string>"]
)
def test_frames_outside_the_project_are_none(file: str, tmp_path: Path) -> None:
    (tmp_path.parent / "calc.py").write_text("def add(a, b):\n    return a - b\n")
    failure = TestFailure("x", file, 2, stack=(StackFrame(file, 2, "add"),))
    assert names(tmp_path, failure) == []
    assert context(tmp_path, (), (failure,), lambda path: None) == ()


def test_a_huge_file_counts_by_its_frames_only(tmp_path: Path) -> None:
    (tmp_path / "calc.py").write_text("def add(a, b):\n    return a - b\n" * (MAX_FILE_CHARS // 20))
    frame = StackFrame("calc.py", 2, "add")
    assert names(tmp_path, TestFailure("x", None, None, stack=(frame,))) == [None]


def test_the_text_parsed_is_bounded(tmp_path: Path) -> None:
    text = "def f():\n    return 1\n" + "# " + "x" * (MAX_FILE_CHARS // 2) + "\n"
    project = Project(tmp_path, lambda path: text.encode())
    parsed = [project.outline(f"m{n}.py").definitions for n in range(20)]
    assert 0 < sum(map(bool, parsed)) <= MAX_PARSED_CHARS // len(text)


def test_cycles_of_imports_bases_and_fixtures_end(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from b import *\nfrom b import C\nx = y\ny = x\nclass A(C): pass\n")
    (tmp_path / "b.py").write_text(
        "from a import *\nfrom a import A\nclass C(A):\n    def go(self):\n        return self.gone()\n"
    )
    (tmp_path / "test_a.py").write_text(
        "import pytest\nfrom a import A, x\n@pytest.fixture\ndef f(g): return g\n@pytest.fixture\ndef g(f): return f\n"
        "def test_a(f):\n    s = A()\n    s = s.go()\n    assert f.other(x) == s.gone.on()\n"
    )
    assert "C.go" in names(tmp_path, TestFailure("test_a.py::test_a", "test_a.py", 9, "assert"))


def test_five_thousand_failures_are_grouped(tmp_path: Path) -> None:
    (tmp_path / "calc.py").write_text("def add(a, b):\n    return a - b\n")
    (tmp_path / "test_calc.py").write_bytes(TEST)
    many = [TestFailure(f"test_calc.py::test_add[{n}]", "test_calc.py", 4, f"assert {n} == 3") for n in range(5000)]
    assert names(tmp_path, *many) == ["add"]
    read = lambda path: (tmp_path / path).read_bytes()  # noqa: E731
    assert len(test_context(tmp_path, many, read, 4000)) == 1


TEXTS = st.one_of(
    st.text(max_size=400),
    st.lists(
        st.sampled_from(
            "def class import from as func fn impl mod use test describe it => { } ( ) [ ] . , : :: ; ' \" ` # // /* "  # noqa: SIM905
            "*/ \n \t x y self this crate super exports module async await return @ * = ? ! < > 1".split(" ")
        ),
        max_size=200,
    ).map(" ".join),
)


@pytest.mark.parametrize("path", ["m.py", "m.js", "m.jsx", "m.ts", "m.tsx", "m.go", "m_test.go", "m.rs"])
@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_front_ends_read_anything(path: str, text: str) -> None:
    language = front_end(path)
    assert language is not None
    outline = language.outline(text, path)
    lines = text.count("\n") + 1
    assert all(1 <= d.line <= d.end_line <= lines for d in outline.definitions)


@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_the_tolerant_scan_reads_anything(text: str) -> None:
    lines = text.count("\n") + 1
    assert all(1 <= d.line <= d.end_line <= lines for d in scan(text).definitions)


@settings(max_examples=80, deadline=None)
@given(
    source=TEXTS,
    test_id=TEXTS,
    file=st.sampled_from(["m.py", "m.js", "m.ts", "m.go", "m.rs", "t.py", "", "..", "/", "m.py/x"]),
    line=st.integers(-5, 10**9),
    message=TEXTS,
)
def test_no_record_raises(source: str, test_id: str, file: str, line: int, message: str) -> None:
    failure = TestFailure(test_id, file, line, message, stack=(StackFrame(file, line, message),), output=message)
    files = {name: source.encode("utf-8", "replace") for name in ("m.py", "m.js", "m.ts", "m.go", "m.rs", "t.py")}
    root = Path("/nonexistent")
    found = suspects(root, "python", [failure], lambda path: True, files.get)
    assert all(0 < s.score <= 1 and s.line <= s.end_line for s in found)
    assert sum(len(s.text) for s in context(root, found, [failure], files.get, 300)) <= 300
    assert sum(len(s.text) for s in test_context(root, [failure], files.get, 100)) <= 100
