"""The chain of providers beside LiteLLM's Router and bare `with_fallbacks`, all against the same scripted services.

    python benchmarks/providers.py [--litellm VENV] [--shipped] [--calls 200] [--rounds 7]

VENV is a virtual environment with LiteLLM in it. Without it the rows of LiteLLM are missing. Every contender runs in a
session of its own, so that the kernel's autogroups treat them alike. `--shipped` also measures the others with the
retries that they come with, which takes minutes. Prints Markdown tables.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.replies import Answer, Reply, Reset, Status
from support.scripted_server import KEYS, PATHS, ScriptedServer

DRIVERS = Path(__file__).with_name("provider_drivers.py")
BUSY = Status(429, {"Retry-After": "7"})
CONCURRENT = 200
FAULTY = 0.3
RATE = 100
ROUNDS = 10


class Contender:
    """A driver in a process of its own, told what to do line by line."""

    def __init__(self, python: Path, name: str, server: ScriptedServer) -> None:
        legs = [{"name": p, "base_url": server.base_url(p), "key": KEYS[p][1]} for p in PATHS]
        variables = {"AION_R_REQUESTS_PER_MINUTE": ",".join(f"{leg}:{10**6}" for leg in PATHS)}
        environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | variables
        environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it asks the network for prices
        command = [str(python), str(DRIVERS), name, json.dumps({"legs": legs, "environment": server.environment()})]
        self.name = name
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ, start_new_session=True
        )

    def __enter__(self) -> Contender:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def do(self, what: str, *arguments: Any) -> Any:
        """What the driver's function of that name returns."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([what, *arguments]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended while it did {what}")
        return json.loads(line)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A Markdown table."""
    for row in (head, ["---"] * len(head), *rows):
        print("| " + " | ".join(str(cell) for cell in row) + " |", flush=True)
    print()


def all_good(server: ScriptedServer) -> None:
    """Every service answers."""
    for leg in PATHS:
        server.script(leg, Answer("hello"))


def failing(contender: Contender, server: ScriptedServer, count: int) -> tuple[float, float, int]:
    """Milliseconds of two calls with the first ``count`` legs at their limit, and how often the second asked those."""
    all_good(server)
    contender.do("build")
    for leg in list(PATHS)[:count]:
        server.script(leg, BUSY)
    server.requests.clear()
    first = contender.do("ask")
    server.requests.clear()
    second = contender.do("ask")
    cooling = sum(call.provider in list(PATHS)[:count] for call in server.calls())
    if first["text"] != "hello" or second["text"] != "hello":
        raise SystemExit(f"{contender.name} gave no answer with {count} failing legs: {first}, {second}")
    return first["ms"], second["ms"], cooling


def fallback(contenders: Sequence[Contender], server: ScriptedServer, rounds: int) -> None:
    """Time to the answer by how many legs fail, the contenders taking turns."""
    print(f"First and second call in ms, medians of {rounds}; requests of the second to legs that rest for 7 s:\n")
    rows: list[list[object]] = []
    for count in range(len(PATHS)):
        taken = [[failing(contender, server, count) for contender in contenders] for _ in range(rounds)]
        row: list[object] = [count]
        for results in zip(*taken, strict=True):
            first, second, cooling = (statistics.median(column) for column in zip(*results, strict=True))
            row.append(f"{first:.0f} / {second:.0f}, {cooling:.0f}")
        rows.append(row)
    table(["failing legs", *(contender.name for contender in contenders)], rows)


def overhead(contenders: Sequence[Contender], server: ScriptedServer, calls: int) -> None:
    """Milliseconds a call where the service takes none, the contenders taking turns."""
    all_good(server)
    for contender in contenders:
        contender.do("build")
        contender.do("calls", 20)
    taken: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for _ in range(ROUNDS):
        for contender in contenders:
            taken[contender.name] += contender.do("calls", calls // ROUNDS)
    p50 = {name: statistics.median(times) for name, times in taken.items()}
    base = p50.get("langchain", next(iter(p50.values())))
    print(f"One call at zero latency, {calls} calls each:\n")
    rows = [[name, f"{value:.2f}", f"{value / base:.2f}"] for name, value in p50.items()]
    table(["", "p50 ms", "of LangChain's model alone"], rows)


def faults(seed: int) -> Any:
    """A script that fails 30 % of its requests, each in one of five ways."""
    chance = random.Random(seed)
    ways: list[Reply | str] = [Status(429, {"Retry-After": "1"}), Status(500), Status(503), Reset(), Answer("")]

    def reply(_: dict[str, Any]) -> Reply | str:
        return chance.choice(ways) if chance.random() < FAULTY else Answer("hello", delay=0.05)

    return reply


def load(contender: Contender, server: ScriptedServer) -> None:
    """Many at once through one chain while services fail; then the same again and again, for the memory."""
    rows = []
    for number in range(4):
        for at, leg in enumerate(PATHS):
            server.script(leg, faults(at + 10 * number))
        server.requests.clear()
        result = contender.do("load", CONCURRENT, RATE)
        most = max(len(server.calls(leg)) for leg in PATHS)
        idle = server.idle()
        cells = [result["answered"], f"{result['seconds']:.1f}", len(server.calls()), most, idle, result["rss_mb"]]
        rows.append([number + 1, *cells])
    print(f"{CONCURRENT} requests at once, {FAULTY:.0%} of all answers faulty, {RATE} requests a minute and leg:\n")
    head = ["batch", "answered", "seconds", "requests", "most to one leg", "all connections closed", "RSS MB"]
    table(head, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--litellm", type=Path, metavar="VENV")
    parser.add_argument("--shipped", action="store_true")
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    own, other = Path(sys.executable), options.litellm and options.litellm / "bin" / "python"
    with ScriptedServer() as server, ExitStack() as stack:

        def start(python: Path, *names: str) -> list[Contender]:
            return [stack.enter_context(Contender(python, name, server)) for name in names]

        print(f"load {os.getloadavg()[0]:.1f}\n")
        ours = start(own, "aion-r")
        theirs = start(other, "litellm-router") if other else []
        fallback([*ours, *start(own, "with-fallbacks"), *theirs], server, options.rounds)
        singles = start(other, "litellm") if other else []
        overhead([*start(own, "httpx", "langchain"), *ours, *singles, *theirs], server, options.calls)
        with ScriptedServer() as apart, Contender(own, "aion-r", apart) as alone:
            load(alone, apart)
        if options.shipped:
            shipped = start(own, "with-fallbacks-shipped") + (start(other, "litellm-router-shipped") if other else [])
            fallback(shipped, server, 1)


if __name__ == "__main__":
    main()
