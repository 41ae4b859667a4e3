"""Calls to models as spans: those that are open, what is told of each, and which one has ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from opentelemetry.trace import Span, Status, StatusCode

from ...core.domain import Usage
from ...core.events import Event

SECOND = 1_000_000_000
CHAT = {"gen_ai.operation.name": "chat"}


class OpenCalls:
    """The spans of calls under way."""

    def __init__(self) -> None:
        self._open: list[tuple[Event, Span]] = []

    def add(self, asking: Event, span: Span) -> None:
        """A call begins."""
        self._open.append((asking, span))

    def __iter__(self) -> Iterator[tuple[str, Span]]:
        """Provider and span of each."""
        return iter([(asking["provider"], span) for asking, span in self._open])

    def end(self, call: Event) -> Span | None:
        """The span of the call that has ended, with its figures: it is still to be closed. ``None`` for one that was
        not made: the provider rests, or the budget does not reach.

        Of several to one model it is that which began as long ago as the call took.
        """
        who_called = (call["provider"], call["model"])
        began = time.time_ns() - call["seconds"] * SECOND
        same = [pair for pair in self._open if (pair[0]["provider"], pair[0]["model"]) == who_called]
        if not same or (not call["ok"] and not call["seconds"]):
            return None
        chosen = min(same, key=lambda pair: abs(begin(pair[1]) - began))
        self._open.remove(chosen)
        if (call["error"] or {}).get("status"):
            chosen[1].set_attribute("http.response.status_code", call["error"]["status"])
        return chosen[1]


def skip(span: Span, call: Event) -> None:
    """Note at ``span`` that a provider was not asked, and why."""
    span.add_event("provider.skipped", who(call) | {"error.type": (call["error"] or {}).get("kind", "")})


def kind_of(call: Event) -> str:
    """Of its error; empty for a good one."""
    return str((call["error"] or {}).get("kind", ""))


def who(event: Event) -> dict[str, Any]:
    """Provider and model, as attributes."""
    # The second name is the older one of the first: most services that show traces still look for it.
    provider, model = event["provider"], event["model"]
    return {"gen_ai.provider.name": provider, "gen_ai.system": provider, "gen_ai.request.model": model}


def usage(used: Usage) -> dict[str, Any]:
    """Tokens and, where it is known, money."""
    told = {"gen_ai.usage.input_tokens": used.input_tokens, "gen_ai.usage.output_tokens": used.output_tokens}
    return told if used.cost_usd is None else told | {"aion_r.cost_usd": used.cost_usd}


def begin(span: Span) -> int:
    """When ``span`` began, in nanoseconds; one that is not recorded never did."""
    return getattr(span, "start_time", None) or 0


def close(span: Span, error: str) -> None:
    """End it, with the kind of its ``error`` if there was one."""
    if error:
        span.set_attribute("error.type", error)
        span.set_status(Status(StatusCode.ERROR))
    span.end()


def tests_told(ran: Event) -> dict[str, Any]:
    """A run of tests, as attributes."""
    status = "timed_out" if ran["timed_out"] else "failure" if ran["failed"] else "success"
    return {
        "test.suite.name": ran["framework"],
        "test.suite.run.status": status,
        "aion_r.tests.chosen": ran["chosen"],
        "aion_r.tests.passed": ran["passed"],
        "aion_r.tests.failed": ran["failed"],
    }
