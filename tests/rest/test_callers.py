"""The trace of whoever asks over REST: handed to the run, its worker, and a later server. By W3C's rules, at a real
receiver."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from aion_r.api.rest.callers import NOBODY, caller_of
from support.projects import RIGHT
from support.receivers import ReceivedSpan, Receiver
from support.replies import Hang
from support.scripted_server import KEYS, ScriptedServer
from support.served import Served

Serve = Callable[..., Served]
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
OTHER_TRACE, OTHER_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{SPAN}-01"
OTHER = f"00-{OTHER_TRACE}-{OTHER_SPAN}-01"
TEST = "from calc import one\n\n\ndef test_one():\n    assert one() == 1\n"
CODE = f"calc.py\n```python\ndef one():\n    return 1\n```\ntest_calc.py\n```python\n{TEST}```\n"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


def roots(spans: list[ReceivedSpan]) -> list[tuple[str, str]]:
    """Name and parent of every span whose parent did not arrive."""
    ids = {span.id for span in spans}
    return [(span.name, span.parent) for span in spans if span.parent not in ids]


def test_the_callers_trace_outlives_the_server(serve: Serve, models: ScriptedServer, receiver: Receiver) -> None:
    models.reply("openai", Hang(), RIGHT, RIGHT)
    server = serve("a", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.address)
    headers = {"traceparent": GOOD, "tracestate": "shop=1, bank=2"}
    answer = server.call("POST", "/api/qa/run", json={"path": "a", "approve": True}, headers=headers)
    run_id = answer.json()["runId"]
    end = time.monotonic() + 60
    while not models.calls():
        assert time.monotonic() < end
        time.sleep(0.02)
    server.kill()
    server.start()
    server.wait_for(run_id, "interrupted")
    receiver.arrived.clear()
    assert server.call("POST", f"/api/qa/runs/{run_id}/resume").status_code == 202
    server.wait_for(run_id, "waiting")
    resumed = receiver.spans()
    assert {span.trace for span in resumed} == {TRACE}
    assert roots(resumed) == [("invoke_agent aion-r", SPAN)]
    assert {"generate_fix", "test pytest", "chat gpt-4o-mini"} <= {span.name for span in resumed}
    receiver.arrived.clear()
    decide = f"/api/qa/runs/{run_id}/approval"
    accepted = server.call("POST", decide, json={"action": "accept"}, headers={"traceparent": OTHER})
    assert accepted.status_code == 202
    server.wait_for(run_id, "finished")
    assert roots(receiver.spans()) == [("invoke_agent aion-r", OTHER_SPAN)]
    assert "traceparent" not in server.call("GET", f"/api/qa/runs/{run_id}").text


def test_generated_code_is_part_of_the_callers_trace(serve: Serve, models: ScriptedServer, receiver: Receiver) -> None:
    models.reply("openai", CODE)
    server = serve(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.address)
    asked = {"requirements": "one() returns 1", "language": "python"}
    answer = server.call("POST", "/api/ai/generate", json=asked, headers={"traceparent": GOOD})
    assert answer.status_code == 200, answer.text
    spans = receiver.spans()
    assert (roots(spans), spans[0].trace) == ([("chat gpt-4o-mini", SPAN)], TRACE)
    models.reply("openai", CODE)
    server.call("POST", "/api/ai/generate", json=asked, headers={"traceparent": "00-" + "0" * 32 + f"-{SPAN}-01"})
    assert roots(receiver.spans())[1:] == [("chat gpt-4o-mini", "")], "the next one has no caller"


def test_a_state_that_holds_a_key_is_not_kept(serve: Serve, models: ScriptedServer) -> None:
    key = KEYS["openai"][1]
    models.reply("openai", RIGHT)
    server = serve("a")
    headers = {"traceparent": GOOD, "tracestate": f"shop={key}"}
    run_id = server.call("POST", "/api/qa/run", json={"path": "a"}, headers=headers).json()["runId"]
    facts = (server.home / "runs" / run_id / "run.json").read_text()
    assert (GOOD in facts, key in facts) == (True, False)


@pytest.mark.parametrize(
    "parent",
    [
        "", "nonsense", GOOD.upper(), GOOD[:-1], GOOD + "0", GOOD + "-more", f"ff-{TRACE}-{SPAN}-01", GOOD[3:],
        f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f"0g-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-0g",
        f"01-{TRACE}-{SPAN}-01more",  GOOD.replace("0", "\u0660"), f"cc-{TRACE}-{SPAN}-01-{'x' * 600}",
    ],
)  # fmt: skip
def test_what_is_no_traceparent_counts_as_absent(parent: str) -> None:
    assert caller_of([parent], ["a=1"]) == NOBODY


@pytest.mark.parametrize(
    ("states", "taken"),
    [
        (["a=1,b=2", "c=3"], "a=1,b=2,c=3"),
        ([" a=1 ,, b=2 "], "a=1,b=2"),
        (["tenant@vendor=x y"], "tenant@vendor=x y"),
        (["A=1"], ""),
        (["a"], ""),
        (["a=1", "\x07=2"], ""),
        ([",".join(f"k{n}=1" for n in range(33))], ""),
        (["a=" + "x" * 600], ""),
        ([], ""),
    ],
)
def test_a_wrong_state_is_dropped_alone(states: list[str], taken: str) -> None:
    assert caller_of([GOOD], states) == (GOOD, taken)
    assert caller_of([], states) == caller_of([GOOD, GOOD], states) == NOBODY
    assert caller_of([f"01-{TRACE}-{SPAN}-00-later"], []) == (f"01-{TRACE}-{SPAN}-00-later", "")
