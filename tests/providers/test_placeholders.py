"""Secrets leave as placeholders and come back as themselves, in their own places only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aion_r.providers.masking import secrets_in
from aion_r.providers.placeholders import Placeholders

KEY = "AKIAQ7LX2MZN4TPRW6VD"
PEM_LINES = ("MIIEpAIBAAKCAQEA1c7", "Zm9vYmFyYmF6cXV4cXV1eA==")
PEM = "-----BEGIN RSA PRIVATE KEY-----\n" + "\n".join(PEM_LINES) + "\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f'aws = "{KEY}"', KEY),
        ("hf_abcdefghij0123456789", "hf_abcdefghij0123456789"),
        ("key: ghp_0123456789abcdefghij", "ghp_0123456789abcdefghij"),
        ("sk_live_0123456789abcdefgh", "sk_live_0123456789abcdefgh"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl"),
        ("Authorization: Bearer a1b2c3d4e5f6g7h8i9j0k1", "a1b2c3d4e5f6g7h8i9j0k1"),
        ("postgres://app:hunter2hunter@db/x", "hunter2hunter"),
        ("password = 'Tr0ub4dor&3'", "Tr0ub4dor&3"),
        ('"client_secret": "a9f8-77aa-0b"', "a9f8-77aa-0b"),
        ("const apiKey = `Zx81-aa09-Q`;", "Zx81-aa09-Q"),
        ('const dbPassword string = "Zx81-aa09-Q"', "Zx81-aa09-Q"),
        ('let api_key: &str = "Zx81aa09Q";', "Zx81aa09Q"),
        ('password: str = "Zx81aa09Q"', "Zx81aa09Q"),
        ('headers["auth_token"] = "Zx81aa09Q"', "Zx81aa09Q"),
    ],
)
def test_secrets_are_seen(text: str, secret: str) -> None:
    assert secrets_in(text) == (secret,)


@pytest.mark.parametrize(
    "text",
    [
        'Token(token="identifier")',
        'token_type = "access_token"',
        "password = 'short'",
        'if token == "a9f8b7c6d5":',
        'SECRET_NAME = "my-app/database"',
        'password = os.environ["DB_PASSWORD1"]',
        'password = "{password1}"',
        'token = "<your-token-1>"',
        'api_key = "your-api-key-1"',
        "http://localhost:8080/a@b",
        "tokens = ['a1', 'b2']",
        "from hub import hf_raise_for_status",
        "re.compile(r'(://[^:]*:)[^/@]+@')",
    ],
)
def test_code_is_no_secret(text: str) -> None:
    assert secrets_in(text) == ()


def test_there_and_back_again_line_by_line() -> None:
    secrets = Placeholders((("a-known-value", "OPENAI_API_KEY"),))
    text = f'a = "{KEY}"\nb = "{KEY}"\nc = "a-known-value"\nd = """{PEM}"""\n'
    masked = secrets.mask(text)
    assert not any(one in masked for one in (KEY, "a-known-value", *PEM_LINES))
    assert masked.count("\n") == text.count("\n")
    assert secrets.mask(masked) == masked
    assert secrets.unmask(masked) == text


def test_a_record_is_masked_where_only_another_text_shows_the_secret() -> None:
    secrets = Placeholders()
    record = {"said": ["got Tr0ub4dor&3"], "source": "password = 'Tr0ub4dor&3'", "line": 3}
    assert secrets.mask_record(record) == {"said": ["got <secret-1>"], "source": "password = '<secret-1>'", "line": 3}


def test_a_placeholder_that_a_text_holds_itself_is_left_alone() -> None:
    secrets = Placeholders()
    text = f'doc = "<secret-1>"\nkey = "{KEY}"\n'
    assert secrets.mask(text) == 'doc = "<secret-1>"\nkey = "<secret-2>"\n'
    assert secrets.unmask(secrets.mask(text)) == text


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (f"k = {KEY}", f"k = {KEY}\nx", None),
        (f"k = {KEY}", "k = env()", None),
        (f"k = {KEY}", f"k = {KEY}\nprint({KEY})", "nowhere else"),
        (None, f"k = {KEY}", "nowhere else"),
        ("x = 1", "x = <secret-7>", "stands for nothing"),
        ("x = <secret-7>", "y = <secret-7>", None),
        ("x", None, None),
    ],
)
def test_where_a_secret_may_stand(before: str | None, after: str | None, reason: str | None) -> None:
    secrets = Placeholders()
    secrets.mask(KEY)
    said = secrets.misplaced(*(text.encode() if text is not None else None for text in (before, after)))
    assert said is None if reason is None else said is not None and reason in said and KEY not in said


@given(st.text(max_size=200), st.sampled_from([KEY, PEM, "password = 'Tr0ub4dor&3'", "<secret-1>", "<secret-2>"]))
def test_any_text_comes_back(text: str, secret: str) -> None:
    secrets = Placeholders()
    whole = f"{text}\n{secret}\n{text}"
    assert secrets.unmask(secrets.mask(whole)) == whole
