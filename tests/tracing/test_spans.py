"""OpenTelemetry spans, at a real receiver of OTLP over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aion_r import AutocorrectionCycle
from aion_r.api.tracing import observed
from aion_r.api.tracing.observed import called_from
from support.command_line import CommandLine, document
from support.projects import RIGHT, WRONG, calc, write
from support.receivers import ReceivedSpan, Receiver
from support.replies import Hang, Status
from support.scripted_server import KEYS, ScriptedServer

Cycle = Callable[..., AutocorrectionCycle]
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.address)


def below(spans: list[ReceivedSpan], parent: ReceivedSpan) -> list[ReceivedSpan]:
    return [span for span in spans if span.parent == parent.id]


def test_a_repair_on_the_command_line(server: ScriptedServer, receiver: Receiver, tmp_path: Path) -> None:
    project = calc(tmp_path / "project")
    (tmp_path / "home").mkdir()
    server.reply("groq", Status(429, {"Retry-After": "60"}))
    server.reply("openai", WRONG, RIGHT)
    variables = server.environment("groq", "openai") | {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.address}
    done = CommandLine(tmp_path / "home", project, variables).run("fix", "--json")
    result = document(done.stdout)
    assert (done.returncode, result["outcome"]) == (0, "repaired"), done.stderr

    spans = receiver.spans()
    (run,) = [span for span in spans if not span.parent]
    assert {span.trace for span in spans} == {run.trace}
    assert (run.name, run.resource["service.name"], run.error) == ("invoke_agent aion-r", "aion-r", False)
    said = run.attributes
    assert (said["gen_ai.operation.name"], said["gen_ai.agent.name"]) == ("invoke_agent", "aion-r")
    assert (said["aion_r.run_id"], said["gen_ai.conversation.id"]) == (result["run_id"], result["run_id"])
    assert (said["aion_r.outcome"], said["aion_r.iterations"], said["aion_r.applied"]) == ("repaired", 2, True)
    assert (said["gen_ai.usage.input_tokens"], said["gen_ai.usage.output_tokens"]) == (200, 40)

    nodes = [span for span in below(spans, run) if not span.name.startswith("test ")]
    names = [span.name for span in nodes if span.name.endswith(("tests", "failures", "convergence", "fix"))]
    assert names[:5] == ["execute_tests", "parse_failures", "evaluate_convergence", "generate_fix", "apply_fix"]
    assert nodes[-1].name == "write_back"
    first, second = [span for span in nodes if span.name == "generate_fix"]
    busy, bad = [span for span in below(spans, first) if span.kind == "CLIENT"]
    assert (busy.name, busy.error) == ("chat openai/gpt-oss-120b", True)
    assert busy.attributes["gen_ai.provider.name"] == busy.attributes["gen_ai.system"] == "groq"
    assert (busy.attributes["error.type"], busy.attributes["http.response.status_code"]) == ("rate_limited", 429)
    assert (bad.name, bad.error, bad.attributes["gen_ai.operation.name"]) == ("chat gpt-4o-mini", False, "chat")
    assert (bad.attributes["gen_ai.usage.input_tokens"], bad.attributes["gen_ai.usage.output_tokens"]) == (100, 20)
    assert bad.ended - bad.began < 0.5, "building the client is no part of the call"
    ((name, skipped),) = second.events  # groq rests
    assert (name, skipped["gen_ai.provider.name"], skipped["error.type"]) == (
        "provider.skipped",
        "groq",
        "cooling_down",
    )
    assert len([span for span in below(spans, second) if span.kind == "CLIENT"]) == 1

    runs = [span for span in spans if span.name == "test pytest"]
    assert len(runs) >= result["usage"]["test_runs"] == 3
    found, fixed = runs[0].attributes, runs[-1].attributes
    assert (found["test.suite.run.status"], found["aion_r.tests.passed"], found["aion_r.tests.failed"]) == (
        "failure",
        1,
        1,
    )
    assert (fixed["test.suite.run.status"], fixed["aion_r.tests.passed"]) == ("success", 2)
    assert runs[-1].parent in {span.id for span in nodes if span.name == "execute_tests"}
    assert sum(span.ended - span.began for span in runs) >= result["timing"]["tests_s"] * 0.9


@pytest.mark.usefixtures("asked")
def test_no_text_and_no_key_is_sent(server: ScriptedServer, receiver: Receiver, cycle: Cycle, tmp_path: Path) -> None:
    server.reply("groq", "I had rather talk about zebras.")
    server.reply("openai", RIGHT)
    assert cycle().run_autocorrection(calc(tmp_path / "project")).success
    refused = [span for span in receiver.spans() if span.attributes.get("error.type") == "bad_answer"]
    assert len(refused) == 2, "asked once more, and no more"
    private = (
        "zebras",
        "The cause is here",
        "SEARCH",
        "a - b",
        "test_add",
        "-1 == 5",
        *(key for _, key in KEYS.values()),
    )
    assert [text for text in private if text in receiver.everything] == []


@pytest.mark.usefixtures("asked")
def test_the_offline_search(receiver: Receiver, cycle: Cycle, tmp_path: Path) -> None:
    assert cycle(providers=["offline"]).run_autocorrection(calc(tmp_path / "project")).success
    spans = receiver.spans()
    (search,) = [span for span in spans if span.name == "search"]
    batches = [span for span in spans if span.name == "candidate batch"]
    assert batches == below(spans, search)
    assert sum(batch.attributes["aion_r.candidates"] for batch in batches) == search.attributes["aion_r.candidates"] > 0
    assert all(search.began <= batch.began <= batch.ended <= search.ended for batch in batches)


@pytest.mark.parametrize("by", ["header", "variable"])
@pytest.mark.usefixtures("asked")
def test_below_a_remote_caller(
    receiver: Receiver, cycle: Cycle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    caller = f"00-{TRACE}-{CALLER}-01"
    project = write(tmp_path / "green", {"test_green.py": "def test_green():\n    assert True\n"})
    if by == "variable":
        monkeypatch.setenv("TRACEPARENT", caller)
    with called_from(caller if by == "header" else None):
        assert cycle().run_autocorrection(project).success
    spans = receiver.spans()
    assert {span.trace for span in spans} == {TRACE}
    assert [span.name for span in spans if span.parent == CALLER] == ["invoke_agent aion-r"]


EMBEDDING = """
import json, sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from aion_r import AutocorrectionCycle

kept = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(kept))
trace.set_tracer_provider(provider)
with trace.get_tracer("shop").start_as_current_span("nightly") as nightly:
    result = AutocorrectionCycle(providers=["offline"]).run_autocorrection(sys.argv[1])
    assert trace.get_current_span() is nightly
spans = kept.get_finished_spans()
names = {span.context.span_id: span.name for span in spans}
print(json.dumps([[span.name, names[span.parent.span_id] if span.parent else None] for span in spans]))
"""


@pytest.mark.parametrize("switch", ["", "0"])
def test_below_the_span_of_a_program_that_uses_us(receiver: Receiver, tmp_path: Path, switch: str) -> None:
    project = write(tmp_path / "green", {"test_green.py": "def test_green():\n    assert True\n"})
    variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "AION_R_HOME": str(tmp_path / "home")}
    variables |= {"AION_R_TRACING": switch, "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.address}
    command = [sys.executable, "-c", EMBEDDING, str(project)]
    done = subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    parents = [tuple(pair) for pair in json.loads(done.stdout)]
    if switch:
        assert parents == [("nightly", None)]
    else:
        assert {("nightly", None), ("invoke_agent aion-r", "nightly"), ("execute_tests", "invoke_agent aion-r")} <= {
            *parents
        }
    assert receiver.arrived == [], "the program decides where its spans go"


@pytest.mark.usefixtures("asked")
def test_a_run_that_cannot_test_is_an_error(receiver: Receiver, cycle: Cycle, tmp_path: Path) -> None:
    result = cycle(framework="pytest").run_autocorrection(write(tmp_path / "empty", {"shop.py": "PRICE = 1\n"}))
    assert result.stop_reason == "tests_not_run"
    run = next(span for span in receiver.spans() if not span.parent)
    assert (run.error, run.attributes["error.type"]) == (True, "tests_not_run")


@pytest.mark.usefixtures("asked")
def test_a_cancelled_run_ends_all_its_spans(
    server: ScriptedServer, receiver: Receiver, cycle: Cycle, tmp_path: Path
) -> None:
    async def leave_early() -> None:
        events = cycle().astream(calc(tmp_path / "project"))
        async for event in events:
            if event["event"] == "asking":
                break
        await events.aclose()

    server.reply("groq", Hang(60))
    asyncio.run(leave_early())
    spans = receiver.spans()
    run = next(span for span in spans if not span.parent)
    (node,) = [span for span in spans if span.name == "generate_fix"]
    assert (run.error, run.attributes["error.type"]) == (True, "CancelledError")
    assert node.error and node.parent == run.id
    assert [span.name for span in spans if span.kind == "CLIENT"] == ["chat openai/gpt-oss-120b"]


@pytest.mark.parametrize("how", ["refused", "hangs", "fails"])
def test_a_receiver_that_is_not_there_ends_no_run(
    cycle: Cycle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    monkeypatch.setattr(observed, "FLUSH_SECONDS", 0.5)
    project = write(tmp_path / "green", {"test_green.py": "def test_green():\n    assert True\n"})
    with Receiver(status=500 if how == "fails" else 200, delay=60 if how == "hangs" else 0) as receiver:
        address = "http://127.0.0.1:9" if how == "refused" else receiver.address
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        monkeypatch.setenv("OTEL_SERVICE_NAME", how)  # a sender of its own: that of another test may be stuck
        before = time.monotonic()
        result = cycle(providers=["offline"]).run_autocorrection(project)
        spent = time.monotonic() - before
    assert result.outcome == "already_green"
    assert spent - result.timing["total_s"] < 3
    assert how == "fails" or "the receiver did not answer in 0.5 s" in caplog.text


def test_nothing_is_imported_or_sent_unless_asked(receiver: Receiver, tmp_path: Path) -> None:
    project = calc(tmp_path / "project")
    asking = (
        f"OTEL_EXPORTER_OTLP_ENDPOINT={receiver.address}\nAION_R_TRACING=1\nAION_R_LOG=json\nLANGSMITH_TRACING=true\n"
    )
    asking += f"LANGSMITH_ENDPOINT={receiver.address}\nLANGSMITH_API_KEY=lsv2_pt_0123456789abcdef\n"
    (project / ".env").write_text(asking)  # a project under repair has no say in this
    script = (
        "import json, sys; from aion_r import AutocorrectionCycle\n"
        f"result = AutocorrectionCycle(providers=['offline']).run_autocorrection({str(project)!r})\n"
        "print(json.dumps([result.success, [*sys.modules]]))"
    )
    variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "AION_R_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    success, modules = json.loads(done.stdout)
    assert success and "langgraph" in modules
    # LangSmith's client, without which there is no LangGraph, imports the rest of it where it is installed
    unasked = ("opentelemetry.exporter", "aion_r.api.tracing.spans", "structlog")
    assert [name for name in unasked if name in modules] == []
    assert (receiver.arrived, done.stderr) == ([], "")


@pytest.mark.parametrize(
    "variables", [{"AION_R_TRACING": "0"}, {"OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_EXPORTER": "none"}]
)
@pytest.mark.usefixtures("asked")
def test_switched_off(
    receiver: Receiver, cycle: Cycle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    project = write(tmp_path / "green", {"test_green.py": "def test_green():\n    assert True\n"})
    assert cycle().run_autocorrection(project).success
    assert receiver.arrived == []


def test_the_console_is_stderr(cycle: Cycle, tmp_path: Path) -> None:
    project = write(tmp_path / "project", {"test_green.py": "def test_green():\n    assert True\n"})
    (tmp_path / "home").mkdir()
    done = CommandLine(tmp_path / "home", project, {"OTEL_TRACES_EXPORTER": "console"}).run("fix", "--json")
    assert document(done.stdout)["outcome"] == "already_green"
    assert '"name": "invoke_agent aion-r"' in done.stderr
