"""The comparison of providers: measured, put beside the size of the user's own fixes, shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

from ...core.codec import dump
from ...core.domain import Usage
from ...core.errors import AionError, EditError, UsageError
from ...core.settings import Environment, Settings, load_settings, read_environment
from ...providers.bench import SOURCE, Measurement, Timing, measure
from ...providers.registry import NOT_SET, OFFLINE, LegSpec, survey
from ...tools.edits.apply import apply_blocks
from ...tools.edits.reply import parse_reply
from ...tools.runs import RunStore, list_runs, write_atomically
from ..screen.narration import money
from ..screen.terminal import Line, Terminal, shorten
from .bench_plot import draw
from .boundary import hidden, hider
from .chatting import none_configured

Row = dict[str, Any]
_STYLES = {"ok": "ok", "not set": "dim"}
_ENOUGH = 5
"""Calls of earlier runs from which the usual size of a fix is taken."""
_RECENT_RUNS = 50


@dataclass(frozen=True)
class Size:
    """Tokens of a usual fix, and where that was taken from, in words."""

    input_tokens: int
    output_tokens: int
    basis: str


def show_bench(
    *, rounds: int, plot: str | None, names: str | None, model: str | None, as_json: bool, no_color: bool
) -> int:
    """Measure and show; 1 when one of the configured does not answer. Raises ``UsageError`` when none is configured."""
    _check_plot(plot)
    folder = Path.cwd()
    environment = read_environment(folder)
    settings = load_settings(folder, environment, providers=names, model=model)
    specs = survey(environment, settings.providers, settings.model)
    rows, size = _rows(specs, environment, settings, rounds)
    document = {"rounds": rounds, "typical_fix": dump_size(size), "providers": rows}
    if plot:
        _write(Path(plot), draw(rows))
    hide = hider(environment)
    if as_json:
        print(json.dumps(hidden(document, hide), indent=2))
    else:
        Terminal.of(sys.stdout, no_color=no_color, hide=hide).lines(_told(rows, size, plot))
    return int(any(row["state"] == "failed" for row in rows))


def _check_plot(plot: str | None) -> None:
    """Before anything is spent."""
    if plot and Path(plot).suffix.lower() != ".svg":
        raise UsageError(f"{plot}: the plot is SVG; name a file that ends in .svg.")
    if plot and not Path(plot).parent.is_dir():
        raise UsageError(f"{plot} cannot be written: {Path(plot).parent} is not a folder.")


def _rows(
    specs: Sequence[LegSpec], environment: Environment, settings: Settings, rounds: int
) -> tuple[list[Row], Size | None]:
    ready = [spec for spec in specs if not spec.problem]
    if not ready:
        raise UsageError(none_configured(specs))
    names = ", ".join(spec.provider for spec in ready)
    print(f"Asking {names}, each {rounds + 1} times.", file=sys.stderr)
    measured = {one.spec: one for one in measure(ready, environment, rounds, settings.provider_timeout)}
    size = usual_size(settings.home)
    rows = [_measured(measured[spec], size) if spec in measured else _unused(spec) for spec in specs]
    return rows, size


def usual_size(home: Path) -> Size | None:
    """The median call of the newest runs, if there are enough calls to tell."""
    stores = (RunStore.find(home, facts["run_id"]) for facts in list_runs(home)[:_RECENT_RUNS])
    calls = [call for store in stores for call in store.calls() if call.ok and call.provider != OFFLINE]
    known = [call.usage for call in calls if call.usage.input_tokens and call.usage.output_tokens]
    if len(known) < _ENOUGH:
        return None
    return _median(known, f"the median of {len(known)} calls in your own runs")


def _median(usages: Sequence[Usage], basis: str) -> Size:
    return Size(
        round(median(usage.input_tokens for usage in usages)),
        round(median(usage.output_tokens for usage in usages)),
        basis,
    )


def dump_size(size: Size | None) -> Row:
    """For the document."""
    if size is None:
        return {"input_tokens": None, "output_tokens": None, "basis": "this benchmark's own question, as each counts"}
    return {"input_tokens": size.input_tokens, "output_tokens": size.output_tokens, "basis": size.basis}


def _unused(spec: LegSpec) -> Row:
    state = "not set" if spec.problem == NOT_SET else "faulty"
    problem = f"set {spec.row.variables}" if state == "not set" else spec.problem
    return {"provider": spec.provider, "model": spec.model, "state": state, "problem": problem}


def _measured(one: Measurement, size: Size | None) -> Row:
    answers = one.timings
    mine = size or (_median([answer.usage for answer in answers], "") if answers else None)
    into, out = one.price_per_million
    return {
        "provider": one.spec.provider,
        "model": one.spec.model,
        "state": "failed" if one.error else "ok",
        "error": dump(one.error) if one.error else None,
        "answers": len(answers),
        "usable": sum(map(_is_usable, answers)),
        "first_token_s": _percentiles([answer.first_token for answer in answers]),
        "total_s": _percentiles([answer.total for answer in answers]),
        "tokens_per_second": _rounded(median(a.tokens_per_second for a in answers) if answers else None),
        "usd_per_million": {"input": into, "output": out},
        "usd_per_fix": one.cost(mine.input_tokens, mine.output_tokens) if mine else None,
    }


def _is_usable(answer: Timing) -> bool:
    """Whether the answer holds an edit that applies: what a repair needs of it."""
    try:
        blocks = parse_reply(answer.text, "postage.py", ("postage.py",))
        return bool(apply_blocks(blocks, {"postage.py": SOURCE.encode()}.get))
    except EditError:
        return False


def _percentiles(seconds: Sequence[float]) -> Row:
    return {f"p{percent}": _rounded(percentile(seconds, percent)) for percent in (50, 95)}


def percentile(values: Sequence[float], percent: int) -> float | None:
    """By nearest rank: one of the values, so that few rounds do not pretend to more than they say."""
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)] if ordered else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _write(path: Path, text: str) -> None:
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise AionError(f"{path} cannot be written: {error.strerror}.") from error


_HEAD = ("provider", "model", "state", "first", "p95", "total", "p95", "tok/s", "usable", "1M in", "1M out", "a fix")


def _told(rows: Sequence[Row], size: Size | None, plot: str | None) -> list[Line]:
    cells = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEAD))]
    lines: list[Line] = []
    for number, line in enumerate(cells):
        style = "dim" if number == 0 else _STYLES.get(line[2], "bad")
        padded = [text.ljust(width) if at < 3 else text.rjust(width) for at, (text, width) in _columns(line, widths)]
        lines.append((("  ".join(padded[:2]), "bold" if number else "dim"), ("  " + padded[2], style),
                      ("  " + "  ".join(padded[3:]), "dim" if number == 0 else "")))  # fmt: skip
    for row in rows:
        why = row["error"]["message"] if row.get("error") else row.get("problem")
        if why:
            lines.append(((f"{row['provider']}: {why}", "" if row["state"] == "failed" else "dim"),))
    basis = dump_size(size)["basis"]
    tokens = f", {size.input_tokens} tokens in and {size.output_tokens} out" if size else ""
    lines.append(((f"Seconds, p50 and p95; list prices in US dollars; a fix: {basis}{tokens}.", "dim"),))
    return [*lines, *([((f"The plot is in {plot}.", ""),)] if plot else [])]


def _columns(line: Sequence[str], widths: Sequence[int]) -> list[tuple[int, tuple[str, int]]]:
    return list(enumerate(zip(line, widths, strict=True)))


def _cells(row: Row) -> tuple[str, ...]:
    named = row["provider"], shorten(row["model"], 36), row["state"]
    if not row.get("answers"):
        return (*named, *("",) * (len(_HEAD) - len(named)))
    times = [f"{row[name][percent]:.2f}" for name in ("first_token_s", "total_s") for percent in ("p50", "p95")]
    prices = [_price(row["usd_per_million"][side]) for side in ("input", "output")]
    usable = f"{row['usable']}/{row['answers']}"
    fix = row["usd_per_fix"]
    return (
        *named,
        *times,
        f"{row['tokens_per_second']:.0f}",
        usable,
        *prices,
        "unknown" if fix is None else money(fix),
    )


def _price(dollars: float | None) -> str:
    return "unknown" if dollars is None else f"${dollars:.2f}"
