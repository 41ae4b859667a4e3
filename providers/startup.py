"""What to say at the start of a run: who will be asked, and what is set up wrongly."""

from __future__ import annotations

from collections.abc import Sequence

from .registry import NOT_SET, OFFLINE, PROVIDERS, LegSpec


def startup_lines(specs: Sequence[LegSpec], offline: bool = True) -> list[str]:
    """Each service initialised, those set up wrongly, and a line with all that are there.

    ``specs`` come from ``survey`` (then faulty keys are explained) or ``configured``; ``offline`` says whether the
    search without a model stands behind them.
    """
    ready = [spec for spec in specs if not spec.problem]
    lines = [f"{spec.title} initialised: model {spec.model}{_address(spec)}" for spec in ready]
    lines += [f"{spec.title} not used: {spec.problem}" for spec in specs if spec.problem not in ("", NOT_SET)]
    if ready:
        return [*lines, "Available providers: " + ", ".join([spec.provider for spec in ready] + [OFFLINE] * offline)]
    lines.append("No LLM providers configured. Set API keys in environment variables.")
    lines += [f"  {row.title}: {row.variables}" for row in PROVIDERS.values()]
    return [*lines, "Going on offline: the built-in search looks for a fix."]


def _address(spec: LegSpec) -> str:
    return f" at {spec.base_url}" if spec.own_address else ""
