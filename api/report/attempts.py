"""What was tried: the iterations with their verdicts, the providers with time, tokens and money."""

from __future__ import annotations

from collections.abc import Iterable

from ...core.documents import RepairResult
from ...core.domain import Attempt, CallRecord, Usage, Verdict
from ..screen.narration import count, money
from .diff import diff_html
from .markup import Html, badge, code, joined, panel, prose, tag
from .numbers import seconds

_VERDICTS = {
    Verdict.PLAUSIBLE: ("ok", "✓", "all tests pass"),
    Verdict.REGRESSED: ("bad", "✗", "broke other tests, undone"),
    Verdict.NOT_APPLICABLE: ("warn", "!", "did not apply"),
}


def attempts_html(result: RepairResult) -> Html | None:
    """A block an iteration; its own diff is folded away, and left out where it is the whole patch."""
    if not result.corrections_applied:
        return None
    alone = len(result.corrections_applied) == 1
    blocks = (tag("li", _attempt(attempt, alone)) for attempt in result.corrections_applied)
    aside = count(len(result.corrections_applied), "iteration")
    return panel("Attempts", tag("ol", blocks, cls="failures attempts"), aside=aside)


def _attempt(attempt: Attempt, alone: bool) -> Html:
    fix = attempt.fixes_applied[0] if attempt.fixes_applied else None
    title = tag(
        "div",
        tag("h3", f"Iteration {attempt.iteration}"),
        badge(*_verdict(attempt)),
        tag("span", f"{attempt.failures_before} → {attempt.failures_after} failing", cls="numbers"),
        tag("span", _who(fix.provider, fix.model) if fix else None, _spent(attempt.usage), cls="dim"),
        cls="title",
    )
    why = tag("p", prose(fix.explanation.strip()[:2000]), cls="wrap why") if fix and fix.explanation.strip() else None
    doubts = [tag("p", tag("strong", "Suspicious: "), reason, cls="note") for reason in attempt.suspicious]
    diff = "" if alone else "".join(one.diff for one in attempt.fixes_applied)
    folded = tag("details", tag("summary", "Its changes"), tag("div", diff_html(diff), cls="panel")) if diff else None
    return tag("div", title, why, joined(*doubts), folded, cls="failure")


def _verdict(attempt: Attempt) -> tuple[str, str, str]:
    better = attempt.failures_after < attempt.failures_before
    other = ("warn", "~", "better, kept") if better else ("warn", "~", "no better, undone")
    return _VERDICTS.get(attempt.verdict, other)


def _who(provider: str, model: str | None) -> str:
    return "by the offline search" if provider == "offline" else f"by {provider} ({model})"


def _spent(usage: Usage) -> str:
    tokens = usage.input_tokens + usage.output_tokens
    return f", {tokens:,} tokens, {money(usage.cost_usd)}" if tokens else ""


def providers_html(result: RepairResult) -> Html | None:
    """A row a provider and model, in the order of their first call."""
    legs: dict[tuple[str, str], list[CallRecord]] = {}
    for call in result.calls:
        legs.setdefault((call.provider, call.model), []).append(call)
    if not legs:
        return None
    names = ("Provider", "Answers", "Time", "Tokens in", "Tokens out", "Money")
    head = tag("tr", (tag("th", name, scope="col", cls="right" if at > 1 else None) for at, name in enumerate(names)))
    rows = (_leg(provider, model, calls) for (provider, model), calls in legs.items())
    return panel("Providers", tag("table", tag("thead", head), tag("tbody", rows), cls="rows folds"))


def _leg(provider: str, model: str, calls: list[CallRecord]) -> Html:
    usage = _sum(calls)
    offline = provider == "offline"
    cells = (
        ("time", seconds(sum(call.seconds for call in calls))),
        ("tokens in", "–" if offline else f"{usage.input_tokens:,}"),  # noqa: RUF001
        ("tokens out", "–" if offline else f"{usage.output_tokens:,}"),  # noqa: RUF001
        ("money", "unknown" if usage.cost_usd is None else money(usage.cost_usd)),
    )
    name = tag("th", tag("strong", provider), " ", tag("span", model, cls="mono dim"), scope="row")
    return tag("tr", name, tag("td", _state(calls), cls="wide"), (_cell(*cell) for cell in cells))


def _cell(name: str, value: str) -> Html:
    return tag("td", value, cls="right", data_name=name)


def _state(calls: list[CallRecord]) -> Html:
    good = sum(call.ok for call in calls)
    sign = ("ok", "✓") if good == len(calls) else ("warn", "~") if good else ("bad", "✗")
    shown: list[Html] = [badge(*sign, f"{good} of {len(calls)}")]
    for call in calls:
        if call.error:
            status = f" {call.error.status}" if call.error.status else ""
            kind = f"{call.error.kind.replace('_', ' ')}{status}: "
            shown.append(tag("p", tag("span", kind, cls="poor"), code(call.error.message[:500]), cls="small wrap"))
    return joined(_first(shown, 6))


def _first(parts: list[Html], limit: int) -> Iterable[Html]:
    more = len(parts) - limit
    return parts if more <= 0 else [*parts[:limit], tag("p", f"and {count(more, 'more error')}", cls="small dim")]


def _sum(calls: list[CallRecord]) -> Usage:
    total = Usage()
    for call in calls:
        total += call.usage
    return total
