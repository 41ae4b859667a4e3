"""Requests and tokens a minute: a leg is never sent more than it allows, by any run, thread or process."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from aion_r.core.domain import CallRecord, ErrorKind
from aion_r.core.errors import AllProvidersFailed, UsageError
from aion_r.core.settings import load_settings
from aion_r.providers.admission import SHORT_WAIT, Shared
from aion_r.providers.clients import CallOptions
from aion_r.providers.cooldown import Cooldown
from aion_r.providers.pace import MINUTE, Pace, Rate
from aion_r.providers.registry import configured
from support.fixes import FIX, REQUEST, chain_of, environment_of
from support.scripted_server import ScriptedServer

(SPEC,) = configured(environment_of({"GITHUB_TOKEN": "ghp_0000000000000003"}))


class Clock:
    now = 5_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "folder"])
def pace(request: pytest.FixtureRequest, clock: Clock, tmp_path: Path) -> Pace:
    return Pace(tmp_path / "rates" if request.param == "folder" else None, clock)


def test_requests_in_any_minute(pace: Pace, clock: Clock) -> None:
    rate = Rate(requests=3)
    for _ in range(3):
        assert pace.take(SPEC, rate, 100) == 0
        clock.now += 10
    assert pace.take(SPEC, rate, 100) == pytest.approx(MINUTE - 30)
    clock.now += MINUTE - 30
    assert pace.take(SPEC, rate, 100) == 0
    assert pace.take(SPEC, rate, 100) == pytest.approx(10)


def test_tokens_in_any_minute(pace: Pace, clock: Clock) -> None:
    rate = Rate(tokens=1_000)
    assert pace.take(SPEC, rate, 600) == 0
    clock.now += 20
    assert pace.take(SPEC, rate, 300) == 0
    assert pace.take(SPEC, rate, 200) == pytest.approx(MINUTE - 20)
    assert pace.take(SPEC, rate, 100) == 0
    clock.now += 3 * MINUTE
    assert pace.take(SPEC, rate, 5_000) == 0  # more than any minute has: it goes, alone
    assert pace.take(SPEC, rate, 1) > 0


def test_a_rate_belongs_to_a_key_and_no_key_is_written(pace: Pace) -> None:
    (other,) = configured(environment_of({"GITHUB_TOKEN": "ghp_0000000000000009"}))
    assert pace.take(SPEC, Rate(1), 1) == 0
    assert pace.take(other, Rate(1), 1) == 0
    assert pace.take(SPEC, Rate(1), 1) > 0
    for file in pace.folder.iterdir() if pace.folder else ():
        assert "ghp_" not in file.name + file.read_text()


def test_no_rate_costs_nothing(pace: Pace) -> None:
    assert [pace.take(SPEC, Rate(), 10**9) for _ in range(100)] == [0.0] * 100
    assert pace.folder is None or not pace.folder.exists()


@pytest.mark.parametrize("content", ["", "[[1", "{}", "null", '[["a", 1]]'])
def test_a_broken_file_is_an_empty_one(tmp_path: Path, clock: Clock, content: str) -> None:
    pace = Pace(tmp_path, clock)
    pace.take(SPEC, Rate(1), 1)
    (file,) = tmp_path.glob("*.json")
    file.write_text(content)
    assert pace.take(SPEC, Rate(1), 1) == 0


def test_where_nothing_can_be_written_this_process_counts(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("")
    pace = Pace(tmp_path / "file" / "rates", clock)
    assert pace.take(SPEC, Rate(1), 1) == 0
    assert pace.take(SPEC, Rate(1), 1) > 0


def test_threads_together_send_no_more_than_the_rate() -> None:
    pace, sent = Pace(), []

    def work() -> None:
        for _ in range(50):
            sent.append(pace.take(SPEC, Rate(20), 1) == 0)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sent) == 20


SCRIPT = """
import json, sys
from pathlib import Path
from aion_r.core.settings import read_environment
from aion_r.providers.pace import Pace, Rate
from aion_r.providers.registry import configured
(spec,) = configured(read_environment(environ={"GITHUB_TOKEN": "ghp_0000000000000003"}))
pace = Pace(Path(sys.argv[1]))
print(json.dumps(sum(pace.take(spec, Rate(30), 1) == 0 for _ in range(40))))
"""


def test_processes_together_send_no_more_than_the_rate(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd="/") for _ in range(3)]
    sent = [json.loads(one.communicate()[0]) for one in running]
    assert sum(sent) == 30


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


def test_fifteen_a_minute_to_github_then_the_next_leg(server: ScriptedServer) -> None:
    server.reply("github", lambda request: FIX)
    server.reply("huggingface", lambda request: FIX)
    records: list[CallRecord] = []
    options = CallOptions.of(load_settings(environment=environment_of({})))
    shared = Shared(Cooldown(), Pace())
    variables = server.environment("github", "huggingface")
    chains = [chain_of(variables, records, options=options, shared=shared) for _ in range(2)]  # as two runs have

    async def propose() -> list[str]:
        proposals = await asyncio.gather(*(chains[n % 2].propose(REQUEST) for n in range(20)))
        for chain in chains:
            await chain.aclose()
        return [proposal.provider for proposal in proposals]

    answered = asyncio.run(propose())
    assert (len(server.calls("github")), len(server.calls("huggingface"))) == (15, 5)
    assert sorted(answered) == ["github"] * 15 + ["huggingface"] * 5
    refused = [record.error for record in records if record.error]
    assert {error.kind for error in refused} == {ErrorKind.COOLING_DOWN}
    assert "AION_R_REQUESTS_PER_MINUTE" in refused[0].message


def test_a_short_wait_is_waited(server: ScriptedServer, clock: Clock) -> None:
    server.reply("openai", lambda request: FIX)
    pace = Pace(clock=clock)
    options = CallOptions(patience=0, timeout=5, requests_per_minute={"openai": 1})
    chain = chain_of(server.environment("openai"), options=options, shared=Shared(Cooldown(), pace))

    async def propose() -> None:
        await chain.propose(REQUEST)
        clock.now += MINUTE - SHORT_WAIT / 10
        later = asyncio.get_running_loop().call_later(SHORT_WAIT / 10, setattr, clock, "now", clock.now + 1)
        await chain.propose(REQUEST)
        later.cancel()
        with pytest.raises(AllProvidersFailed, match="the next request may go in"):
            await chain.propose(REQUEST)
        await chain.aclose()

    asyncio.run(propose())
    assert len(server.calls()) == 2


@pytest.mark.parametrize("value", ["github", "github:0", "github:-1", "github:many", "nobody:3"])
def test_a_rate_that_is_none(value: str) -> None:
    with pytest.raises(UsageError, match="requests-per-minute"):
        load_settings(environment=environment_of({"AION_R_REQUESTS_PER_MINUTE": value}))
