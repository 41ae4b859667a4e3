"""What the commands that put one question to a model have in common: the chain, and an account of its calls."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.codec import dump
from ...core.documents import provider_rows
from ...core.domain import CallRecord, Usage
from ...core.errors import UsageError
from ...core.settings import Environment, Settings, load_settings, read_environment
from ...providers.registry import LegSpec, survey
from ...providers.startup import startup_lines
from ..screen.narration import count, money
from ..screen.terminal import Line

if TYPE_CHECKING:
    from ...providers.llm import FallbackChat


@dataclass(frozen=True)
class Account:
    """The calls of one command."""

    calls: list[CallRecord] = field(default_factory=list)

    @property
    def document(self) -> dict[str, Any]:
        """``providers`` and ``usage`` as in the result of ``fix``."""
        usage = sum((call.usage for call in self.calls), Usage())
        return {"providers": provider_rows(self.calls), "usage": dump(usage) | {"llm_calls": len(self.calls)}}

    @property
    def line(self) -> Line:
        """Who answered, and what it cost."""
        usage = sum((call.usage for call in self.calls), Usage())
        who = next((f"{call.provider} ({call.model})" for call in reversed(self.calls) if call.ok), "nobody")
        tokens = count(usage.input_tokens + usage.output_tokens, "token")
        calls = count(len(self.calls), "call")
        return ((f"{who}, {calls}, {tokens}, {money(usage.cost_usd)}", "dim"),)


@dataclass(frozen=True)
class Conversation:
    """A chain as the current folder configures it."""

    environment: Environment
    settings: Settings
    llm: FallbackChat
    account: Account


def none_configured(specs: Sequence[LegSpec]) -> str:
    """That nobody can be asked, and every variable that could be set."""
    lines = startup_lines(specs, offline=False)
    return "\n".join(line for line in lines if not line.startswith("Going on offline"))


def converse(**wanted: Any) -> Conversation:
    """The chain that ``wanted``, of the settings, make.

    Raises ``UsageError``, with every variable that could be set, where there is none.
    """
    folder = Path.cwd()
    environment = read_environment(folder)
    settings = load_settings(folder, environment, **wanted)
    specs = survey(environment, settings.providers, settings.model)
    if all(spec.problem for spec in specs):
        raise UsageError(none_configured(specs))
    ready = [spec.provider for spec in specs if not spec.problem]
    print(f"Asking {', then '.join(ready)}.", file=sys.stderr)
    from ...providers.clients import CallOptions
    from ...providers.llm import create_llm

    account = Account()
    llm = create_llm(
        only=settings.providers,
        environment=environment,
        model=settings.model,
        options=CallOptions.of(settings),
        on_call=account.calls.append,
        budget_usd=settings.budget_usd,
        budget_tokens=settings.budget_tokens,
    )
    return Conversation(environment, settings, llm, account)
