"""Pairs to tune with: what is taken out of them, how they are put apart, how the tuned model is called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aion_r.core.domain import ErrorKind
from aion_r.core.errors import ProviderError
from aion_r.core.settings import Environment, Source
from aion_r.providers.clients import is_reasoning
from aion_r.providers.masking import scrub
from aion_r.providers.pairs import Pair, deduplicated, split
from aion_r.providers.registry import configured
from aion_r.providers.tuning import Tuning, Uploaded
from support.tuning_server import TuningServer

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"key = '''{PEM}'''", "key = '''[key]'''"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEow", "[key]"),
        ("AIzaSyA1234567890123456789012345678901", "[key]"),
        ("xoxb-1234567890-abcdef", "[key]"),
        ("Authorization: Bearer abcdefghijklmnop.qrst==", "Authorization: Bearer [token]"),
        ("API_TOKEN: 'a-long-value'", "API_TOKEN: '[secret]'"),
        ('{"client_secret": "a-long-value"}', '{"client_secret": "[secret]"}'),
        ("redis://:hunter2@cache:6379", "redis://:[password]@cache:6379"),
        ("write to ann.o'neil@mail.corp.net", "write to ann.o'someone@example.com"),
    ],
)
def test_what_looks_like_a_secret_goes(text: str, expected: str) -> None:
    assert scrub(text, ()) == expected


@pytest.mark.parametrize(
    "text",
    [
        "token = lexer.next_token()",
        "tokens: list[str] = []",
        "@app.route('/users/<name>')",
        "if password == 'short':",
        "url = 'http://localhost:8080/a@b'",
        "a @ b.T",
        "sk = 3; basic_rate = 1",
        "someone@example.com",
    ],
)
def test_code_stays_code(text: str) -> None:
    assert scrub(text, ()) == text


def pairs_of(failures: list[int]) -> tuple[Pair, ...]:
    return tuple(Pair("s", f"u{number}", "a", f"f{failure}", f"p{number}") for number, failure in enumerate(failures))


@given(st.lists(st.integers(0, 8), max_size=30), st.floats(0, 0.99), st.integers())
def test_a_split_loses_nothing_and_shares_no_failure(failures: list[int], share: float, seed: int) -> None:
    pairs = pairs_of(failures)
    parts = split(pairs, share, seed)
    assert sorted(one.user for one in parts.train + parts.validation) == sorted(one.user for one in pairs)
    assert {one.failure for one in parts.train}.isdisjoint(one.failure for one in parts.validation)
    assert bool(parts.train) == bool(pairs)
    assert parts == split(pairs, share, seed)
    if share == 0:
        assert parts.validation == ()


def test_the_first_of_equal_pairs_stays() -> None:
    first, other = Pair("s", "u", "one", "f", "p"), Pair("s", "u", "other", "f", "q")
    assert deduplicated([first, other, Pair("s", "u", "again", "f", "p")]) == (first, other)


@pytest.fixture
def server() -> Iterator[TuningServer]:
    with TuningServer() as running:
        yield running


def environment(variables: dict[str, str]) -> Environment:
    return Environment((Source("test", variables),))


def test_a_job_on_files_that_are_not_there(server: TuningServer) -> None:
    with pytest.raises(ProviderError, match="invalid training_file") as raised:
        Tuning(environment(server.environment)).start(Uploaded("file-9"), "gpt-4o-mini-2024-07-18")
    assert raised.value.kind is ErrorKind.BAD_REQUEST


def test_nobody_there(tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text("{}\n")
    nowhere = {"OPENAI_API_KEY": "sk-nobodyhere0000001", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    with pytest.raises(ProviderError) as raised:
        Tuning(environment(nowhere)).upload(tmp_path / "pairs.jsonl")
    assert raised.value.kind is ErrorKind.UNREACHABLE


def test_the_key_goes_only_where_its_own_source_leads(server: TuningServer, tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text("{}\n")
    key = Source("environment", {"OPENAI_API_KEY": "sk-fromtheprocess001", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"})
    project = Source(".env", {"OPENAI_BASE_URL": server.environment["OPENAI_BASE_URL"]})
    with pytest.raises(ProviderError):
        Tuning(Environment((key, project))).upload(tmp_path / "pairs.jsonl")
    assert server.keys == set()


def test_a_tuned_model_is_used_as_any_other() -> None:
    (spec,) = configured(environment({"OPENAI_API_KEY": "sk-a00000001", "OPENAI_MODEL": "ft:gpt-4o-mini:me::1"}))
    assert spec.model == "ft:gpt-4o-mini:me::1"
    assert (
        configured(environment({"OPENAI_API_KEY": "sk-a00000001"}), model="openai:ft:x:me::1")[0].model == "ft:x:me::1"
    )
    assert is_reasoning("ft:o4-mini-2025-04-16:me::1") and not is_reasoning("ft:gpt-4o-mini:o1::1")
