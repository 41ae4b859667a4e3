"""Clients that send slowly, too much or nothing, and those that leave: they cost nothing that lasts."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from aion_r.api.rest import bodies, protocol
from support.replies import Hang
from support.scripted_server import ScriptedServer
from support.served import Served

Serve = Callable[..., Served]
HUNDRED_MB = 100 * 1024 * 1024
HEAD = b"POST /api/projects HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture
def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a server in this process that waits half a second for a head and a body, not longer."""
    import asyncio

    import uvicorn

    from aion_r.api.rest.app import create_app
    from aion_r.api.rest.configuration import ServerConfig
    from aion_r.api.roots import Roots

    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.5)
    app = create_app(ServerConfig(tmp_path / "home", Roots((tmp_path,))))
    config = uvicorn.Config(app, port=0, http=protocol.PatientProtocol, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port))


def until_closed(connection: socket.socket, seconds: float = 20.0) -> bytes:
    """What comes until the server closes; it must."""
    connection.settimeout(seconds)
    said = b""
    while part := connection.recv(65536):
        said += part
    return said


def test_a_head_that_does_not_come_is_not_waited_for(impatient: int) -> None:
    began = time.monotonic()
    with _connected(impatient) as silent, _connected(impatient) as slow:
        with contextlib.suppress(OSError):  # it is closed while it still sends
            for part in (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n", *[b"X-Slow: 1\r\n"] * 150):
                slow.sendall(part)
                time.sleep(0.1)
        assert time.monotonic() - began < 10
        assert until_closed(silent) == b""


def test_a_second_head_on_the_same_connection_has_its_time_too(impatient: int) -> None:
    with _connected(impatient) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        said = b""
        while b'"ok"' not in said:
            said += connection.recv(65536)
        connection.sendall(b"GET /hea")
        assert until_closed(connection) == b""


def test_a_body_that_does_not_come_is_not_waited_for(impatient: int) -> None:
    with _connected(impatient) as connection:
        connection.sendall(HEAD + b"Content-Length: 20\r\n\r\n{")
        answer = until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer


def test_a_body_of_100_mb_is_refused_before_it_is_sent(served: Served) -> None:
    began = time.monotonic()
    with _connected(served.port) as connection:
        connection.sendall(HEAD + f"Content-Length: {HUNDRED_MB}\r\n\r\n".encode())
        answer = until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in answer
    assert time.monotonic() - began < 20


def test_a_body_of_unknown_length_is_read_up_to_the_limit(served: Served) -> None:
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        while sent < HUNDRED_MB:
            sent += 65536
            yield b" " * 65536

    try:
        answer = served.call("POST", "/api/qa/run", content=body(), headers={"Content-Type": "application/json"})
        assert answer.status_code == 413
    except httpx.WriteError:  # it closed while this client still sent
        pass
    assert sent < 32 * 1024 * 1024
    assert served.call("GET", "/healthz").status_code == 200


def test_what_is_not_http_gets_a_problem_document(served: Served) -> None:
    for said in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 600,
        b"GET / HTTP/1.1\r\nHost" + b"x" * 70_000,
    ):
        connection = socket.create_connection(("127.0.0.1", served.port))
        connection.sendall(said)
        answer = until_closed(connection)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"application/problem+json" in answer


def test_dropped_event_streams_are_forgotten(serve: Serve, models: ScriptedServer) -> None:
    models.reply("openai", Hang())
    server = serve("a")
    run_id = server.ask("a")
    request = f"GET /api/qa/runs/{run_id}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    connections = [_connected(server.port) for _ in range(50)]
    for connection in connections:
        connection.sendall(request)
        assert b"200 OK" in connection.recv(65536)
    assert "aion_r_event_streams 50.0" in server.call("GET", "/metrics").text
    opened = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
    for connection in connections:
        connection.close()
    end = time.monotonic() + 60
    while "aion_r_event_streams 0.0" not in server.call("GET", "/metrics").text:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert len(list(Path(f"/proc/{server.process.pid}/fd").iterdir())) <= opened - 45
    assert server.get(f"/api/qa/runs/{run_id}")["status"] == "running"


def test_who_waits_for_a_run_and_leaves_ends_nothing(serve: Serve, models: ScriptedServer) -> None:
    models.reply("openai", Hang())
    server = serve("a")
    with pytest.raises(httpx.ReadTimeout), server.client(timeout=1.5) as client:
        client.post("/api/qa/run?wait=true", json={"path": "a"})
    runs = server.get("/api/qa/runs")["runs"]
    assert [run["status"] for run in runs] == ["running"]
