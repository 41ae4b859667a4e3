"""From the events of a run to words: lines that stay, and the numbers that move meanwhile. Pure but for the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...core.events import Event
from .terminal import Line, first_line, shorten_id

FAILURES_SHOWN = 5
SHORT_WAIT = 0.5
"""Seconds: no shorter wait is worth a line."""
_NODES = {
    "begin_run": "running the tests",
    "execute_tests": "running the tests",
    "parse_failures": "reading the results",
    "evaluate_convergence": "weighing the results",
    "generate_fix": "looking for a fix",
    "apply_fix": "putting the fix in place",
    "merge_edits": "looking for edits of yours",
    "request_approval": "waiting for your answer",
    "write_back": "writing the files",
}
_VERDICTS = {"plausible": "all tests pass", "regressed": "broke other tests, undone"}


@dataclass
class Now:
    """What moves: the state of the run at this moment."""

    run_id: str = ""
    iteration: int = 0
    node: str = "starting"
    writing: bool = False
    """The project is being written: too late to interrupt."""
    passed: int = 0
    failed: int = 0
    total: int = 0
    """Tests of the project as found; 0 until known."""
    asking: str = ""
    """Who is being asked, and since when (monotonic seconds)."""
    asked_at: float = 0.0
    candidates: int = 0
    plausible: int = 0
    tokens: int = 0
    cost: float | None = 0.0


class Narrator:
    """Folds the events of one run: ``tell`` returns the lines that stay; ``now`` has the rest."""

    def __init__(self, room: int = 100, clock: Callable[[], float] = time.monotonic) -> None:
        self.now = Now()
        self._room = room
        self._clock = clock

    def tell(self, event: Event) -> list[Line]:
        """Take ``event`` in. Unknown kinds say nothing."""
        handler: Callable[[Event], list[Line]] | None = getattr(self, f"_{event['event']}", None)
        return handler(event) if handler else []

    def _started(self, event: Event) -> list[Line]:
        self.now.run_id = event.get("run_id", "")
        self.now.node = _NODES["execute_tests"]  # the first run of the tests goes on while the graph is imported
        reason = event.get("reason", "")
        head: Line = ((event["framework"], "bold"), (f" ({reason})" if reason else "", ""))
        sandbox = str(event.get("sandbox", ""))
        style = "warn" if sandbox == "none" else ""
        lines: list[Line] = [(*head, ("; sandbox: ", ""), (sandbox, style))]
        return lines + [((text, "dim"),) for text in event.get("providers", [])]

    def _resumed(self, event: Event) -> list[Line]:
        words = f" {event['afresh']}." if event["afresh"] else " It goes on where it was."
        return [((f"Run {event['run_id']} is resumed.", "bold"), (words, ""))]

    def _merging(self, event: Event) -> list[Line]:
        names = ", ".join(event["paths"])
        return [((f"{names} changed meanwhile", "warn"), (": both changes merged, the tests are run once more", ""))]

    def _node(self, event: Event) -> list[Line]:
        now = self.now
        now.node = _NODES.get(event["node"], str(event["node"]))
        now.writing = event["node"] == "write_back"
        now.iteration = event.get("iteration", now.iteration) + (event["node"] == "generate_fix")
        if event["node"] == "execute_tests":
            now.passed = now.failed = 0
        if event["node"] == "generate_fix":
            now.candidates = now.plausible = 0
        return []

    def _tests(self, event: Event) -> list[Line]:
        self.now.passed, self.now.failed = event["passed"], event["failed"]
        return []

    def _asking(self, event: Event) -> list[Line]:
        self.now.asking, self.now.asked_at = who(event), self._clock()
        return []

    def _waiting(self, event: Event) -> list[Line]:
        if event["seconds"] < SHORT_WAIT:
            return []
        return [((f"  {event['provider']}: asked again in {event['seconds']:.0f} s", "dim"),)]

    def _search(self, event: Event) -> list[Line]:
        self.now.candidates, self.now.plausible = event["candidates"], event["plausible"]
        self.now.asking = ""
        return []

    def _call(self, event: Event) -> list[Line]:
        self.now.asking = ""
        name, seconds = who(event), f"{event.get('seconds', 0.0):.1f} s"
        if event["ok"] and event["provider"] == "offline":
            return [((f"  {self._searched()}, {seconds}", ""),)]
        if event["ok"]:
            return [((f"  {name}: answered in {seconds}{self._spend(event.get('usage') or {})}", ""),)]
        error = event.get("error") or {}
        status = f" {error['status']}" if error.get("status") else ""
        said = first_line(error.get("message", ""), 3 * self._room)
        kind = f"{error.get('kind', 'failed')}{status}"
        return [((f"  {name}: ", ""), (kind, "warn"), (f": {said}" if said else "", ""))]

    def _searched(self) -> str:
        return f"offline search: {self.now.candidates} candidates tried, {self.now.plausible} plausible"

    def _spend(self, usage: dict[str, Any]) -> str:
        given, got = usage.get("input_tokens", 0), usage.get("output_tokens", 0)
        cost = usage.get("cost_usd")
        self.now.tokens += given + got
        self.now.cost = None if cost is None or self.now.cost is None else self.now.cost + cost
        return f", {given} + {got} tokens, {money(cost)}"

    def _update(self, event: Event) -> list[Line]:
        update = event.get("update") or {}
        if event["node"] == "parse_failures" and "initial" in update:
            return self._as_found(update["report"])
        if event["node"] == "evaluate_convergence" and update.get("attempts"):
            return [self._attempt(update["attempts"][-1]), *_doubts(update["attempts"][-1])]
        return []

    def _as_found(self, report: dict[str, Any]) -> list[Line]:
        self.now.total = report["total"]
        self.now.passed, self.now.failed = report["passed"], report["failing"]
        if report["outcome"] != "completed":
            words = report["outcome"].replace("_", " ")
            return [(("Tests as found: ", ""), (words, "bad")), *self._failing(report)]
        failed = f"{report['failing']} failed"
        head = (
            ("Tests as found: ", ""),
            (failed, "bad" if report["failing"] else ""),
            (f", {report['passed']} passed", ""),
        )
        return [head, *self._failing(report)]  # fmt: skip

    def _failing(self, report: dict[str, Any]) -> list[Line]:
        shown = report.get("failures", [])[:FAILURES_SHOWN]
        width = max(16, self._room - 2)
        lines: list[Line] = []
        for failure in shown:
            test = shorten_id(failure["test_id"], width)
            said = first_line(failure.get("message") or "", max(16, width - len(test) - 2))
            fits = len(test) + len(said) + 2 <= width
            lines += (
                [((f"  {test}  ", ""), (said, "dim"))] if fits else [((f"  {test}", ""),), ((f"    {said}", "dim"),)]
            )
        more = report["failing"] - len(shown)
        return [*lines, ((f"  … and {more} more", "dim"),)] if shown and more > 0 else lines

    def _attempt(self, attempt: dict[str, Any]) -> Line:
        verdict = attempt["verdict"]
        words = _VERDICTS.get(verdict)
        if words is None:
            helped = attempt["failures_after"] < attempt["failures_before"]
            words = "better, kept" if helped else "no better, undone"
        style = {"plausible": "ok", "regressed": "bad"}.get(verdict, "warn")
        counts = f"{attempt['failures_before']} → {attempt['failures_after']} failing, "
        return (f"Iteration {attempt['iteration']}: ", "bold"), (f"{who(attempt)}: {counts}", ""), (words, style)


def _doubts(attempt: dict[str, Any]) -> list[Line]:
    return [(("  SUSPICIOUS: ", "bad"), (first_line(why, 160), "warn")) for why in attempt.get("suspicious", [])]


def who(record: dict[str, Any]) -> str:
    """The provider and model of ``record``, in words."""
    if record.get("provider") == "offline":
        return "offline search"
    return f"{record.get('provider')} ({record['model']})" if record.get("model") else str(record.get("provider"))


def money(cost: float | None) -> str:
    """Dollars in as many digits as they need; unknown is not zero."""
    if cost is None:
        return "price unknown"
    if 0 < cost < 0.00005:
        return "<$0.0001"
    return f"${cost:.2f}" if cost == 0 or cost >= 0.1 else f"${cost:.4f}"


def count(number: int, noun: str) -> str:
    """``1 test``, ``2 tests``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
