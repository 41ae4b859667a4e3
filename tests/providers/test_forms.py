"""A model that cannot copy lines exactly is asked for whole files, once its answers have shown it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aion_r.core.domain import Patch, Proposal
from aion_r.core.errors import AllProvidersFailed, NoEdit, NoMatch
from aion_r.providers.forms import FAILURES, Forms
from aion_r.providers.registry import configured
from support.fixes import FIX, PATCH, REQUEST, chain_of, environment_of
from support.replies import Answer, Status
from support.scripted_server import PATHS, ScriptedServer

INVENTED = "basket.py\n```\n<<<<<<< SEARCH\nif x:\n=======\nif y:\n>>>>>>> REPLACE\n```"
(SPEC,) = configured(environment_of({"OPENAI_API_KEY": "sk-0000000000000002"}))
(OTHER,) = configured(environment_of({"OPENAI_API_KEY": "sk-0000000000000002", "OPENAI_MODEL": "another"}))


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


CHAT = "You should look at the limit in basket.py, it is one off."
EDIT = {"path": "basket.py", "search": "a", "replace": "b"}
CALLED = Answer(tool=("write_edits", {"cause": "The limit is one off.", "edits": [EDIT]}))


def read(answer: str) -> Patch:
    if "if x:" in answer:
        raise NoMatch("these lines are not in basket.py")
    if answer == CHAT or '"edits": []' in answer:
        raise NoEdit("the answer holds no edit")
    return PATCH


def asked_for(server: ScriptedServer) -> list[str]:
    systems = [call.json["messages"][0]["content"] for call in server.calls()]
    words = {"holds the whole new file": "whole", "calling write_edits": "structured", "<<<<<<< SEARCH": "edits"}
    return [next(form for word, form in words.items() if word in text) for text in systems]


def ask(server: ScriptedServer, home: Path, request=REQUEST, provider: str = "openai") -> Proposal | None:
    async def once() -> Proposal | None:
        chain = chain_of(server.environment(provider), read=read, home=home)
        try:
            return await chain.propose(request)
        except AllProvidersFailed:
            return None
        finally:
            await chain.aclose()

    return asyncio.run(once())


def test_after_two_answers_that_do_not_apply_whole_files_are_asked_for(server: ScriptedServer, tmp_path: Path) -> None:
    server.reply("openai", INVENTED, INVENTED, FIX)
    for _ in range(3):  # three runs: it is remembered
        ask(server, tmp_path)
    assert asked_for(server) == ["edits", "edits", "whole", "whole", "whole"]  # at once, and from then on
    third = [message["role"] for message in server.calls()[2].json["messages"]]
    assert third == ["system", "user"], "a new question: what failed twice is no help"
    assert "SEARCH" not in server.calls()[-1].json["messages"][0]["content"]


def test_an_excerpt_cannot_be_written_as_a_whole_file(server: ScriptedServer, tmp_path: Path) -> None:
    server.reply("openai", INVENTED, INVENTED, FIX)
    ask(server, tmp_path)
    excerpt = replace(REQUEST.sources[0], whole=False, first_line=10)
    ask(server, tmp_path, replace(REQUEST, sources=(excerpt,)))
    assert asked_for(server) == ["edits", "edits", "whole", "edits"]


@pytest.mark.parametrize("folder", [True, False])
def test_only_what_tells_of_the_form_counts(tmp_path: Path, folder: bool) -> None:
    forms = Forms(tmp_path if folder else None)
    for _ in range(3):
        forms.failed(SPEC, "no idea", NoEdit("there is no edit"))
        forms.failed(SPEC, "a whole file", NoMatch("binary"))
        forms.failed(SPEC, INVENTED, NoMatch("not there"))
        forms.applied(SPEC)  # one of two is no habit
    assert forms.of(SPEC) == "edits"
    for _ in range(FAILURES):
        forms.failed(SPEC, INVENTED, NoMatch("not there"))
    assert (forms.of(SPEC), forms.of(OTHER)) == ("whole", "edits")
    assert Forms(forms.folder).of(SPEC) == ("whole" if folder else "edits")


def test_whole_files_that_fail_too_lead_back(tmp_path: Path) -> None:
    forms = Forms(tmp_path)
    for _ in range(FAILURES):
        forms.failed(SPEC, INVENTED, NoMatch("not there"))
    for _ in range(FAILURES):
        assert forms.of(SPEC) == "whole"
        forms.failed(SPEC, "```\nhalf a file", NoEdit("does not parse"))
    assert forms.of(SPEC) == "edits"


@pytest.mark.parametrize("provider", list(PATHS))
def test_a_model_that_only_talks_is_given_a_function_to_call(
    server: ScriptedServer, tmp_path: Path, provider: str
) -> None:
    server.reply(provider, CHAT, CHAT, CALLED)
    assert ask(server, tmp_path, provider=provider) is None
    proposal = ask(server, tmp_path, provider=provider)
    assert proposal and (proposal.patch, proposal.explanation) == (PATCH, "The limit is one off.")
    assert asked_for(server) == ["edits", "edits", "structured"]
    first, _, last = (call.json for call in server.calls())
    assert "tools" not in first and last["tools"][0]["function"]["name"] == "write_edits"
    assert last["tool_choice"]["function"]["name"] == "write_edits"


def test_a_call_without_edits_is_objected_to_as_a_call(server: ScriptedServer, tmp_path: Path) -> None:
    server.reply("openai", CHAT, CHAT, Answer(tool=("write_edits", {"cause": "none", "edits": []})), CALLED)
    ask(server, tmp_path)
    assert ask(server, tmp_path)
    *_, call, objection = server.calls()[-1].json["messages"]
    assert call["tool_calls"][0]["id"] == objection["tool_call_id"] and "no edit" in objection["content"]


def test_a_service_without_functions_is_asked_for_blocks_again(server: ScriptedServer, tmp_path: Path) -> None:
    server.reply("openai", CHAT, CHAT, Status(400, message="tools are not supported"), FIX)
    ask(server, tmp_path)
    assert ask(server, tmp_path)
    assert asked_for(server) == ["edits", "edits", "structured", "edits"]
    ask(server, tmp_path, replace(REQUEST, feedback="another question"))
    assert asked_for(server)[-1] == "edits"
