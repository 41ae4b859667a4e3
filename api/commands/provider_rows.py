"""What ``aion-r providers`` shows: a row a provider. LangChain is imported for ``--check`` alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...core.codec import dump
from ...core.domain import CallRecord
from ...core.settings import Environment, load_settings, read_environment
from ...providers.registry import NOT_SET, OFFLINE, LegSpec, survey
from ...providers.startup import startup_lines
from ..screen.narration import money
from ..screen.terminal import Line, Terminal, first_line
from .boundary import hidden, hider

Row = dict[str, Any]
_STYLES = {"ready": "ok", "ok": "ok", "not set": "dim"}


def show_providers(*, check: bool, names: str | None, model: str | None, as_json: bool, no_color: bool) -> int:
    """Show the rows for the current folder; 1 when a check failed, else 0."""
    folder = Path.cwd()
    environment = read_environment(folder)
    settings = load_settings(folder, environment, providers=names, model=model)
    specs = survey(environment, settings.providers, settings.model)
    rows = [_row(spec, environment) for spec in specs]
    if settings.providers is None or OFFLINE in settings.providers:
        rows.append(
            {"provider": OFFLINE, "model": None, "state": "ready", "key": None, "base_url": None, "problem": None}
        )
    if check:
        _check(rows, specs)
    hide = hider(environment)
    if as_json:
        print(json.dumps(hidden({"providers": rows}, hide), indent=2))
    else:
        terminal = Terminal.of(sys.stdout, no_color=no_color, hide=hide)
        none_ready = all(spec.problem for spec in specs)
        terminal.lines(_lines(rows, terminal.room(), explain=not none_ready))
        if none_ready:
            terminal.lines([(), *(((text, ""),) for text in startup_lines(specs))])
    return int(any(row["state"] == "failed" for row in rows))


def _row(spec: LegSpec, environment: Environment) -> Row:
    state = "ready" if not spec.problem else "not set" if spec.problem == NOT_SET else "faulty"
    source = _source(environment, spec) if spec.key else None
    return {
        "provider": spec.provider,
        "model": spec.model,
        "state": state,
        "key": {"variable": spec.key_name, "source": source} if source else None,
        "base_url": spec.base_url if spec.own_address else None,
        "problem": f"set {spec.row.variables}" if state == "not set" else spec.problem or None,
    }


def _source(environment: Environment, spec: LegSpec) -> str | None:
    for source in environment.sources:
        if source.values.get(spec.key_name, "").strip():
            return source.name
    return None


def _check(rows: Sequence[Row], specs: Sequence[LegSpec]) -> None:
    from ...providers.check import check

    ready = [spec for spec in specs if not spec.problem]
    by_name = {row["provider"]: row for row in rows}
    for spec, record in zip(ready, check(ready), strict=True):
        by_name[spec.provider] |= {"state": "ok" if record.ok else "failed", "check": _checked(record)}


def _checked(record: CallRecord) -> Row:
    call = dump(record)
    return {name: call[name] for name in ("seconds", "usage", "error")}


def _lines(rows: Sequence[Row], room: int, *, explain: bool) -> list[Line]:
    wide = max(len(row["provider"]) for row in rows)
    lines: list[Line] = []
    for number, row in enumerate(rows, 1):
        state = row["state"]
        head = (f"{number}. {row['provider']:<{wide}}  ", "bold"), (f"{state:<7}", _STYLES.get(state, "bad"))
        words = row["model"] if row["model"] and state != "not set" else ""
        if row["provider"] == OFFLINE:
            words = "built-in search, no key, no network"
        lines.append((*head, (f"  {words}" if words else "", "")))
        if explain or state != "not set":
            lines += [((f"   {text}", "dim"),) for text in _details(row, room)]
    return lines


def _details(row: Row, room: int) -> list[str]:
    details = []
    if row["key"]:
        details.append(f"key: {row['key']['variable']}, from {row['key']['source']}")
    if row["base_url"]:
        details.append(f"address: {row['base_url']}")
    if row["problem"]:
        details.append(row["problem"])
    check = row.get("check")
    if check and check["error"]:
        error = check["error"]
        status = f" {error['status']}" if error["status"] else ""
        details.append(f"{error['kind']}{status}: {first_line(error['message'], 3 * room)}")
    elif check:
        details.append(f"answered in {check['seconds']:.1f} s, {money(check['usage']['cost_usd'])}")
    return details
