"""The services for direct use: a LangChain runnable that asks one leg after the other until one answers.

::

    llm = create_llm()
    llm.invoke("Why is the sky blue?").text
    llm.generate(LLMRequest("Why?", system_prompt="Answer in one word.")).provider
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ..core.codec import dump
from ..core.domain import CallRecord
from ..core.errors import UsageError
from ..core.settings import Environment, load_settings
from ..core.watching import watch_calls
from .account import Account
from .admission import Shared
from .clients import CallOptions
from .cooldown import Cooldown
from .fallback_chat import FallbackChat
from .own import OwnLegs, arranged, own_specs, services_of
from .pace import Pace
from .registry import LegSpec, configured
from .reply import Watch
from .requests import Defect, LLMRequest, LLMResponse
from .rotation import Configuration

__all__ = ["Defect", "FallbackChat", "LLMRequest", "LLMResponse", "create_llm"]


def create_llm(
    order: Sequence[str] | None = None,
    only: Sequence[str] | None = None,
    environment: Environment | None = None,
    *,
    legs: OwnLegs = (),
    model: str | None = None,
    options: CallOptions | None = None,
    on_call: Callable[[CallRecord], None] = lambda record: None,
    cooldown: Cooldown | None = None,
    budget_usd: float | None = None,
    budget_tokens: int | None = None,
) -> FallbackChat:
    """The services that ``environment`` (by default the process's and ``.env`` here) configures, as one chat model.

    ``order`` sets who is asked first, the others following; ``only`` leaves all other services out. ``legs`` are chat
    models of your own: they are asked first unless ``order`` or ``only`` names them elsewhere. ``model`` replaces the
    services' models. With no ``environment`` a key that changes is seen at the next question. A call that may exceed a
    budget is not made. Raises ``UsageError`` for unknown names, budgets that are not above 0, and when nothing is
    configured.
    """
    if any(budget is not None and budget <= 0 for budget in (budget_usd, budget_tokens)):
        raise UsageError("a budget must be above 0")
    own = own_specs(legs)

    def choose(environment: Environment) -> tuple[LegSpec, ...]:
        configured(environment, services_of(order, own))  # for its complaint about unknown names
        services = configured(environment, services_of(only, own), model)
        specs = arranged(own, services, only if order is None else order)
        if not specs:
            raise UsageError("No LLM providers configured. Set API keys in environment variables.")
        return specs

    configuration = Configuration(choose, environment, Path.cwd())
    options = options or CallOptions.of(load_settings(environment=configuration.environment))
    health = Shared(cooldown, Pace()) if cooldown else Shared()
    shared = replace(health, account=Account(budget_usd, budget_tokens))
    tell = watch_calls()

    def called(record: CallRecord) -> None:
        tell({"event": "call"} | dump(record))
        on_call(record)

    def asking(provider: str, model: str) -> None:
        tell({"event": "asking", "provider": provider, "model": model})

    return FallbackChat(configuration, options, Watch(called, asking), shared)
