"""Whether each configured service really answers: one tiny request to each, all at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ..core.domain import CallRecord
from ..core.errors import ProviderError
from . import background
from .clients import CallOptions
from .cooldown import Cooldown
from .leg import Leg
from .registry import LegSpec
from .reply import Watch

_SECONDS = 20.0
_TOKENS = 16


def check(specs: Sequence[LegSpec], timeout: float = _SECONDS) -> tuple[CallRecord, ...]:
    """One record for each of ``specs``, in their order; an answer of any content is good."""
    return background.run(acheck(specs, timeout))


async def acheck(specs: Sequence[LegSpec], timeout: float = _SECONDS) -> tuple[CallRecord, ...]:
    """The same from async code."""
    options = CallOptions(temperature=0.0, max_tokens=_TOKENS, timeout=timeout)
    return tuple(await asyncio.gather(*(_check(Leg(spec, options, Cooldown())) for spec in specs)))


async def _check(leg: Leg) -> CallRecord:
    from langchain_core.messages import HumanMessage

    records: list[CallRecord] = []
    watch = Watch(records.append)
    try:
        leg.settle(await leg.ask([HumanMessage("Say OK.")], {}, watch), watch)
    except ProviderError:
        pass  # recorded by the leg
    finally:
        await leg.aclose()
    return records[0]
