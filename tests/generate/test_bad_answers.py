"""What a model may answer instead of a project, in each framework: taken as it was meant, or sent back; never worse."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aion_r.api.generation.reading import read_answer
from aion_r.api.generation.target import choose
from aion_r.core.errors import EditError
from support.generations import SAMPLES, Sample, answer

SIX = ["pytest", "jest", "mocha", "vitest", "go", "cargo"]
README = "# A stack\n\nThe last comes first.\n"


def files_of(sample: Sample, text: str) -> dict[str, str]:
    return dict(read_answer(text, choose(sample.language, sample.framework)).files)


@pytest.mark.parametrize("name", SIX)
@pytest.mark.parametrize("place", ["first", "between", "last"])
@pytest.mark.parametrize("page", ["README.md", "notes.txt"])
def test_a_page_of_text_swallows_no_file(name: str, place: str, page: str) -> None:
    """In Markdown a bare fence may stand inside the file; here it opens the next one."""
    sample = SAMPLES[name]
    others = list(sample.files.items())
    others.insert({"first": 0, "between": 1, "last": len(others)}[place], (page, README))
    assert files_of(sample, answer(dict(others))) == dict(others)


def test_the_fences_of_a_page_stay_in_it() -> None:
    sample = SAMPLES["pytest"]
    page = f"{README}\nUse it:\n\n```python\nfrom stack import Stack\n```\n"
    text = f"README.md\n```markdown\n{page}```\n\n{answer(sample.files)}"
    assert files_of(sample, text) == {"README.md": page, **sample.files}


def test_a_thought_whose_fence_is_open() -> None:
    sample = SAMPLES["pytest"]
    for thought in ("<think>```\nstack.py\n```</think>", "<think>\nI open\n```python\nx = 1\n</think>"):
        assert files_of(sample, f"{thought}\n{answer(sample.files)}") == dict(sample.files)


BAD: dict[str, Callable[[Sample], str]] = {
    "prose": lambda _: "I would write a class with push and pop.",
    "nothing": lambda _: "```\n```",
    "absolute": lambda sample: answer(dict(sample.files) | {"/etc/cron.d/x": "* * * * * root id\n"}),
    "above": lambda sample: answer({f"../{path}": text for path, text in sample.files.items()}),
    "through": lambda sample: answer(dict(sample.files) | {"a/../../../x.txt": "x\n"}),
    "drive": lambda sample: answer(dict(sample.files) | {"C:\\x.txt": "x\n"}),
    "home": lambda sample: answer(dict(sample.files) | {"~/.bashrc": "x\n"}),
    "control": lambda sample: answer(dict(sample.files) | {"a\0b.txt": "x\n"}),
    "long": lambda sample: answer(dict(sample.files) | {f"{'n' * 300}.txt": "x\n"}),
    "one file twice": lambda sample: answer(dict(sample.files) | {sample.code.upper(): "x\n"}),
    "file and folder": lambda sample: answer(dict(sample.files) | {f"{sample.code}/x.txt": "x\n"}),
    "edits": lambda sample: f"{sample.code}\n```\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n```\n",
    "cut off": lambda sample: answer(sample.files)[:-3],
    "code alone": lambda sample: answer({sample.code: "x = 1\n"}),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("name", SIX)
def test_what_is_no_project_is_refused_in_words(name: str, kind: str) -> None:
    sample = SAMPLES[name]
    with pytest.raises(EditError) as refused:
        files_of(sample, BAD[kind](sample))
    assert 20 < len(str(refused.value)) < 1500


@pytest.mark.parametrize("name", SIX)
def test_thousands_of_files_are_all_there(name: str) -> None:
    sample = SAMPLES[name]
    many = {f"data/{number}.txt": f"{number}\n" for number in range(2000)}
    assert files_of(sample, answer(dict(sample.files) | many)) == dict(sample.files) | many
