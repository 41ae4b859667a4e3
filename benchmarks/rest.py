"""The REST server under load, and against its own OpenAPI document.

::

    python benchmarks/rest.py                                    # 200 clients while 8 runs go on with 2 workers
    python benchmarks/rest.py --minutes 30                       # the same again and again: is memory flat?
    python benchmarks/rest.py --schemathesis st --minutes 10     # every check of schemathesis; a program, not a package
                                                                 # of ours: its pytest plugin would slow every test

The delay of an event is from the moment it was made, in the process of the run, to the moment a client has read it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.generations import SAMPLES
from support.projects import RIGHT, calc
from support.replies import Answer
from support.scripted_server import ScriptedServer
from support.served import Served

POLL_SECONDS = 1.0


@dataclass
class Heard:
    """What all clients saw. ``delays`` in seconds."""

    delays: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)


def main() -> int:
    """The figures, and an exit status that says whether they are good enough."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=0.0, help="how long; 0: once through all runs")
    parser.add_argument("--schemathesis", metavar="PROGRAM")
    asked, more = parser.parse_known_args()  # more: for schemathesis
    with tempfile.TemporaryDirectory(prefix="rest-", ignore_cleanup_errors=True) as folder, ScriptedServer() as models:
        models.reply("openai", answer_of)
        root = Path(folder) / "code"
        for number in range(asked.runs):
            calc(root / f"p{number}")
        variables = models.environment("openai") | {"AION_R_PROVIDERS": "openai"}
        variables["PYTHONUNBUFFERED"] = "1"  # a new interpreter, not one that was forked loaded: its memory is measured
        options = ("--workers", str(asked.workers), "--queue", str(asked.runs))
        with Served(Path(folder) / "home", root, variables, options) as server:
            if asked.schemathesis:
                return against_its_document(server, [asked.schemathesis, "run", *more], asked.minutes or 1.0)
            return asyncio.run(under_load(server, asked.clients, asked.runs, asked.minutes))


def answer_of(document: dict[str, Any]) -> Answer:
    """What the model says: the fix, or the code that is asked for."""
    prompt = "\n".join(str(message["content"]) for message in document["messages"])
    wanted = re.search(r"You write (\w+) code that fulfils the requirements, and (\w+) tests", prompt)
    samples = [one for one in SAMPLES.values() if wanted and (one.language, one.framework) == wanted.groups()]
    return Answer(samples[0].answer if samples else RIGHT, delay=0.3)


def against_its_document(server: Served, program: list[str], minutes: float) -> int:
    """Schemathesis with all checks. Runs that ask for approval are answered, so that their streams end."""
    calc(server.root / "shop")  # which the examples name
    over = threading.Event()
    answering = threading.Thread(target=answer_questions, args=(server, over))
    answering.start()
    command = [*program, f"{server.base}/openapi.json", "--checks", "all", "--max-time", str(int(minutes * 60))]
    command += ["--request-timeout", "120", "--suppress-health-check", "all", "--no-color", "--continue-on-failure"]
    command += ["--max-response-time", "120", "--workers", "2"]
    done = subprocess.run(command)
    over.set()
    answering.join()
    runs = Counter(run["status"] for run in server.get("/api/qa/runs?limit=200")["runs"])
    print(f"exit status {done.returncode}; runs (of the last 200): {dict(runs)}; memory {memory(server):.0f} MB")
    print("".join(server.said[1:])[-2000:])
    return done.returncode


def answer_questions(server: Served, over: threading.Event) -> None:
    """Reject whatever is asked."""
    while not over.wait(1.0):
        for run in server.get("/api/qa/runs?status=waiting")["runs"]:
            server.call("POST", f"{run['links']['approval']}", json={"action": "reject"})


async def under_load(server: Served, clients: int, runs: int, minutes: float) -> int:
    """All runs at once, all clients on them, again until the minutes are over."""
    heard, began, rounds = Heard(), time.monotonic(), 0
    while rounds == 0 or time.monotonic() - began < minutes * 60:
        rounds += 1
        await one_round(server, clients, runs, heard)
        print(f"{time.monotonic() - began:7.0f} s  {memory(server):6.1f} MB  {figures(heard)}", flush=True)
    p95 = statistics.quantiles(heard.delays, n=20)[-1] if len(heard.delays) > 1 else 9.0
    good = not heard.errors and p95 < 0.25
    print(f"{'good' if good else 'NOT good'}: {rounds * runs} runs, {clients} clients, errors: {dict(heard.errors)}")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    return 0 if good else 1


async def one_round(server: Served, clients: int, runs: int, heard: Heard) -> None:
    ask: dict[str, Any] = {"no_apply": True, "no_cache": True}
    ids = [await asyncio.to_thread(server.ask, f"p{number}", **ask) for number in range(runs)]
    over = asyncio.Event()
    streaming = [follow(server.port, ids[number % runs], heard) for number in range(0, clients, 2)]
    polling = [poll(server.port, ids[number % runs], heard, over) for number in range(1, clients, 2)]
    polls = [asyncio.create_task(one) for one in polling]
    await asyncio.gather(*streaming)
    over.set()
    await asyncio.gather(*polls)


async def follow(port: int, run_id: str, heard: Heard) -> None:
    """One client that reads all events of a run."""
    ids: list[int] = []
    last: dict[str, Any] = {}
    with suppress(asyncio.IncompleteReadError):
        reader, writer = await request(port, f"/api/qa/runs/{run_id}/events")
        connected = time.time()
        if (status := await reader.readline()) != b"HTTP/1.1 200 OK\r\n":
            heard.errors[f"stream {status!r}"] += 1
        while line := await reader.readline():
            if line.startswith(b"data: "):
                event = json.loads(line[6:])
                ids.append(event["id"])
                if event["at"] > connected:
                    heard.delays.append(time.time() - event["at"])
                last = event
        writer.close()
    if ids != list(range(1, len(ids) + 1)) or last.get("outcome") != "repaired":
        heard.errors[f"stream with {len(ids)} events, the last one {last}"] += 1


async def poll(port: int, run_id: str, heard: Heard, over: asyncio.Event) -> None:
    """One client that asks for the state of a run again and again, each time on a connection of its own."""
    while not over.is_set():
        began = time.monotonic()
        reader, writer = await request(port, f"/api/qa/runs/{run_id}", close=True)
        answer = await reader.read()
        writer.close()
        heard.polls.append(time.monotonic() - began)
        if not answer.startswith(b"HTTP/1.1 200 OK\r\n") or b'"runId"' not in answer:
            heard.errors[f"poll {answer[:40]!r}"] += 1
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), POLL_SECONDS)


async def request(port: int, path: str, *, close: bool = False) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    more = "Connection: close\r\n" if close else ""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode())
    return reader, writer


def figures(heard: Heard) -> str:
    """Milliseconds."""
    if len(heard.delays) < 2 or len(heard.polls) < 2:
        return f"{len(heard.delays)} events"
    told = []
    for name, seconds in (("event delay", heard.delays), ("poll", heard.polls)):
        cuts = statistics.quantiles(seconds, n=100)
        worst = max(seconds) * 1000
        told.append(
            f"{name} p50 {cuts[49] * 1000:.0f} p95 {cuts[94] * 1000:.0f} p99 {cuts[98] * 1000:.0f} max {worst:.0f} ms"
            f" ({len(seconds)})"
        )
    return "; ".join(told)


def memory(server: Served) -> float:
    """Resident megabytes of the server's own process."""
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    sys.exit(main())
