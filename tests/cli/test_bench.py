"""``aion-r bench providers``: the same small fix, timed, priced, and judged usable or not."""

from __future__ import annotations

import asyncio
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk

from aion_r.api.commands.benching import percentile
from aion_r.core.domain import CallRecord, Usage
from aion_r.providers.bench import timed
from aion_r.tools.runs import RunStore
from support.command_line import CommandLine, document
from support.replies import Answer, Status
from support.scripted_server import KEYS, ScriptedServer

FIX = """\
The limit itself is free.

postage.py
```
<<<<<<< SEARCH
    if basket_total > FREE_FROM:
=======
    if basket_total >= FREE_FROM:
>>>>>>> REPLACE
```"""
DELAY = 0.15


@pytest.fixture
def two(aion: CommandLine, server: ScriptedServer) -> CommandLine:
    """``groq`` repairs late, ``openai`` copies lines that are not in the file."""
    server.reply("groq", "OK", Answer(FIX, input_tokens=600, output_tokens=100, delay=DELAY))
    server.reply("openai", "OK", Answer(FIX.replace("basket_total", "total"), input_tokens=600, output_tokens=50))
    aion.variables |= server.environment("groq", "openai")
    return aion


def test_the_numbers(two: CommandLine, server: ScriptedServer, project: Path) -> None:
    done = two.call("bench", "providers", "--json", "--rounds", "2", "--plot", "chart.svg")
    assert done.returncode == 0, done.stderr
    told = document(done.stdout)
    rows = {row["provider"]: row for row in told["providers"]}
    assert list(rows) == ["groq", "openai", "github", "huggingface", "cloudflare"]
    groq, openai = rows["groq"], rows["openai"]
    assert [(row["state"], row["answers"], row["usable"]) for row in (groq, openai)] == [("ok", 2, 2), ("ok", 2, 0)]
    assert rows["github"]["state"] == "not set"
    assert DELAY <= groq["first_token_s"]["p50"] <= groq["total_s"]["p50"] < DELAY + 1
    assert openai["total_s"]["p95"] < groq["total_s"]["p50"]
    assert groq["tokens_per_second"] == pytest.approx(100 / groq["total_s"]["p50"], rel=0.3)
    assert openai["usd_per_million"] == {"input": 0.15, "output": 0.6}
    assert openai["usd_per_fix"] == pytest.approx(600 * 0.15e-6 + 50 * 0.6e-6)
    calls = server.calls("groq")
    assert [bool(call.json.get("stream")) for call in calls] == [False, True, True]
    assert "test_free_at_the_limit" in calls[1].prompt
    chart = ElementTree.fromstring((project / "chart.svg").read_text())
    texts = [element.text for element in chart.iter("{http://www.w3.org/2000/svg}text")]
    assert "groq" in texts and "github" not in texts and f"{groq['total_s']['p50']:.2f} s" in texts
    bars = [float(element.get("width", 0)) for element in chart.iter("{http://www.w3.org/2000/svg}rect")][3:]
    assert len(bars) == 4 and max(bars[2:]) < max(bars[:2]) <= 460
    assert bars[1] == pytest.approx(460 * groq["total_s"]["p50"] / groq["total_s"]["p95"], abs=0.1)


def test_for_people(two: CommandLine) -> None:
    done = two.call("bench", "providers", "--rounds", "1", "--providers", "openai,groq", "--model", "gpt-4o-mini")
    head, first, second, *rest = done.stdout.splitlines()
    assert head.split()[:3] == ["provider", "model", "state"]
    assert first.split()[:3] == ["openai", "gpt-4o-mini", "ok"] and "0/1" in first.split()
    assert second.split()[0] == "groq" and "1/1" in second.split() and "unknown" in second
    assert "as each counts" in rest[-1]


def test_one_that_fails_is_told_and_not_asked_again(two: CommandLine, server: ScriptedServer) -> None:
    server.script("groq", Status(401, message=f"wrong key {KEYS['groq'][1]}"))
    done = two.call("bench", "providers", "--rounds", "3")
    assert done.returncode == 1
    assert "refused the key in GROQ_API_KEY" in done.stdout and KEYS["groq"][1] not in done.stdout + done.stderr
    assert len(server.calls("groq")) == 1 and len(server.calls("openai")) == 4


def test_a_service_that_rests_is_not_waited_for(two: CommandLine, server: ScriptedServer) -> None:
    server.script("groq", Status(429, {"Retry-After": "20"}))
    started = time.monotonic()
    told = document(two.call("bench", "providers", "--json").stdout)
    assert told["providers"][0]["error"]["kind"] == "rate_limited"
    assert time.monotonic() - started < 15


def test_one_that_fails_halfway_keeps_what_it_gave(two: CommandLine, server: ScriptedServer) -> None:
    server.script("groq", "OK", FIX, Status(422))
    told = document(two.call("bench", "providers", "--json", "--rounds", "5").stdout)
    groq = told["providers"][0]
    assert (groq["state"], groq["answers"], groq["error"]["kind"]) == ("failed", 1, "bad_request")
    assert len(server.calls("groq")) == 3


def test_the_usual_fix_is_that_of_ones_own_runs(two: CommandLine) -> None:
    store = RunStore.create(two.home, two.folder)
    for size in (1_000, 2_000, 3_000, 4_000, 50_000):
        store.log_call(CallRecord("openai", "gpt-4o-mini", True, 1.0, Usage(size, size // 10)))
    store.log_call(CallRecord("openai", "gpt-4o-mini", False, 1.0, Usage(9, 9)))
    told = document(two.call("bench", "providers", "--json", "--rounds", "1").stdout)
    assert told["typical_fix"] == {
        "input_tokens": 3_000,
        "output_tokens": 300,
        "basis": "the median of 5 calls in your own runs",
    }
    assert told["providers"][1]["usd_per_fix"] == pytest.approx(3_000 * 0.15e-6 + 300 * 0.6e-6)


def test_none_configured(aion: CommandLine) -> None:
    done = aion.call("bench", "providers")
    assert done.returncode == 2
    assert "No LLM providers configured. Set API keys in environment variables." in done.stderr
    assert "HUGGINGFACE_API_KEY or HF_TOKEN" in done.stderr


@pytest.mark.parametrize(
    "arguments", [("--rounds", "0"), ("--rounds", "1.5"), ("--plot", "chart.png"), ("--plot", "nowhere/chart.svg")]
)
def test_wrong_usage_costs_nothing(two: CommandLine, server: ScriptedServer, arguments: tuple[str, ...]) -> None:
    assert two.call("bench", "providers", *arguments).returncode == 2
    assert server.calls() == []


@pytest.mark.parametrize(("percent", "expected"), [(50, 2.0), (95, 4.0), (100, 4.0), (1, 1.0)])
def test_percentiles_are_values(percent: int, expected: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], percent) == expected
    assert percentile([], percent) is None


class Slow:
    """A model that pauses between its words."""

    async def astream(self, messages: Any) -> AsyncIterator[AIMessageChunk]:
        for word in ("one ", "two"):
            await asyncio.sleep(0.05)
            yield AIMessageChunk(content=word)


def test_the_first_token_is_the_first() -> None:
    chat: Any = Slow()
    answer = asyncio.run(timed(chat, [CallRecord("x", "m", True, usage=Usage(10, 20))]))
    assert answer.text == "one two" and 0.05 <= answer.first_token < 0.095 < answer.total
    assert answer.tokens_per_second == 20 / answer.total
