"""The Python face: sync, async, inside a running loop, streamed, cancelled, and code that is not on disk."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from aion_r import GeneratedCode, as_tool
from aion_r.core.documents import REPORT_KEYS
from aion_r.core.errors import UsageError
from support.projects import CALC, RIGHT, TEST_CALC, WRONG, block, calc, snapshot
from support.replies import Answer

CONTRACT = {
    "run_id", "success", "outcome", "stop_reason", "iterations_completed", "convergence_achieved", "applied", "patch",
    "sandbox", "initial_test_results", "final_test_results", "corrections_applied", "providers", "usage", "timing",
    "suggestions", "final_code",
}  # fmt: skip


def test_the_document_has_every_key_of_the_contract(server, cycle, tmp_path: Path):
    server.reply("openai", WRONG, RIGHT)
    document = cycle("openai").run_autocorrection(calc(tmp_path / "project")).to_dict()
    document = json.loads(json.dumps(document))
    assert document.keys() >= CONTRACT
    for name in ("initial_test_results", "final_test_results"):
        assert set(document[name]) == set(REPORT_KEYS)
    assert document["usage"].keys() == {
        "input_tokens", "output_tokens", "cost_usd", "llm_calls", "test_runs", "tests_executed",
    }  # fmt: skip
    assert (document["usage"]["llm_calls"], document["usage"]["test_runs"]) == (2, 3)
    assert document["timing"].keys() == {"total_s", "tests_s", "llm_s", "search_s", "own_s"}
    attempt = document["corrections_applied"][0]
    assert attempt.keys() == {
        "iteration", "failures_before", "failures_after", "improvement_percentage", "success", "verdict",
        "fixes_applied", "usage",
    }  # fmt: skip
    assert attempt["fixes_applied"][0].keys() == {"file", "strategy", "provider", "model", "diff", "explanation"}
    assert document["final_code"] == {"calc.py": CALC.replace("a - b", "a + b")}
    assert document["providers"][0].keys() == {"provider", "model", "calls", "ok", "errors"}


def test_awaited_and_inside_a_running_loop(server, cycle, tmp_path: Path):
    server.reply("openai", RIGHT)
    run = cycle("openai")

    async def both() -> list[bool]:
        awaited = await run.arun_autocorrection(calc(tmp_path / "one"))
        blocking = run.run_autocorrection(calc(tmp_path / "two"))
        return [awaited.success, blocking.success]

    assert asyncio.run(both()) == [True, True]


def test_the_stream_tells_nodes_calls_and_the_result_last(server, cycle, tmp_path: Path):
    server.reply("openai", RIGHT)

    async def events() -> list[dict]:
        return [event async for event in cycle("openai").astream(calc(tmp_path / "project"))]

    seen = asyncio.run(events())
    kinds = [event["event"] for event in seen]
    assert kinds[0] == "started" and kinds[-1] == "finished" and kinds.count("finished") == 1
    nodes = [event["node"] for event in seen if event["event"] == "node"]
    assert nodes == [
        "begin_run", "execute_tests", "parse_failures", "evaluate_convergence", "generate_fix", "apply_fix",
        "execute_tests", "parse_failures", "evaluate_convergence", "merge_edits", "write_back",
    ]  # fmt: skip
    assert {"asking", "call"} <= set(kinds)
    assert seen[-1]["result"].success


NODES = [
    "begin_run", "execute_tests", "parse_failures", "evaluate_convergence", "generate_fix", "apply_fix", "merge_edits",
    "write_back",
]  # fmt: skip


@pytest.mark.parametrize("node", NODES)
def test_cancelling_in_a_node_leaves_the_project_whole(node: str, server, cycle, tmp_path: Path):
    """As it was; in ``write_back``, which is one transaction, as it was or repaired."""
    project = calc(tmp_path / "project")
    before = snapshot(project)
    server.reply("openai", Answer(RIGHT, delay=30 if node == "generate_fix" else 0))

    async def cancel_there() -> None:
        stream = cycle("openai").astream(project)
        async for event in stream:
            if event["event"] == "node" and event["node"] == node:
                await stream.aclose()
                return
        raise AssertionError(f"{node} was never met")

    async def soon() -> None:
        async with asyncio.timeout(25):
            await cancel_there()

    asyncio.run(soon())
    repaired = before | {"calc.py": CALC.replace("a - b", "a + b").encode()}
    assert snapshot(project) in ([before, repaired] if node == "write_back" else [before])


def test_generated_code_is_repaired_and_comes_back(server, cycle):
    code = GeneratedCode("python", "pytest", code=CALC, tests=TEST_CALC)
    server.reply("openai", RIGHT)
    result = cycle("openai").run_autocorrection(code=code)
    assert result.success
    assert result.final_code == CALC.replace("a - b", "a + b")


def test_generated_code_with_files_goes_to_the_folder_given(server, cycle, tmp_path: Path):
    code = GeneratedCode("python", "pytest", files={"pkg/__init__.py": "", "pkg/calc.py": CALC}, tests={
        "tests/test_calc.py": TEST_CALC.replace("from calc", "from pkg.calc"), "conftest.py": "",
    })  # fmt: skip
    server.reply("openai", block("pkg/calc.py", "    return a - b", "    return a + b"))
    result = cycle("openai").run_autocorrection(tmp_path / "new", code=code)
    assert result.success and result.applied
    assert "a + b" in (tmp_path / "new/pkg/calc.py").read_text()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (GeneratedCode("python", "pytest"), "no code"),
        (GeneratedCode("python", "pytest", files={"../x.py": "1"}), "not a path inside"),
        (GeneratedCode("cobol", "pytest", code="x"), "cobol"),
    ],
)
def test_generated_code_that_makes_no_project(code: GeneratedCode, said: str, cycle):
    with pytest.raises(UsageError, match=said):
        cycle().run_autocorrection(code)


def test_neither_path_nor_code(cycle):
    with pytest.raises(UsageError, match="give the path"):
        cycle().run_autocorrection()


def test_as_a_tool_of_an_agent(server, variables, tmp_path: Path):
    from aion_r.core.settings import read_environment

    server.reply("openai", RIGHT)
    environment = read_environment(environ=variables | server.environment("openai"))
    tool = as_tool(environment=environment, providers=("openai",))
    project = calc(tmp_path / "project")
    said = tool.invoke({"project_path": str(project)})
    assert said.startswith("repaired: 2 of 2 tests pass")
    assert "+    return a + b" in said
    assert tool.invoke({"project_path": str(tmp_path / "nowhere")}).startswith("error: ")
