"""Spans of what is no run of ours: a chat model by itself, tests by themselves, the graph in another program."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aion_r import LLMRequest, create_llm
from aion_r.core.errors import AllProvidersFailed, UsageError
from aion_r.core.settings import read_environment
from support.command_line import CommandLine
from support.projects import RIGHT, calc, write
from support.receivers import ReceivedSpan, Receiver
from support.replies import Status
from support.scripted_server import KEYS, ScriptedServer

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = {"TRACEPARENT": f"00-{TRACE}-{CALLER}-01"}
ASK = """
import sys
from aion_r import LLMRequest, create_llm
print(create_llm().generate(LLMRequest("Is the zebra white?")).content)
print([name for name in ("aion_r.api.tracing.calls", "opentelemetry.exporter") if name in sys.modules])
"""
GRAPH = """
import asyncio, sys
from aion_r import build_graph
from aion_r.graph.studio import graph
state = asyncio.run(graph.ainvoke({"project_path": sys.argv[1], "providers": ["openai"]}))
print(state["stop_reason"], [name for name in ("aion_r.api.tracing.spans",) if name in sys.modules])
"""


def ran(script: str, *arguments: str, folder: Path, variables: dict[str, str]) -> str:
    """What ``script`` prints, in a process whose environment is ``variables`` alone."""
    plain = {"PATH": os.environ["PATH"], "HOME": str(folder), "AION_R_HOME": str(folder / "home")}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], env=plain | variables, cwd=folder, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_call_of_a_chat_model_is_a_span_and_is_sent_before_the_process_ends(
    server: ScriptedServer, receiver: Receiver, tmp_path: Path
) -> None:
    server.reply("groq", Status(429, {"Retry-After": "60"}))
    server.reply("openai", "As snow.")
    variables = server.environment("groq", "openai") | {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.address}
    assert "As snow." in ran(ASK, folder=tmp_path, variables=variables | PARENT)
    busy, good = receiver.spans()
    assert [(one.name, one.kind, one.trace, one.parent) for one in (busy, good)] == [
        ("chat openai/gpt-oss-120b", "CLIENT", TRACE, CALLER),
        ("chat gpt-4o-mini", "CLIENT", TRACE, CALLER),
    ]
    assert (busy.attributes["error.type"], busy.attributes["http.response.status_code"]) == ("rate_limited", 429)
    said = good.attributes
    assert (said["gen_ai.operation.name"], said["gen_ai.provider.name"]) == ("chat", "openai")
    assert (said["gen_ai.usage.input_tokens"], said["gen_ai.usage.output_tokens"]) == (100, 20)
    assert [text for text in ("zebra", "snow", *(key for _, key in KEYS.values())) if text in receiver.everything] == []


def test_nothing_is_imported_for_a_chat_model_unless_asked(
    server: ScriptedServer, receiver: Receiver, tmp_path: Path
) -> None:
    server.reply("openai", "As snow.")
    (tmp_path / ".env").write_text(f"AION_R_TRACING=1\nOTEL_EXPORTER_OTLP_ENDPOINT={receiver.address}\n")
    said = ran(ASK, folder=tmp_path, variables=server.environment("openai"))
    assert (said.splitlines(), receiver.arrived) == (["As snow.", "[]"], [])


def test_a_wrong_variable_is_told_where_the_model_is_made(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AION_R_TRACING", "perhaps")
    with pytest.raises(UsageError, match="AION_R_TRACING is 'perhaps'"):
        create_llm(environment=read_environment(environ=server.environment("openai")))


def test_calls_stand_below_the_span_of_the_program(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    server.reply("openai", *[Status(500)] * 9)
    llm = create_llm(environment=read_environment(environ=server.environment("openai")))

    async def ask_two() -> None:
        with provider.get_tracer("shop").start_as_current_span("nightly") as nightly:
            calls = [llm.agenerate(LLMRequest(text)) for text in ("one", "two")]
            answers = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(one) for one in answers} == {AllProvidersFailed}
            assert trace.get_current_span() is nightly, "what comes after a call is not below it"
        await llm.aclose()

    asyncio.run(ask_two())
    spans = kept.get_finished_spans()
    (nightly,) = [span for span in spans if span.name == "nightly"]
    calls = [span for span in spans if span.name == "chat gpt-4o-mini"]
    assert len(calls) == len(server.calls()) >= 2
    assert {span.parent and span.parent.span_id for span in calls} == {nightly.context.span_id}
    assert {span.attributes and span.attributes["error.type"] for span in calls} == {"server_error"}


@pytest.mark.parametrize("found", ["red", "green"])
def test_a_test_run_of_the_command_line_is_a_span(receiver: Receiver, tmp_path: Path, found: str) -> None:
    green = {"test_green.py": "def test_green():\n    assert True\n"}
    project = calc(tmp_path / "p") if found == "red" else write(tmp_path / "p", green)
    (tmp_path / "home").mkdir()
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.address} | PARENT
    done = CommandLine(tmp_path / "home", project, variables).run("test", "--framework", "pytest")
    assert done.returncode == (1 if found == "red" else 0), done.stderr
    (span,) = receiver.spans()
    assert (span.name, span.trace, span.parent, span.error) == ("test pytest", TRACE, CALLER, False)
    said = span.attributes
    told = (said["test.suite.run.status"], said["aion_r.tests.passed"], said["aion_r.tests.failed"])
    assert told == (("failure", 1, 1) if found == "red" else ("success", 1, 0))


def test_tests_that_cannot_be_run_are_a_span_with_an_error(receiver: Receiver, tmp_path: Path) -> None:
    project = write(tmp_path / "p", {"notes.txt": "none\n"})
    (tmp_path / "home").mkdir()
    done = CommandLine(tmp_path / "home", project, {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.address}).run("test")
    assert done.returncode == 3, done.stderr
    (span,) = receiver.spans()
    assert (span.name, span.error, span.attributes["error.type"]) == ("test", True, "TestsNotRun")


@pytest.mark.parametrize("asked", [True, False])
def test_the_graph_in_another_program(server: ScriptedServer, receiver: Receiver, tmp_path: Path, asked: bool) -> None:
    server.reply("openai", RIGHT)
    variables = server.environment("openai")
    variables |= PARENT | {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.address} if asked else {}
    said = ran(GRAPH, str(calc(tmp_path / "p")), folder=tmp_path, variables=variables)
    assert said.strip() == f"all_passed {['aion_r.api.tracing.spans'] if asked else []}"
    (events,) = (tmp_path / "home" / "runs").glob("*/events.jsonl")
    kinds = [json.loads(line)["event"] for line in events.read_text().splitlines()]
    assert (kinds[0], kinds[-1]) == ("started", "finished")
    assert json.loads((events.parent / "result.json").read_text())["outcome"] == "repaired"
    if not asked:
        assert receiver.arrived == []
        return
    spans = receiver.spans()
    (run,) = [span for span in spans if span.parent == CALLER]
    assert {span.trace for span in spans} == {TRACE}
    assert (run.name, run.error) == ("invoke_agent aion-r", False)
    said_of_run: Any = run.attributes
    assert (said_of_run["aion_r.outcome"], said_of_run["aion_r.applied"]) == ("repaired", True)
    assert (said_of_run["gen_ai.usage.input_tokens"], said_of_run["aion_r.test_runs"]) == (100, 2)
    fix = next(span for span in spans if span.name == "generate_fix")
    assert [span.name for span in below(spans, fix) if span.kind == "CLIENT"] == ["chat gpt-4o-mini"]
    tests = [span for span in spans if span.name == "test pytest"]
    assert {span.parent for span in tests} <= {span.id for span in below(spans, run)} | {run.id}
    assert len(tests) >= 2


def test_a_graph_that_breaks_ends_its_spans(server: ScriptedServer, receiver: Receiver, tmp_path: Path) -> None:
    script = GRAPH.replace('"providers": ["openai"]', '"providers": ["openai"], "max_iterations": 1').replace(
        "state = ", "import aion_r.nodes.evaluate_convergence\nfrom aion_r.graph import builder\nstate = "
    )
    project = write(tmp_path / "p", {"notes.txt": "none\n"})
    variables = server.environment("openai") | {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.address}
    with pytest.raises(AssertionError, match="TestsNotRun"):
        ran(script, str(project), folder=tmp_path, variables=variables)
    (run,) = receiver.spans()
    assert (run.name, run.error, run.attributes["error.type"]) == ("invoke_agent aion-r", True, "TestsNotRun")


def below(spans: list[ReceivedSpan], parent: ReceivedSpan) -> list[ReceivedSpan]:
    return [span for span in spans if span.parent == parent.id]
