"""A tiny request to each configured service."""

from __future__ import annotations

from aion_r.core.domain import ErrorKind
from aion_r.providers.check import check
from aion_r.providers.registry import configured
from support.fixes import environment_of
from support.replies import Answer, Status
from support.scripted_server import PATHS, ScriptedServer


def test_each_service_is_asked_once_and_all_are_reported() -> None:
    with ScriptedServer(latency=0.2) as server:
        for name in PATHS:
            server.reply(name, "OK")
        server.script("openai", Answer("", finish_reason="length"))
        server.script("github", Status(410, message="retired"))
        records = check(configured(environment_of(server.environment())))
        assert len(server.calls()) == 5
        assert all(call.json["max_tokens"] <= 16 and len(call.prompt) < 20 for call in server.calls())
    assert [record.provider for record in records] == list(PATHS)
    assert [record.ok for record in records] == [True, True, False, True, True]
    assert records[2].error is not None and records[2].error.kind is ErrorKind.GONE
    assert all(record.seconds >= 0.2 for record in records)
    assert records[0].usage.output_tokens == 20


def test_nothing_to_check() -> None:
    assert check(()) == ()
