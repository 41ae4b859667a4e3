"""Services behind TLS: no key goes to one whose certificate is not trusted, and one that the user trusts is asked."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from aion_r.core.domain import CallRecord, ErrorKind
from aion_r.core.errors import AllProvidersFailed
from aion_r.providers import clients
from aion_r.providers.clients import CallOptions
from aion_r.providers.cooldown import Cooldown
from aion_r.providers.llm import create_llm
from support.fixes import environment_of
from support.scripted_server import PATHS, ScriptedServer

ONCE = CallOptions(patience=0)


def service(authority: trustme.CA, *names: str) -> ScriptedServer:
    """One that shows a certificate of ``authority`` for ``names``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return ScriptedServer(tls=context)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The user trusts ``authority``, as one does behind a gateway."""
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    clients._trusted.cache_clear()
    yield
    clients._trusted.cache_clear()


def failure(server: ScriptedServer, provider: str) -> CallRecord:
    """The one call that ``provider`` got, which failed."""
    records: list[CallRecord] = []
    environment = environment_of(server.environment(provider))
    llm = create_llm(
        only=[provider], environment=environment, cooldown=Cooldown(), on_call=records.append, options=ONCE
    )
    with pytest.raises(AllProvidersFailed):
        llm.invoke("x")
    llm.close()
    assert len(records) == 1
    return records[0]


@pytest.mark.parametrize("provider", list(PATHS))
def test_a_stranger_gets_no_key(provider: str, authority: trustme.CA) -> None:
    with service(authority, "127.0.0.1") as server:
        server.reply(provider, "never asked")
        error = failure(server, provider).error
        assert not server.requests
    assert error and error.kind is ErrorKind.UNREACHABLE
    assert "certificate" in error.message and "SSL_CERT_FILE" in error.message


@pytest.mark.parametrize("provider", list(PATHS))
def test_another_host_s_certificate_is_none(provider: str, authority: trustme.CA, trusted: None) -> None:
    with service(authority, "example.org") as server:
        server.reply(provider, "never asked")
        error = failure(server, provider).error
        assert not server.requests
    assert error and error.kind is ErrorKind.UNREACHABLE and "certificate" in error.message


@pytest.mark.parametrize("provider", list(PATHS))
def test_an_authority_that_the_user_trusts(provider: str, authority: trustme.CA, trusted: None) -> None:
    with service(authority, "127.0.0.1") as server:
        server.reply(provider, "good answer")
        llm = create_llm(only=[provider], environment=environment_of(server.environment(provider)), cooldown=Cooldown())
        assert llm.invoke("x").text == "good answer"
        llm.close()
