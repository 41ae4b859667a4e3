"""Five services in one HTTP server on 127.0.0.1: real paths, headers and error bodies, scripted answers.

::

    with ScriptedServer() as server:
        server.reply("groq", Status(429, {"Retry-After": "7"}))
        server.reply("openai", "first answer", Answer("second, and every later one", delay=0.3))
        environment = server.environment("groq", "openai")      # keys and base addresses
        …
        assert [call.provider for call in server.calls()] == ["groq", "openai"]

Replies of a service are given in turn; the last one stays. A function of the request's JSON may stand for a reply.
A wrong key gets the service's 401, another path its 404, and a ``GET`` of its models its list.
"""

from __future__ import annotations

import json
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .replies import Answer, Drip, Hang, Raw, Reply, Reset, Status, chunks, completion, error_body, model_list

ACCOUNT = "0123456789abcdef0123456789abcdef"

PATHS = {
    "groq": "/groq/openai/v1",
    "openai": "/openai/v1",
    "github": "/github/inference",
    "huggingface": "/huggingface/v1",
    "cloudflare": f"/client/v4/accounts/{ACCOUNT}/ai/v1",
}
_MODELS = {name: f"{path}/models" for name, path in PATHS.items() if name not in ("github", "cloudflare")} | {
    "github": "/github/catalog/models",
    "cloudflare": f"/client/v4/accounts/{ACCOUNT}/ai/models/search",
}
KEYS = {
    "groq": ("GROQ_API_KEY", "gsk_scriptedgroqkey0000000001"),
    "openai": ("OPENAI_API_KEY", "sk-scriptedopenaikey0000000002"),
    "github": ("GITHUB_TOKEN", "ghp_scriptedgithubkey0000000003"),
    "huggingface": ("HUGGINGFACE_API_KEY", "hf_scriptedhuggingkey000000004"),
    "cloudflare": ("CLOUDFLARE_API_KEY", "scriptedcloudflarekey000000005"),
}
BASE_URL_NAMES = {
    "groq": "GROQ_BASE_URL",
    "openai": "OPENAI_BASE_URL",
    "github": "GITHUB_MODELS_BASE_URL",
    "huggingface": "HUGGINGFACE_BASE_URL",
    "cloudflare": "CLOUDFLARE_BASE_URL",
}
_HEADERS = {
    "groq": {"x-request-id": "req_scripted", "x-ratelimit-remaining-requests": "14399"},
    "openai": {"x-request-id": "req_scripted", "openai-processing-ms": "12", "openai-version": "2020-10-01"},
    "github": {"x-ms-region": "East US", "x-ratelimit-limit-requests": "15"},
    "huggingface": {"x-inference-provider": "scripted", "x-robots-tag": "none"},
    "cloudflare": {"cf-ray": "scripted-FRA"},
}

Scripted = str | Reply | Callable[[dict[str, Any]], "str | Reply"]


@dataclass
class Recorded:
    """One request as it came. ``disconnected`` is set when the client left a hanging reply."""

    provider: str
    method: str
    path: str
    headers: Mapping[str, str]
    json: dict[str, Any]
    at: float = field(default_factory=time.monotonic)
    disconnected: threading.Event = field(default_factory=threading.Event)

    @property
    def prompt(self) -> str:
        """All message texts of a chat request."""
        return "\n".join(str(message["content"]) for message in self.json.get("messages", []))


class ScriptedServer:
    """See the module. ``latency`` seconds are added to every reply. With ``tls`` it speaks that alone."""

    def __init__(self, latency: float = 0.0, tls: ssl.SSLContext | None = None) -> None:
        self.latency = latency
        self.requests: list[Recorded] = []
        self.models = {name: ["small-model", "openai/gpt-oss-120b", "gpt-4o-mini"] for name in PATHS}
        self._scripts: dict[str, list[Scripted]] = {name: [] for name in PATHS}
        self._open_keys: set[str] = set()
        self._lock = threading.Lock()
        self._connections = 0
        self.closing = threading.Event()
        handler = type("Handler", (_Handler,), {"scripted": self})
        self._http = _Server(("127.0.0.1", 0), handler)
        self._scheme = "https" if tls else "http"
        if tls:  # the handshake is left to the thread of each connection
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def address(self) -> str:
        """Scheme, host and port."""
        return f"{self._scheme}://127.0.0.1:{self._http.server_address[1]}"

    def base_url(self, provider: str) -> str:
        """What a base address variable of ``provider`` should hold."""
        return self.address + PATHS[provider]

    def reply(self, provider: str, *replies: Scripted) -> None:
        """Add ``replies`` to the script of ``provider``. The last one stays for all later requests."""
        with self._lock:
            self._scripts[provider] += replies

    def script(self, provider: str, *replies: Scripted) -> None:
        """Put ``replies`` in place of the script of ``provider``."""
        with self._lock:
            self._scripts[provider] = list(replies)

    def environment(self, *providers: str, key: bool = True) -> dict[str, str]:
        """The variables that lead the named services (all by default) here. Without ``key`` only their addresses."""
        variables = {}
        for name in providers or tuple(PATHS):
            variables[BASE_URL_NAMES[name]] = self.base_url(name)
            if key:
                variables |= dict([KEYS[name]])
                if name == "cloudflare":
                    variables["CLOUDFLARE_ACCOUNT_ID"] = ACCOUNT
            else:
                self._open_keys.add(name)
        return variables

    def calls(self, provider: str | None = None) -> list[Recorded]:
        """The chat requests so far, in order."""
        with self._lock:
            return [r for r in self.requests if r.method == "POST" and provider in (None, r.provider)]

    def connected(self, change: int) -> None:
        """Count a connection that came (1) or went (-1)."""
        with self._lock:
            self._connections += change

    def idle(self, seconds: float = 5.0) -> bool:
        """Whether all clients have closed their connections, waiting for it up to ``seconds``."""
        end = time.monotonic() + seconds
        while self._connections and time.monotonic() < end:
            time.sleep(0.01)
        return not self._connections

    def record(self, request: Recorded) -> None:
        """Note a request."""
        with self._lock:
            self.requests.append(request)

    def next_reply(self, provider: str, document: dict[str, Any]) -> Reply:
        """The reply whose turn it is."""
        with self._lock:
            script = self._scripts[provider]
            chosen = (script.pop(0) if len(script) > 1 else script[0]) if script else Status(500, message="no script")
        if callable(chosen):
            chosen = chosen(document)
        return Answer(chosen) if isinstance(chosen, str) else chosen

    def accepts(self, provider: str, headers: Mapping[str, str]) -> bool:
        """Whether the request carries the service's key, and only that."""
        return provider in self._open_keys or headers.get("authorization") == f"Bearer {KEYS[provider][1]}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that leave are part of the script."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for headers and body: else Nagle and delayed acknowledgement add 40 ms
    disable_nagle_algorithm = True
    scripted: ScriptedServer

    def setup(self) -> None:
        self.scripted.connected(1)
        super().setup()

    def finish(self) -> None:
        self.scripted.connected(-1)
        super().finish()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        provider = next((name for name, path in _MODELS.items() if self.path == path), "")
        self._record(provider, {})
        if provider:
            self._json(200, model_list(provider, self.scripted.models[provider]), provider)
        else:
            self._json(404, {"error": {"message": "not found"}}, provider)

    def do_POST(self) -> None:
        provider = self._provider()
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        document = json.loads(body or b"{}")
        request = self._record(provider, document)
        if provider not in PATHS or self.path != PATHS[provider] + "/chat/completions":
            self._json(404, {"error": {"message": f"Invalid URL (POST {self.path})"}}, provider)
        elif not self.scripted.accepts(provider, request.headers):
            self._error(provider, Status(401, message="Incorrect API key provided", code="invalid_api_key"))
        else:
            self._answer(provider, request, self.scripted.next_reply(provider, document))

    def _provider(self) -> str:
        return next((name for name, path in PATHS.items() if self.path.startswith(path + "/")), "")

    def _record(self, provider: str, document: dict[str, Any]) -> Recorded:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Recorded(provider, self.command, self.path, headers, document)
        self.scripted.record(request)
        return request

    def _answer(self, provider: str, request: Recorded, reply: Reply) -> None:
        self._wait(self.scripted.latency + getattr(reply, "delay", 0.0), request)
        if isinstance(reply, Answer):
            self._completion(provider, request, reply)
        elif isinstance(reply, Status):
            self._error(provider, reply)
        elif isinstance(reply, Raw):
            self._send(reply.status, reply.body, {"Content-Type": reply.content_type}, provider, reply.announced)
        elif isinstance(reply, Hang):
            self._wait(reply.seconds, request)
            self.close_connection = True
        elif isinstance(reply, Drip):
            self._drip(reply, request, provider)
        elif isinstance(reply, Reset):
            self._reset()

    def _completion(self, provider: str, request: Recorded, reply: Answer) -> None:
        model = str(request.json.get("model"))
        if not request.json.get("stream"):
            self._json(200, completion(provider, model, reply), provider)
            return
        self._head(200, {"Content-Type": "text/event-stream", "Connection": "close"}, provider)
        self.close_connection = True
        with_usage = bool((request.json.get("stream_options") or {}).get("include_usage"))
        for index, event in enumerate(chunks(provider, model, reply, with_usage)):
            if index == reply.cut_after:
                return
            if index == reply.hang_after:
                self._wait(60.0, request)
                return
            self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
            self.wfile.flush()
        self.wfile.write(b"data: [DONE]\n\n")

    def _error(self, provider: str, reply: Status) -> None:
        headers = {"Content-Type": "application/json", **reply.headers}
        self._send(reply.status, error_body(provider, reply), headers, provider)

    def _json(self, status: int, document: Any, provider: str) -> None:
        self._send(status, json.dumps(document).encode(), {"Content-Type": "application/json"}, provider)

    def _send(
        self, status: int, body: bytes, headers: Mapping[str, str], provider: str, announced: int | None = None
    ) -> None:
        self._head(status, {**headers, "Content-Length": str(announced or len(body))}, provider)
        self.wfile.write(body)
        self.wfile.flush()
        self.close_connection = self.close_connection or announced is not None

    def _head(self, status: int, headers: Mapping[str, str], provider: str) -> None:
        self.send_response(status)
        for name, value in {**_HEADERS.get(provider, {}), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _wait(self, seconds: float, request: Recorded) -> None:
        """Sleep, but notice at once when the client or the server goes away."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.scripted.closing.is_set():
            readable, _, _ = select.select([self.connection], [], [], min(left, 0.05))
            if readable and self._left():
                request.disconnected.set()
                raise ConnectionAbortedError
            if readable:
                time.sleep(min(left, 0.01))

    def _left(self) -> bool:
        try:
            return not self.connection.recv(1, socket.MSG_PEEK)
        except ConnectionError:  # closed with unread data: a reset instead of an end
            return True

    def _drip(self, reply: Drip, request: Recorded, provider: str) -> None:
        count = round(reply.seconds / reply.every)
        self._head(200, {"Content-Type": "application/json", "Content-Length": str(count)}, provider)
        for _ in range(count):
            self.wfile.write(b" ")
            self.wfile.flush()
            self._wait(reply.every, request)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
        raise ConnectionAbortedError
