"""What the chain remembers and what it may spend, seen from a whole run on a real project."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aion_r import AutocorrectionCycle
from aion_r.api.screen.narration import Narrator
from aion_r.api.screen.terminal import plain
from aion_r.core.domain import Outcome
from aion_r.core.settings import read_environment
from support.projects import RIGHT, WRONG, calc, plain_pytest, snapshot
from support.replies import Status
from support.scripted_server import ScriptedServer

Cycle = Callable[..., AutocorrectionCycle]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def cycle(server: ScriptedServer, tmp_path: Path) -> Cycle:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "VIRTUAL_ENV") if name in os.environ}

    def make(**settings: object) -> AutocorrectionCycle:
        variables = kept | {"AION_R_HOME": str(tmp_path / "home")} | server.environment("openai")
        environment = read_environment(environ=variables)
        return AutocorrectionCycle(environment=environment, providers=["openai"], **settings)  # type: ignore[arg-type]

    return make


def test_a_known_fix_saves_the_call_and_is_validated(server: ScriptedServer, cycle: Cycle, tmp_path: Path) -> None:
    server.reply("openai", WRONG, RIGHT)
    first = calc(tmp_path / "first")
    before = snapshot(first)
    assert cycle().run_autocorrection(first).success
    assert len(server.calls()) == 2
    again = calc(tmp_path / "second")
    assert snapshot(again) == before
    result = cycle().run_autocorrection(again)
    assert (result.success, result.usage.input_tokens, len(server.calls())) == (True, 0, 2)
    assert result.test_runs >= 2  # as found, and with the fix
    (fix,) = result.corrections_applied[0].fixes_applied
    assert (fix.provider, "known from an earlier run" in fix.explanation) == ("openai", True)
    (fix,) = cycle().run_autocorrection(calc(tmp_path / "once more")).corrections_applied[0].fixes_applied
    assert fix.explanation.count("known from an earlier run") == 1
    assert plain_pytest(again) == 0
    assert cycle(cache=False).run_autocorrection(calc(tmp_path / "third")).success
    assert len(server.calls()) == 3


@pytest.mark.parametrize("samples", [1, 4])
def test_what_cannot_fit_the_budget_is_not_asked(
    server: ScriptedServer, cycle: Cycle, tmp_path: Path, samples: int
) -> None:
    server.reply("openai", RIGHT)
    result = cycle(budget_tokens=100, samples=samples).run_autocorrection(calc(tmp_path / "project"))
    assert (result.outcome, result.stop_reason, result.exit_status) == (Outcome.LIMIT, "budget", 4)
    assert "for the budget" in result.message and "of 100 are left" in result.message
    assert not server.requests
    assert result.usage.input_tokens == 0


def test_a_wait_for_a_service_that_fails_is_told(server: ScriptedServer, cycle: Cycle, tmp_path: Path) -> None:
    server.reply("openai", Status(429, {"Retry-After": "1"}), RIGHT)

    async def events() -> list[dict[str, Any]]:
        return [event async for event in cycle().astream(calc(tmp_path / "project"))]

    told = asyncio.run(events())
    (waiting,) = [event for event in told if event["event"] == "waiting"]
    assert waiting["provider"] == "openai" and 0.5 < waiting["seconds"] <= 1
    assert told[-1]["result"].success
    narrator = Narrator()
    lines = [plain(line) for event in told for line in narrator.tell(event)]
    assert "  openai: asked again in 1 s" in lines
