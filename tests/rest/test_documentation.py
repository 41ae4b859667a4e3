"""What the server says of itself: OpenAPI with examples that it takes, figures, generation through a worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aion_r.api.rest.models import DecisionRequest, GenerateRequest, ProjectRequest, RunRequest
from support.generations import SAMPLES
from support.replies import Status
from support.scripted_server import ScriptedServer
from support.served import Served

Serve = Callable[..., Served]
BODIES: dict[str, Any] = {
    "RunRequest": RunRequest,
    "ProjectRequest": ProjectRequest,
    "DecisionRequest": DecisionRequest,
    "GenerateRequest": GenerateRequest,
}
CONTRACT = {
    ("post", "/api/qa/run"), ("get", "/api/qa/runs/{run_id}"), ("get", "/api/qa/runs/{run_id}/events"),
    ("post", "/api/qa/runs/{run_id}/cancel"), ("post", "/api/projects"), ("post", "/api/ai/generate"),
    ("get", "/healthz"),
}  # fmt: skip


def test_the_document_has_the_contracts_routes_examples_and_errors(served: Served) -> None:
    document = served.get("/openapi.json")
    routes = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert routes >= CONTRACT
    schemas = document["components"]["schemas"]
    for name, model in BODIES.items():
        assert schemas[name]["examples"], name
        for example in schemas[name]["examples"]:
            model.model_validate(example)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"] and operation["description"], (method, path)
            for status, answer in operation["responses"].items():
                if status >= "400":
                    assert list(answer["content"]) == ["application/problem+json"], (path, status)


def test_the_page_of_the_routes_names_them_all(served: Served) -> None:
    page = served.call("GET", "/docs").text
    for method, path in CONTRACT:
        assert f"{method.upper()} {path}" in page
    assert "<script" not in page


def test_head_has_the_headers_alone(served: Served) -> None:
    answer = served.call("HEAD", "/healthz")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


def test_figures_count_what_happens_by_pattern(served: Served) -> None:
    for name in ("one", "two"):
        served.call("GET", f"/api/qa/runs/{name}")
    served.call("BREW", "/nothing")
    text = served.call("GET", "/metrics").text
    assert 'aion_r_requests_total{method="GET",route="/api/qa/runs/{run_id}",status="404"} 2.0' in text
    assert 'method="other"' in text
    assert "BREW" not in text
    assert "aion_r_runs_running 0.0" in text


def test_the_server_says_what_it_allows(served: Served) -> None:
    told = served.get("/api/server")
    assert told["roots"] == [str(served.root)]
    assert (told["unsafeOptions"], told["tokenRequired"], told["workers"]) == (False, False, 2)


def test_code_is_written_by_a_model(serve: Serve, models: ScriptedServer) -> None:
    sample = SAMPLES["pytest"]
    models.reply("openai", sample.answer, Status(401))
    server = serve()
    asked = {"requirements": "A stack.", "language": "python", "framework": "pytest"}
    answer = server.call("POST", "/api/ai/generate", json=asked)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert (made["language"], made["framework"], made["provider"]) == ("python", "pytest", "openai")
    assert any(sample.files["stack.py"].strip() in text for text in made["files"].values())
    failed = server.call("POST", "/api/ai/generate", json=asked | {"requirements": "A queue."})
    assert (failed.status_code, failed.headers["content-type"]) == (502, "application/problem+json")


@pytest.mark.parametrize("asked", [{}, {"requirements": " "}, {"requirements": "x", "language": "cobol"}])
def test_wrong_requests_for_code_are_told(served: Served, asked: dict[str, str]) -> None:
    assert served.call("POST", "/api/ai/generate", json=asked).status_code == 422


def test_without_a_model_nothing_is_written(served: Served) -> None:
    answer = served.call("POST", "/api/ai/generate", json={"requirements": "A stack."})
    assert (answer.status_code, "key" in answer.json()["detail"]) == (409, True)
