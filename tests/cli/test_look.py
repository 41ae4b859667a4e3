"""``aion-r look``: the defects that a screenshot shows."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command_line import CommandLine, document
from support.replies import Answer
from support.scripted_server import ScriptedServer

Configure = Callable[..., CommandLine]

PNG = base64.b64decode(
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
CUT = {
    "description": "The price is cut off.",
    "severity": "high",
    "region": {"left": 0.1, "top": 0.25, "right": 0.3, "bottom": 0.5},
}
FAINT = {"description": "The hint is hard to read.", "severity": "low"}


def seen(*defects: object) -> Answer:
    return Answer(tool=("Defects", {"defects": list(defects)}))


@pytest.fixture
def page(project: Path) -> Path:
    (project / "page.png").write_bytes(PNG)
    return project / "page.png"


def test_defects_worst_first(with_model: Configure, page: Path, server: ScriptedServer) -> None:
    aion = with_model(seen(FAINT, CUT))
    done = aion.call("look", "page.png", "--json", "--question", "Is text cut off?")
    assert done.returncode == 1, done.stderr
    told = document(done.stdout)
    assert told["defects"] == [CUT, FAINT | {"region": None}]
    assert told["question"] == "Is text cut off?" and told["usage"]["llm_calls"] == 1
    text, image = server.calls()[0].json["messages"][1]["content"]
    assert text["text"] == "Is text cut off?"
    assert image["image_url"]["url"] == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


def test_for_people(with_model: Configure, page: Path) -> None:
    done = with_model(seen(FAINT, CUT)).call("look", "page.png")
    rows = [line.split("  ") for line in done.stdout.splitlines()]
    assert [part.strip() for part in rows[1] if part] == ["high", "10% to 30%, 25% to 50%", "The price is cut off."]
    assert [part.strip() for part in rows[2] if part.strip()] == ["low", "-", "The hint is hard to read."]
    assert "2 defects in page.png." in done.stdout


def test_nothing_wrong(with_model: Configure, page: Path) -> None:
    done = with_model(seen()).call("look", "page.png")
    assert (done.returncode, "0 defects in page.png." in done.stdout) == (0, True)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("gone.png", None, "cannot be read"),
        ("text.png", b"no image", "not an image that models read"),
        ("empty.png", b"", "not an image that models read"),
        ("large.png", PNG + bytes(20 * 2**20), "scale it down"),
        (".", None, "cannot be read"),
    ],
)
def test_bad_images_cost_nothing(
    with_model: Configure, server: ScriptedServer, project: Path, name: str, data: bytes | None, words: str
) -> None:
    if data is not None:
        (project / name).write_bytes(data)
    done = with_model(seen()).call("look", name)
    assert done.returncode == 2 and words in done.stderr
    assert server.calls() == []


def test_a_bad_image_is_told_before_a_missing_key(aion: CommandLine) -> None:
    assert "gone.png cannot be read" in aion.call("look", "gone.png").stderr


def test_nobody_who_sees(aion: CommandLine, server: ScriptedServer, page: Path) -> None:
    assert "No LLM providers configured." in aion.call("look", "page.png").stderr
    aion.variables |= server.environment("groq")
    done = aion.call("look", "page.png")
    assert done.returncode == 2 and "no configured provider sees images" in done.stderr


def test_an_empty_question(with_model: Configure, page: Path) -> None:
    assert with_model(seen()).call("look", "page.png", "--question", " ").returncode == 2


@pytest.mark.parametrize("limit", [("--budget-tokens", "50"), ("--budget-usd", "0.000001")])
def test_what_may_cost_more_than_the_budget_is_not_asked(
    with_model: Configure, page: Path, server: ScriptedServer, limit: tuple[str, str]
) -> None:
    done = with_model(seen(CUT)).call("look", "page.png", *limit)
    assert done.returncode == 4
    assert "for the budget" in done.stderr and not server.calls()
