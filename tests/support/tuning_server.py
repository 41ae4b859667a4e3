"""OpenAI's files and tuning jobs on 127.0.0.1: multipart uploads are kept, a job needs files that are there."""

from __future__ import annotations

import json
import threading
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-scriptedtuningkey000000001"


class TuningServer:
    """``files`` maps ids to what was uploaded; a job runs for ``polls`` questions, then ends as ``ending``."""

    def __init__(self, polls: int = 0, ending: str = "succeeded") -> None:
        self.files: dict[str, tuple[str, bytes]] = {}
        self.jobs: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        self.refuse: tuple[int, str] | None = None
        self._left = polls
        self._ending = ending
        handler = type("Handler", (_Handler,), {"tuning": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> TuningServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead the OpenAI client here."""
        return {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": f"http://127.0.0.1:{self._http.server_address[1]}/v1",
        }

    def take(self, purpose: str, data: bytes) -> dict[str, Any]:
        """Keep an uploaded file."""
        name = f"file-{len(self.files) + 1}"
        self.files[name] = purpose, data
        return {"id": name, "object": "file", "bytes": len(data), "created_at": 1, "filename": "x", "purpose": purpose,
                "status": "processed"}  # fmt: skip

    def begin(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        """Start a job; ``None`` where a file is missing."""
        names = [asked["training_file"], asked.get("validation_file")]
        if any(name not in self.files for name in names if name):
            return None
        self.jobs.append(asked)
        return self.job()

    def job(self) -> dict[str, Any]:
        """The last job as it is now."""
        status = "running" if self._left > 0 else self._ending
        self._left -= 1
        asked = self.jobs[-1]
        good = status == "succeeded"
        return {
            "id": "ftjob-1",
            "object": "fine_tuning.job",
            "status": status,
            "model": asked["model"],
            "fine_tuned_model": f"ft:{asked['model']}:me:{asked.get('suffix')}:1" if good else None,
            "error": {"code": "bad", "message": "the data are bad", "param": None} if status == "failed" else None,
            "training_file": asked["training_file"],
            "validation_file": asked.get("validation_file"),
            "created_at": 1,
            "result_files": [],
            "hyperparameters": {"n_epochs": 3},
            "organization_id": "org-1",
            "seed": asked.get("seed"),
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    tuning: TuningServer

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        found = self.path == "/v1/fine_tuning/jobs/ftjob-1" and self.tuning.jobs
        self._json(200, self.tuning.job()) if found else self._error(404, "not found")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.tuning.keys.add(self.headers.get("authorization", ""))
        if self.headers.get("authorization") != f"Bearer {KEY}":
            self._error(401, "Incorrect API key provided")
        elif self.tuning.refuse:
            self._error(*self.tuning.refuse)
        elif self.path == "/v1/files":
            parts = self._parts(body)
            self._json(200, self.tuning.take(parts["purpose"].decode(), parts["file"]))
        elif self.path == "/v1/fine_tuning/jobs":
            job = self.tuning.begin(json.loads(body))
            self._json(200, job) if job else self._error(400, "invalid training_file")
        else:
            self._error(404, f"Invalid URL (POST {self.path})")

    def _parts(self, body: bytes) -> dict[str, bytes]:
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + body)
        return {
            str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
            for part in message.iter_parts()
        }

    def _error(self, status: int, message: str) -> None:
        self._json(status, {"error": {"message": message, "type": "invalid_request_error", "code": None}})

    def _json(self, status: int, document: Any) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
