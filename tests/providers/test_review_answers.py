"""What is read out of a review that came as text."""

from __future__ import annotations

import pytest

from aion_r.core.errors import NoEdit
from aion_r.providers.review import Finding, read_text_answer


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("FINDING | high | a.py:3 | CWE-89 | Title | Why", ("high", "a.py", 3, "CWE-89", "Title", "Why")),
        ("- **FINDING | HIGH | `a.py:3` | cwe 89 | T | W | x", ("high", "a.py", 3, "CWE-89", "T", "W | x")),
        ("finding | low | C:/a.py | - | T", ("low", "C:/a.py", None, None, "T", "")),
    ],
)
def test_a_line(line: str, expected: tuple[object, ...]) -> None:
    (found,) = read_text_answer(f"Well:\n{line}\n").findings
    assert (found.severity, found.file, found.line, found.cwe, found.title, found.explanation) == expected


def test_edits_are_what_is_left() -> None:
    answer = read_text_answer("FINDING | low | a.py:3 | - | T | W\n\na.py\n```\nx = 1\n```\n")
    assert answer.edits == "a.py\n```\nx = 1\n```"


@pytest.mark.parametrize("text", ["No findings.", "**NO FINDINGS**", "All is well.\nno findings\n"])
def test_none(text: str) -> None:
    assert read_text_answer(text).findings == ()


@pytest.mark.parametrize("text", ["", "All is well.", "FINDING | terrible | a.py:3 | - | T", "FINDING | low"])
def test_what_is_no_answer_is_not_taken_for_none(text: str) -> None:
    with pytest.raises(NoEdit):
        read_text_answer(text)


@pytest.mark.parametrize(("said", "read"), [("CWE-79", "CWE-79"), (79, "CWE-79"), ("none", None), (None, None)])
def test_cwe(said: object, read: str | None) -> None:
    document = {"file": "a", "severity": "Low ", "title": "t", "explanation": "e", "cwe": said}
    assert Finding.model_validate(document).cwe == read
