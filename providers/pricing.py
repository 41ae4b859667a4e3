"""What tokens cost, from the table that the ``genai-prices`` package ships. Nothing is fetched."""

from __future__ import annotations

from functools import lru_cache

from ..core.domain import Usage
from .registry import LegSpec

GENEROUS_WINDOW = 131_072
"""Where the table knows no context: a call too many is better than none."""


def priced(spec: LegSpec, usage: Usage) -> Usage:
    """``usage`` with its cost in US dollars, ``None`` where the model's price is unknown."""
    return Usage(usage.input_tokens, usage.output_tokens, cost_usd(spec, usage.input_tokens, usage.output_tokens))


def cost_usd(spec: LegSpec, input_tokens: int, output_tokens: int) -> float | None:
    """The list price of so many tokens, ``None`` where it is unknown. At an address of one's own it is an estimate."""
    if not spec.row.prices:
        return None
    import genai_prices

    tokens = genai_prices.Usage(input_tokens=input_tokens, output_tokens=output_tokens)
    try:
        return float(genai_prices.calc_price(tokens, spec.model, provider_id=spec.row.prices).total_price)
    except LookupError:
        return None


def context_window(spec: LegSpec) -> int:
    """Tokens that the model of ``spec`` takes, prompt and answer together; generous where the table does not say."""
    return _window(spec.row.prices, spec.model)


@lru_cache(maxsize=256)
def _window(prices: str, model: str) -> int:
    from genai_prices.data_snapshot import get_snapshot

    try:
        _, found = get_snapshot().find_provider_model(model, None, prices or None, None)
    except LookupError:
        return GENEROUS_WINDOW
    return found.context_window or GENEROUS_WINDOW
