"""Our own time in a one-iteration repair, beside the bare imports that it cannot do without and, if given, a peer.

    python benchmarks/own_time.py [--rounds N] [--aider PATH]

Each round runs, one after the other: the import of LangGraph and one provider; ``aion-r fix`` on a one-bug pytest
project through a scripted model that takes 300 ms to answer; with ``--aider``, Aider on the same project and model, the
file to edit named for it and its edit format being the same SEARCH/REPLACE. Own time is wall time less the model's less
the tests': ours as ``timing.own_s`` tells it, Aider's with the tests timed apart. Medians of all rounds are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.projects import RIGHT, calc
from support.scripted_server import ScriptedServer

LATENCY = 0.3
BARE = "from langgraph.graph import StateGraph; from langchain_openai import ChatOpenAI"


@dataclass(frozen=True)
class Row:
    """One run. Seconds; ``characters`` of all prompts; ``memory`` in MB."""

    wall: float
    own: float
    requests: int = 0
    characters: int = 0
    memory: float = 0.0


def timed(command: list[str], cwd: Path, environment: Mapping[str, str]) -> tuple[float, float, str]:
    """Wall seconds, peak memory in MB and stdout of ``command``."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    wall = time.perf_counter() - started
    return wall, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, done.stdout.decode(errors="replace")


def bare(cwd: Path) -> Row:
    """The imports alone."""
    wall, memory, _ = timed([sys.executable, "-c", BARE], cwd, os.environ)
    return Row(wall, wall, memory=memory)


def ours(cwd: Path, environment: Mapping[str, str], server: ScriptedServer) -> Row:
    """``aion-r fix``."""
    command = [sys.executable, "-m", "aion_r", "fix", str(cwd), "--providers", "openai", "--json"]
    wall, memory, out = timed(command, cwd, environment)
    document = json.loads(out)
    assert document["success"], document["message"]
    own = wall - document["timing"]["tests_s"] - document["timing"]["llm_s"]
    return _row(wall, own, server, memory)


def aider(program: str, cwd: Path, environment: Mapping[str, str], server: ScriptedServer) -> Row:
    """Aider with its automatic test run."""
    tests = [sys.executable, "-m", "pytest", "-q"]
    spent = sum(timed(tests, cwd, environment)[0] for _ in range(2))
    options = "--yes-always --no-git --no-check-update --no-show-model-warnings --no-analytics --no-stream"
    options += " --edit-format diff"
    message = "The tests fail. Find the cause and repair calc.py; never edit the tests."
    command = [program, *options.split(), "--model", "openai/gpt-4o-mini", "--auto-test"]
    command += ["--test-cmd", " ".join(tests), "--message", message, "calc.py", "test_calc.py"]
    wall, memory, _ = timed(command, cwd, {**environment, "OPENAI_API_BASE": environment["OPENAI_BASE_URL"]})
    row = _row(wall, wall - spent / 2 - LATENCY * len(server.calls()), server, memory)
    assert "return a + b" in (cwd / "calc.py").read_text(), "the peer did not repair it"
    return row


def _row(wall: float, own: float, server: ScriptedServer, memory: float) -> Row:
    calls = server.calls()
    return Row(wall, own, len(calls), sum(len(call.prompt) for call in calls), memory)


def once(kind: str, program: str | None) -> Row:
    """One run of one contender in a fresh project, home and server."""
    with tempfile.TemporaryDirectory() as folder, ScriptedServer(latency=LATENCY) as server:
        project = calc(Path(folder) / "project")
        server.reply("openai", RIGHT)
        base = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV") if name in os.environ}
        environment = base | {"HOME": folder, "AION_R_HOME": f"{folder}/home"} | server.environment("openai")
        if kind == "bare imports":
            return bare(project)
        if kind == "aion-r fix":
            return ours(project, environment, server)
        return aider(program or "", project, environment, server)


def main() -> None:
    """Measure and print a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--aider", help="path of an installed aider", default=shutil.which("aider"))
    given = options.parse_args()
    kinds = ["bare imports", "aion-r fix"] + (["Aider, diff"] if given.aider else [])
    rounds = [{kind: once(kind, given.aider) for kind in kinds} for _ in range(given.rounds)]
    print(f"load {os.getloadavg()[0]:.1f}, {given.rounds} rounds, medians")
    print("| | wall s | own s | own / bare imports | requests | prompt characters | peak memory MB, any child |")
    print("|---|---|---|---|---|---|---|")
    for kind in kinds:
        rows = [one[kind] for one in rounds]
        ratio = statistics.median(one[kind].own / one["bare imports"].own for one in rounds)
        last = rows[-1]
        print(
            f"| {kind} | {statistics.median(r.wall for r in rows):.2f} | {statistics.median(r.own for r in rows):.2f}"
            f" | {ratio:.2f} | {last.requests} | {last.characters} | {rows[0].memory:.0f} |"
        )


if __name__ == "__main__":
    main()
