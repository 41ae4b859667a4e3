"""What a model is asked, word for word. After a wanted change: ``UPDATE_GOLDEN=1 pytest tests/generate``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from aion_r.api.generation.reading import is_tests
from aion_r.api.generation.target import LANGUAGES, choose
from aion_r.core.errors import UsageError
from aion_r.providers.prompts.generate import example_names, system_text, user_text
from support.generations import SAMPLES
from support.scripted_server import ScriptedServer

GOLDEN = Path(__file__).parent / "golden"
DOCUMENT = Path(__file__).parents[2] / "docs" / "generate.md"


@pytest.mark.parametrize(("framework", "language"), [("pytest", "python"), ("mocha", "typescript"), ("cargo", "rust")])
def test_the_prompt_is_the_recorded_one(framework: str, language: str) -> None:
    text = f"{system_text(language, framework)}\n\n=== user ===\n\n{user_text('A stack.')}\n"
    path = GOLDEN / f"{language}_{framework}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    assert len(text) < 1_600


def pairs() -> list[tuple[str, str]]:
    """Every language with every framework that tests it."""
    found = []
    for language in LANGUAGES:
        for framework in ("pytest", "jest", "mocha", "vitest", "go", "cargo"):
            try:
                found.append((language, choose(language, framework).framework.name))
            except UsageError:
                continue
    return found


@pytest.mark.parametrize(("language", "framework"), pairs())
def test_the_names_shown_are_those_that_the_framework_looks_for(language: str, framework: str) -> None:
    target = choose(language, framework)
    code, tests = example_names(language, framework)
    assert not is_tests(code, target) and is_tests(tests, target)
    text = system_text(language, framework)
    assert f"{code}\n```" in text and f"{tests}\n```" in text and language in text and framework in text


def test_all_pairs_are_there() -> None:
    assert len(pairs()) == 9


def test_requirements_are_cleaned_and_kept() -> None:
    assert user_text("  A {stack}\x1b[31m of\u202e ```x```\n").startswith(
        "Requirements:\nA {stack} of ```x```\n\nAnswer"
    )


def test_the_program_of_the_document_runs(tmp_path: Path) -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    with ScriptedServer() as server:
        server.reply("openai", SAMPLES["pytest"].answer, SAMPLES["pytest"].fix)
        variables = {name: value for name, value in os.environ.items() if "API" not in name and "TOKEN" not in name}
        environment = variables | server.environment("openai") | {"AION_R_HOME": str(tmp_path / "home")}
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("openai ['pyproject.toml', 'stack.py', 'test_stack.py']\nrepaired class Stack:")
    assert done.stdout.strip() == f"{done.stdout.splitlines()[0]}\nrepaired {SAMPLES['pytest'].mended}".strip()
