"""``generate`` and ``generate_code`` from Python: what servers and programs call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from aion_r import AutocorrectionCycle, Generated, GeneratedCode, generate_code
from aion_r.api.generation import generate
from aion_r.core.errors import AllProvidersFailed, ProviderError, UsageError
from aion_r.core.settings import Environment, Source
from support.generations import PYTHON, PYTHON_TESTS, SAMPLES, answer
from support.replies import Hang, Status
from support.scripted_server import ScriptedServer

SAMPLE = SAMPLES["pytest"]


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """``test`` to its end in an event loop of its own."""

    @wraps(test)
    def run(**given: Any) -> None:
        asyncio.run(test(**given))

    return run


@in_loop
async def test_what_comes_back(server: ScriptedServer, environment: Environment) -> None:
    server.reply("openai", SAMPLE.answer)
    events: list[dict[str, Any]] = []
    made = await generate("A stack", language="python", environment=environment, emit=events.append)
    assert isinstance(made, Generated) and isinstance(made.code, GeneratedCode)
    assert (made.code.language, made.code.framework, made.code.code) == ("python", "pytest", PYTHON)
    assert set(made.code.files) == {"stack.py", "pyproject.toml"} and made.made == {"pyproject.toml"}
    assert made.code.tests == {"test_stack.py": PYTHON_TESTS}
    assert (made.provider, made.model, made.usage.input_tokens) == ("openai", "gpt-4o-mini", 100)
    assert made.cost is not None and made.cost > 0
    assert [(event["event"], event["provider"], event["ok"]) for event in events] == [("call", "openai", True)]
    assert json.loads(json.dumps(made.to_dict())) == made.to_dict()
    assert server.idle()


def test_the_loop_takes_it_as_it_is(server: ScriptedServer, environment: Environment) -> None:
    server.reply("openai", SAMPLE.answer, SAMPLE.fix)
    made = generate_code("A stack", environment=environment, model="gpt-4o")
    assert made.model == "gpt-4o"
    result = AutocorrectionCycle(environment=environment, providers=["openai"]).run_autocorrection(code=made.code)
    assert (result.success, result.initial_test_results.failed_tests) == (True, 1)
    assert result.final_code == SAMPLE.mended


@in_loop
async def test_inside_a_running_event_loop(server: ScriptedServer, environment: Environment) -> None:
    server.reply("openai", SAMPLE.answer)
    assert generate_code("A stack", environment=environment).code.code == PYTHON


@in_loop
async def test_a_model_of_ones_own(environment: Environment) -> None:
    from langchain_core.language_models import FakeListChatModel

    nobody = Environment((Source("test", {}),))
    legs = {"local": FakeListChatModel(responses=[SAMPLE.answer])}
    made = await generate("A stack", environment=nobody, legs=legs)
    assert (made.provider, made.code.code, made.cost) == ("local", PYTHON, None)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"language": "perl"}, "unknown language"),
        ({"framework": "vitest", "language": "python"}, "vitest does not test python"),
        ({"budget_usd": -1}, "budget-usd"),
        ({"providers": ("nobody",)}, "unknown provider nobody"),
        ({"environment": Environment((Source("test", {}),))}, "No LLM providers configured"),
        ({"requirements": ""}, "empty"),
    ],
)
@in_loop
async def test_errors_of_our_own(environment: Environment, wanted: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"requirements": "A stack", "environment": environment} | wanted
    with pytest.raises(UsageError, match=said):
        await generate(**given)


@in_loop
async def test_useless_answers_end_in_an_error_with_the_reason(
    server: ScriptedServer, environment: Environment
) -> None:
    server.reply("openai", "No.")
    with pytest.raises(AllProvidersFailed, match="Write each file's path alone") as caught:
        await generate("A stack", environment=environment)
    assert [record.ok for record in caught.value.records] == [False, False]


@in_loop
async def test_late_and_cancelled(server: ScriptedServer, environment: Environment) -> None:
    server.reply("openai", Hang())
    with pytest.raises(ProviderError, match=r"time limit of 0\.3 s") as caught:
        await generate("A stack", environment=environment, time_limit=0.3)
    assert caught.value.exit_code == 4
    before = len(server.calls())
    asked = asyncio.create_task(generate("A stack", environment=environment))
    while len(server.calls()) == before:
        await asyncio.sleep(0.01)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert await asyncio.to_thread(server.calls()[before].disconnected.wait, 5)


@in_loop
async def test_many_at_once(server: ScriptedServer, environment: Environment) -> None:
    server.reply("openai", lambda asked: SAMPLES["go" if "go code" in str(asked["messages"]) else "pytest"].answer)
    made = await asyncio.gather(
        *(generate("A", language=name, environment=environment) for name in ("go", "python") * 4)
    )
    assert [one.code.language for one in made] == ["go", "python"] * 4
    assert all(one.usage.input_tokens == 100 for one in made)


@in_loop
async def test_what_it_costs_counts_every_call(server: ScriptedServer, environment: Environment) -> None:
    server.reply("openai", answer({"stack.py": PYTHON}), Status(429, {"Retry-After": "0"}), SAMPLE.answer)
    made = await generate("A stack", environment=environment)
    assert [call.ok for call in made.calls] == [False, False, True]
    assert made.usage.input_tokens == 200


def test_final_code_of_a_file_that_is_listed_twice(tmp_path: Path, environment: Environment) -> None:
    files = {"stack.py": SAMPLE.mended, "other.py": "x = 1\n"}
    code = GeneratedCode("python", "pytest", code=SAMPLE.mended, files=files, tests=PYTHON_TESTS)
    result = AutocorrectionCycle(environment=environment, providers=["offline"]).run_autocorrection(
        str(tmp_path / "new"), code=code
    )
    assert (result.success, result.final_code) == (True, SAMPLE.mended)
    names = [path.name for path in (tmp_path / "new").iterdir() if not path.name.startswith((".", "_"))]
    assert sorted(names) == ["other.py", "stack.py", "test_main.py"]
