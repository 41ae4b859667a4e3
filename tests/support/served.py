"""``aion-r serve`` as a real process on 127.0.0.1, with projects below its root: asked, killed, started again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from . import preloaded

START_SECONDS = 60.0
RUN_SECONDS = 120.0


@dataclass
class Served:
    """One server after the other, with the same ``home``; ``root`` is the folder above its projects."""

    home: Path
    root: Path
    variables: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    folder: Path | None = None
    """Where it is started: ``root`` by default."""
    said: list[str] = field(default_factory=list)
    _process: subprocess.Popen[str] | preloaded.Forked | None = None

    def __enter__(self) -> Served:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.kill()

    @property
    def process(self) -> subprocess.Popen[str] | preloaded.Forked:
        assert self._process is not None
        return self._process

    @property
    def environment(self) -> dict[str, str]:
        plain = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8", "AION_R_HOME": str(self.home)}
        return plain | self.variables

    def command(self) -> list[str]:
        return [sys.executable, "-m", "aion_r", "serve", "--port", "0", "--root", str(self.root), *self.options]

    def start(self) -> None:
        """Until it listens."""
        for folder in (self.home, self.root):
            folder.mkdir(parents=True, exist_ok=True)
        known = len(self.said)
        self._process = preloaded.start(
            self.command()[3:], cwd=self.folder or self.root, env=self.environment, stderr=subprocess.STDOUT
        )
        assert self._process.stdout is not None
        threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True).start()
        end = time.monotonic() + START_SECONDS
        while not (found := re.search(r"http://\S+:(\d+)", "".join(self.said[known:]))):
            assert self._process.poll() is None, "".join(self.said)
            assert time.monotonic() < end, "it does not listen"
            time.sleep(0.02)
        self.port = int(found[1])

    def _listen(self, stream: Any) -> None:
        for line in stream:
            self.said.append(line)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(**{"base_url": self.base, "timeout": RUN_SECONDS, "trust_env": False, **options})

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        with self.client() as client:
            return client.request(method, path, **options)

    def get(self, path: str, **options: Any) -> Any:
        """The document at ``path``."""
        answer = self.call("GET", path, **options)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return answer.json()

    def ask(self, path: str, **options: Any) -> str:
        """Start a run; its id."""
        answer = self.call("POST", "/api/qa/run", json={"path": path, **options})
        assert answer.status_code == 202, (answer.status_code, answer.text)
        return str(answer.json()["runId"])

    def wait_for(self, run_id: str, *states: str) -> dict[str, Any]:
        """The run, once it is in one of ``states``."""
        end = time.monotonic() + RUN_SECONDS
        while (run := self.get(f"/api/qa/runs/{run_id}"))["status"] not in states:
            assert time.monotonic() < end, run
            time.sleep(0.05)
        found: dict[str, Any] = run
        return found

    def follow(self, run_id: str, after: int | None = None) -> Iterator[dict[str, Any]]:
        """The run's events, until the stream ends or breaks."""
        headers = {} if after is None else {"Last-Event-ID": str(after)}
        with self.client() as client, client.stream("GET", f"/api/qa/runs/{run_id}/events", headers=headers) as stream:
            assert stream.status_code in (200, 204), stream.read()
            yield from read_events(stream.iter_lines())

    def kill(self) -> None:
        """SIGKILL, to the server alone."""
        self.process.kill()
        self.process.wait(timeout=10)
        self._process = None

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=30)
        self._process = None
        return status


def read_events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Each event's data, checked against its head."""
    head: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            head[name] = value
        elif "data" in head:
            event = json.loads(head["data"])
            assert (str(event["id"]), event["event"]) == (head["id"], head["event"])
            yield event
            head = {}
        else:
            head = {}
