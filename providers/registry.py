"""The five services as data: one row each, and what an environment makes of them. Imports no LangChain: it is cheap.

A new provider is one row here and one file with ``build(spec, options)`` beside it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from pydantic import SecretStr

from ..core.errors import UsageError
from ..core.settings import PROVIDER_NAMES, Environment

if TYPE_CHECKING:
    from .clients import CallOptions, Chat, ChatBuild

OFFLINE = "offline"
NOT_SET = "not set"
_PLACEHOLDER_KEY = "no-key-needed"
_ACCOUNT = "CLOUDFLARE_ACCOUNT_ID"


@dataclass(frozen=True)
class Provider:
    """One service. ``key_names`` are variables that may hold its key, best first; ``prices`` names its price list."""

    name: str
    title: str
    key_names: tuple[str, ...]
    model_name: str
    default_model: str
    base_url_name: str
    default_base_url: str
    prices: str = ""
    keyless: bool = False
    """Whether a base address alone configures it (a local server)."""
    account_name: str = ""
    """Variable of the account id that the default address contains."""
    vision: bool = False
    models_at: str = "{base}/models"
    """Where the list of models is; ``{base}`` is the base address, ``{parent}`` the same without its last part."""

    @property
    def variables(self) -> str:
        """What to set, in words."""
        key = " or ".join(self.key_names)
        return f"{key} with {self.account_name}" if self.account_name else key


PROVIDERS = {
    row.name: row
    for row in (
        Provider(
            "groq",
            "Groq",
            ("GROQ_API_KEY",),
            "GROQ_MODEL",
            "openai/gpt-oss-120b",
            "GROQ_BASE_URL",
            "https://api.groq.com/openai/v1",
            prices="groq",
        ),
        Provider(
            "openai",
            "OpenAI",
            ("OPENAI_API_KEY",),
            "OPENAI_MODEL",
            "gpt-4o-mini",
            "OPENAI_BASE_URL",
            "https://api.openai.com/v1",
            prices="openai",
            keyless=True,
            vision=True,
        ),
        Provider(
            "github",
            "GitHub Models",
            ("GITHUB_TOKEN",),
            "GITHUB_MODELS_MODEL",
            "openai/gpt-4o-mini",
            "GITHUB_MODELS_BASE_URL",
            "https://models.github.ai/inference",
            vision=True,
            models_at="{parent}/catalog/models",
        ),
        Provider(
            "huggingface",
            "Hugging Face",
            ("HUGGINGFACE_API_KEY", "HF_TOKEN"),
            "HUGGINGFACE_MODEL",
            "openai/gpt-oss-120b",
            "HUGGINGFACE_BASE_URL",
            "https://router.huggingface.co/v1",
        ),
        Provider(
            "cloudflare",
            "Cloudflare Workers AI",
            ("CLOUDFLARE_API_KEY",),
            "CLOUDFLARE_MODEL",
            "@cf/meta/llama-3.1-8b-instruct-fast",
            "CLOUDFLARE_BASE_URL",
            "https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1",
            prices="cloudflare",
            account_name=_ACCOUNT,
            models_at="{parent}/models/search",
        ),
    )
}
"""Every service by name, in the order of preference."""


class Own(Protocol):
    """A chat model that the user brings along: see ``providers.own``."""

    @property
    def row(self) -> Provider:
        """What would stand in the table above."""
        ...

    def build(self, spec: LegSpec, options: CallOptions) -> Chat:
        """It, ready to be called."""
        ...


@dataclass(frozen=True)
class LegSpec:
    """One service as an environment configures it. A ``problem`` says why it cannot be used; else it is ready."""

    provider: str
    title: str
    model: str
    base_url: str
    key: SecretStr | None = field(default=None)
    key_name: str = ""
    own_address: bool = False
    """Whether the base address was given, instead of the service's own."""
    problem: str = ""
    own: Own | None = field(default=None, repr=False)
    """The user's own chat model, where it is none of the five services."""

    @property
    def row(self) -> Provider:
        """The service's row."""
        return self.own.row if self.own else PROVIDERS[self.provider]

    @property
    def secret(self) -> str:
        """What to send as the key: a server of one's own that asks for none gets a word that says so."""
        return self.key.get_secret_value() if self.key else _PLACEHOLDER_KEY

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What its health belongs to: service, address, a fingerprint of the key, model."""
        return self.provider, self.base_url, hashlib.sha256(self.secret.encode()).hexdigest()[:12], self.model

    def builder(self) -> ChatBuild:
        """The service's ``build`` function. Imports its LangChain integration, which costs a second or two."""
        if self.own:
            return self.own.build
        module: Any = import_module(f".{self.provider}", __package__)
        build: ChatBuild = module.build
        return build


def survey(
    environment: Environment, order: Sequence[str] | None = None, model: str | None = None
) -> tuple[LegSpec, ...]:
    """Every service of ``order`` (all, in the order of preference, by default), usable or with its ``problem``.

    ``model`` replaces the model of every leg; ``provider:model`` that of one. Raises ``UsageError`` for unknown names.
    """
    names = list(dict.fromkeys(order)) if order is not None else list(PROVIDERS)
    unknown = [name for name in names if name not in PROVIDER_NAMES]
    if unknown:
        raise UsageError(f"unknown provider {', '.join(unknown)}: choose from {', '.join(PROVIDER_NAMES)}")
    return tuple(with_model(_spec(environment, PROVIDERS[name]), model) for name in names if name != OFFLINE)


def configured(
    environment: Environment, order: Sequence[str] | None = None, model: str | None = None
) -> tuple[LegSpec, ...]:
    """The services that can be called, in order."""
    return tuple(spec for spec in survey(environment, order, model) if not spec.problem)


def with_model(spec: LegSpec, model: str | None) -> LegSpec:
    """``spec`` with another model: any service's for ``model``, one service's for ``provider:model``."""
    if spec.own:
        return spec
    provider, colon, name = (model or "").partition(":")
    if not colon or provider not in PROVIDERS:
        provider, name = spec.provider, model or ""
    return replace(spec, model=name) if name and provider == spec.provider else spec


def _spec(environment: Environment, row: Provider) -> LegSpec:
    key, key_name = _key(environment, row)
    given = environment.address_for(row.key_names, row.base_url_name)
    address, problem = _address_and_problem(environment, row, given)
    if key is None and not (row.keyless and given):
        problem = NOT_SET
    return LegSpec(
        provider=row.name,
        title=row.title,
        model=environment.get(row.model_name) or row.default_model,
        base_url=address,
        key=key,
        key_name=key_name or row.key_names[0],
        own_address=given is not None,
        problem=problem or _key_problem(key, key_name),
    )


def _key(environment: Environment, row: Provider) -> tuple[SecretStr | None, str]:
    for source in environment.sources:
        for name in row.key_names:
            value = source.values.get(name, "").strip()
            if value:
                return SecretStr(value), name
    return None, ""


def _key_problem(key: SecretStr | None, name: str) -> str:
    if key is None or re.fullmatch(r"[\x21-\x7e]+", key.get_secret_value()):
        return ""
    return f"{name} holds a space, a line break or a character that no key has: paste it again, on one line"


def _address_and_problem(environment: Environment, row: Provider, given: str | None) -> tuple[str, str]:
    if given is not None:
        address = given.rstrip("/").removesuffix("/chat/completions")
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and parts.hostname
        return address, "" if good else f"{row.base_url_name} is not an address that starts with http:// or https://"
    if not row.account_name:
        return row.default_base_url, ""
    account = environment.get(row.account_name) or ""
    if re.fullmatch(r"[0-9A-Za-z_-]+", account):
        return row.default_base_url.format(account=account), ""
    problem = "holds characters that no account id has" if account else "is not set; the key alone is not enough"
    return row.default_base_url, f"{row.account_name} {problem}"
