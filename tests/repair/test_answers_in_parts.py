"""An answer of which a part applies: what is asked for again, and what comes of both answers together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from aion_r import AutocorrectionCycle
from aion_r.core.domain import Outcome
from aion_r.core.settings import read_environment
from support.projects import block, plain_pytest, write
from support.scripted_server import ScriptedServer

TAX = "def tax(price):\n    return price * 7\n"
TOTAL = "def total(prices):\n    result = 0\n    for price in prices:\n        result = price\n    return result\n"
TESTS = """\
from shop import tax
from till import total


def test_tax():
    assert tax(1) == 19


def test_total():
    assert total([1, 2]) == 3
"""
GOOD = block("shop.py", "    return price * 7", "    return price * 19")
BAD = block("till.py", "    for price in all_prices:\n        total = price", "        total += price")
MENDED = block("till.py", "        result = price", "        result += price")
OTHERWISE = block("shop.py", "    return price * 7", "    return 19 * price")
WHOLE = (
    "till.py\n```python\n"
    + TOTAL.replace("= price", "+= price")
    + "```\n\nshop.py\n```python\n"
    + TAX.replace("7", "19")
    + "```\n"
)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path / "project", {"shop.py": TAX, "till.py": TOTAL, "test_shop.py": TESTS})


@pytest.fixture
def cycle(server: ScriptedServer, tmp_path: Path) -> AutocorrectionCycle:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "VIRTUAL_ENV") if name in os.environ}
    variables = kept | {"AION_R_HOME": str(tmp_path / "home")} | server.environment("openai")
    return AutocorrectionCycle(environment=read_environment(environ=variables), providers=["openai"])


@pytest.mark.parametrize(
    ("second", "tax"),
    [
        pytest.param(MENDED, "price * 19", id="the rest alone"),
        pytest.param(f"{GOOD}\n{MENDED}", "price * 19", id="what applies is repeated"),
        pytest.param(f"{OTHERWISE}\n{MENDED}", "19 * price", id="what applied is contradicted"),
    ],
)
def test_what_did_not_apply_alone_is_asked_for_again(
    server: ScriptedServer, cycle: AutocorrectionCycle, project: Path, second: str, tax: str
) -> None:
    server.reply("openai", f"{GOOD}\n{BAD}", second)
    result = cycle.run_autocorrection(project)
    assert (result.outcome, result.iterations_completed) == (Outcome.REPAIRED, 1)
    assert tax in (project / "shop.py").read_text() and "result += price" in (project / "till.py").read_text()
    assert plain_pytest(project) == 0

    _, asked_again = server.calls()
    objection = asked_again.json["messages"][-1]["content"]
    assert "Block 2 of 2 (till.py) was not applied" in objection
    assert "    3 |     for price in prices:" in objection, "the nearest lines"
    assert "Already applied, not to be repeated: 1 (shop.py)." in objection
    assert "Answer again with what was not applied alone" in objection


def test_half_an_answer_is_not_remembered_as_the_whole(
    server: ScriptedServer, cycle: AutocorrectionCycle, project: Path, tmp_path: Path
) -> None:
    server.reply("openai", f"{GOOD}\n{BAD}", MENDED)
    assert cycle.run_autocorrection(project).success
    again = write(tmp_path / "again", {"shop.py": TAX, "till.py": TOTAL, "test_shop.py": TESTS})
    result = cycle.run_autocorrection(again)
    assert result.success and plain_pytest(again) == 0
    assert len(server.calls()) == 2, "the patch of both together is known"


def test_after_two_failures_the_whole_file_is_asked_for(
    server: ScriptedServer, cycle: AutocorrectionCycle, project: Path
) -> None:
    server.reply("openai", f"{GOOD}\n{BAD}", BAD, WHOLE)
    result = cycle.run_autocorrection(project)
    assert (result.outcome, result.iterations_completed) == (Outcome.REPAIRED, 1)
    *_, third = server.calls()
    assert len(server.calls()) == 3
    assert [message["role"] for message in third.json["messages"]] == ["system", "user"]
    assert "holds the whole new file" in third.json["messages"][0]["content"]
    assert "SEARCH" not in third.prompt
