"""The machine: its drawing, its checkpoints, its use inside another graph, without a context of ours."""

from __future__ import annotations

import ast
import asyncio
import json
from pathlib import Path

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from aion_r import build_graph, nodes
from aion_r.graph.studio import graph as studio_graph
from support.projects import RIGHT, TEST_CALC, WRONG, calc, plain_pytest, write
from support.scripted_server import ScriptedServer

LOOP = {"execute_tests", "parse_failures", "evaluate_convergence", "generate_fix", "apply_fix"}
NODES = LOOP | {"begin_run", "merge_edits", "request_approval", "write_back"}
ROOT = Path(nodes.__file__).parent


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch):
    with ScriptedServer() as server:
        for name in ("GROQ_API_KEY", "GITHUB_TOKEN", "HF_TOKEN", "HUGGINGFACE_API_KEY", "CLOUDFLARE_API_KEY"):
            monkeypatch.delenv(name, raising=False)
        for name, value in server.environment("openai").items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AION_R_HOME", str(tmp_path / "home"))
        yield server


def test_the_drawing_has_every_node_and_edge():
    drawn = build_graph().get_graph()
    edges = {(edge.source, edge.target) for edge in drawn.edges}
    assert set(drawn.nodes) == NODES | {"__start__", "__end__"}
    assert edges == {
        ("__start__", "begin_run"),
        ("begin_run", "execute_tests"),
        ("execute_tests", "parse_failures"),
        ("parse_failures", "evaluate_convergence"),
        ("evaluate_convergence", "generate_fix"),
        ("evaluate_convergence", "apply_fix"),
        ("evaluate_convergence", "merge_edits"),
        ("evaluate_convergence", "__end__"),
        ("generate_fix", "apply_fix"),
        ("generate_fix", "merge_edits"),
        ("generate_fix", "__end__"),
        ("apply_fix", "execute_tests"),
        ("merge_edits", "request_approval"),
        ("merge_edits", "write_back"),
        ("merge_edits", "__end__"),
        ("request_approval", "write_back"),
        ("request_approval", "apply_fix"),
        ("request_approval", "generate_fix"),
        ("request_approval", "request_approval"),
        ("request_approval", "__end__"),
        ("write_back", "merge_edits"),
        ("write_back", "__end__"),
    }


def test_nodes_do_not_know_langgraph():
    modules = sorted(ROOT.glob("*.py"))
    assert {module.stem for module in modules} >= NODES
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text())):
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            named += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in named if name.startswith(("langgraph", "langchain"))], module.name


def test_a_bare_path_is_all_that_studio_gives(surroundings, tmp_path: Path):
    project = calc(tmp_path / "project")
    surroundings.reply("openai", RIGHT)
    state = asyncio.run(studio_graph.ainvoke({"project_path": str(project)}))
    assert state["success"] and state["delivered"]["applied"]
    assert plain_pytest(project) == 0


def many_failures(count: int) -> str:
    marked = f"@pytest.mark.parametrize('n', range({count}))\ndef test_n(n):\n    assert n == 'x' * 5000\n"
    return f"import pytest\n\n\n{marked}"


def test_checkpoints_stay_small_and_plain_for_a_large_project(surroundings, tmp_path: Path):
    """10,000 files, 300 failing tests with long messages, five iterations: each checkpoint below 64 KiB of JSON."""
    project = calc(tmp_path / "project", test_many=many_failures(300))
    for number in range(10_000):
        (project / f"data{number % 100}").mkdir(exist_ok=True)
        write(project, {f"data{number % 100}/module_{number}.py": f"value = {number}\n"})
    answers = [WRONG.replace("- 0", f"- {number}") for number in range(5)]
    surroundings.reply("openai", *answers)
    saver = InMemorySaver()
    thread = {"configurable": {"thread_id": "t"}}
    compiled = build_graph(saver)
    state = asyncio.run(compiled.ainvoke({"project_path": str(project)}, thread))
    assert state["iteration"] >= 2
    sizes = []
    for snapshot in compiled.get_state_history(thread):
        text = json.dumps(snapshot.values)
        assert json.loads(text) == snapshot.values, "plain JSON types survive a round trip"
        sizes.append(len(text))
    assert max(sizes) < 64 * 1024
    assert len(sizes) > 10


def test_green_projects_end_after_three_nodes(surroundings, tmp_path: Path):
    project = write(tmp_path / "project", {"calc.py": "def add(a, b):\n    return a + b\n\n\nmul = int.__mul__\n"})
    write(project, {"test_calc.py": TEST_CALC})

    async def names() -> list[str]:
        given = {"project_path": str(project)}
        return [name async for chunk in build_graph().astream(given, stream_mode="updates") for name in chunk]

    assert asyncio.run(names()) == ["begin_run", "execute_tests", "parse_failures", "evaluate_convergence"]
