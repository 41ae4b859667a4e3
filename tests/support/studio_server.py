"""LangGraph's own server with our graphs, as ``examples/studio`` has them: no key, and nothing sent anywhere."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.projects import calc

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Studio:
    """The running server: its address, what it wrote, where its runs are kept, and who it asked for elsewhere."""

    url: str
    log: Path
    home: Path
    sent: list[bytes]

    def complaints(self) -> list[str]:
        """Lines about blocking calls and broken graphs."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if "Blocking" in line or "failed to load" in line or "Traceback" in line]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("studio")
    for name in ("langgraph.json", "release.py"):
        shutil.copy(ROOT / "examples/studio" / name, folder / name)
    with _recorder() as (proxy, sent):
        running = Studio(f"http://127.0.0.1:{_free_port()}", folder / "log.txt", folder / "home", sent)
        with running.log.open("wb") as log:
            process = subprocess.Popen(
                _command(running.url), cwd=folder, env=_environment(running.home, proxy), stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
            try:
                _wait_for(running, process)
                yield running
            finally:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(timeout=30)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return calc(tmp_path / "project")


def _command(url: str) -> list[str]:
    program = str(Path(sys.executable).with_name("langgraph"))
    return [program, "dev", "--no-browser", "--no-reload", "--port", url.rpartition(":")[2]]


def _environment(home: Path, proxy: str) -> dict[str, str]:
    """No key. Whatever would leave this machine goes to ``proxy``, which answers nothing."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), proxy)
    local = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
    ours = {"AION_R_HOME": str(home), "LANGGRAPH_CLI_NO_ANALYTICS": "1", "NO_COLOR": "1"}
    return kept | proxies | local | ours


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def _recorder() -> Iterator[tuple[str, list[bytes]]]:
    sent: list[bytes] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            sent.append(self.request.recv(400))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", sent
        server.shutdown()


def _wait_for(running: Studio, process: subprocess.Popen[Any]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, running.log.read_text(errors="replace")
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{running.url}/ok"):
            return
        time.sleep(0.1)
    raise AssertionError(running.log.read_text(errors="replace"))
