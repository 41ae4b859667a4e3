"""``aion-r runs export``: the file, what it holds, and the job that learns from it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.errors import AionError, UsageError
from ...core.settings import Environment, load_settings, read_environment
from ...providers.pairs import Pair, Split, split
from ..pairs import Collected, collect, write
from ..screen.narration import count, money
from ..screen.terminal import Line, Terminal
from .boundary import hidden, hider

if TYPE_CHECKING:
    from ...providers.tuning import Tuning

EPOCHS = 3
"""Times that the service goes over the pairs, unless it chooses otherwise."""


@dataclass(frozen=True)
class Export:
    """What is wanted: the options of the command, checked."""

    out: Path
    validation: float
    seed: int
    upload: bool
    start: bool
    wait: bool
    model: str
    suffix: str
    price: float | None
    """US dollars for 1M training tokens; no table that we know has it."""

    @property
    def starts(self) -> bool:
        """Whether a job is to be started."""
        return self.start or self.wait

    @property
    def sends(self) -> bool:
        """Whether the files leave this machine."""
        return self.upload or self.starts


def export(wanted: Export, *, as_json: bool, no_color: bool) -> int:
    """Write the pairs, send them where that is asked for, and tell. Raises ``AionError`` when there are none."""
    folder = Path.cwd()
    environment = read_environment(folder)
    collected = collect(load_settings(folder, environment).home, environment)
    if not collected.pairs:
        raise AionError(f"no pairs: {_reasons(collected) or 'no run is kept'}. A repaired run makes one.")
    parts = split(collected.pairs, wanted.validation, wanted.seed)
    tuning = _tuning(wanted, parts, environment)
    other = write(parts, wanted.out)
    document = _document(wanted, collected, parts, other)
    if tuning:
        document |= _sent(tuning, wanted, other)
    hide = hider(environment)
    if as_json:
        print(json.dumps(hidden(document, hide), indent=2))
    else:
        Terminal.of(sys.stdout, no_color=no_color, hide=hide).lines(_told(document, collected))
    return int(document.get("job", {}).get("status") in ("failed", "cancelled"))


def _tuning(wanted: Export, parts: Split, environment: Environment) -> Tuning | None:
    """Who takes the files, if they are to be sent. Raises ``UsageError`` before anything is written or sent."""
    if not wanted.sends:
        return None
    from ...providers.tuning import LEAST_EXAMPLES, Tuning

    if wanted.starts and len(parts.train) < LEAST_EXAMPLES:
        have = count(len(parts.train), "pair")
        raise UsageError(
            f"a job needs {LEAST_EXAMPLES} pairs to learn from; those to train on are {have}: repair more."
        )
    return Tuning(environment)


def _sent(tuning: Tuning, wanted: Export, other: Path | None) -> dict[str, Any]:
    files = tuning.upload(wanted.out, other)
    document: dict[str, Any] = {"uploaded": asdict(files)}
    if wanted.starts:
        job = tuning.start(files, wanted.model, suffix=wanted.suffix, seed=wanted.seed)
        if wanted.wait:
            print(f"Waiting for {job.id}; it goes on without us.", file=sys.stderr)
            job = tuning.wait(job)
        document["job"] = asdict(job)
    return document


def _document(wanted: Export, collected: Collected, parts: Split, other: Path | None) -> dict[str, Any]:
    tokens = sum(one.tokens for one in parts.train) * EPOCHS
    return {
        "format": "openai-chat",
        "train": _part(wanted.out, parts.train),
        "validation": _part(other, parts.validation) if other else None,
        "runs": collected.runs,
        "skipped": collected.skipped,
        "estimate": {
            "epochs": EPOCHS,
            "training_tokens": tokens,
            "cost_usd": None if wanted.price is None else round(tokens * wanted.price / 1_000_000, 6),
        },
    }


def _part(file: Path, pairs: tuple[Pair, ...]) -> dict[str, Any]:
    return {"file": str(file), "pairs": len(pairs), "tokens": sum(one.tokens for one in pairs)}


def _reasons(collected: Collected) -> str:
    return "; ".join(f"{count(number, 'run')} {reason}" for reason, number in sorted(collected.skipped.items()))


def _told(document: dict[str, Any], collected: Collected) -> list[Line]:
    lines: list[Line] = []
    for name in ("train", "validation"):
        part = document[name]
        if part:
            told = f" {part['file']}: {count(part['pairs'], 'pair')}, about {part['tokens']:,} tokens"
            lines.append(((f"{name:<10}", "bold"), (told, "")))
    if collected.skipped:
        lines.append((("left out  ", "dim"), (f" {_reasons(collected)}", "dim")))
    estimate = document["estimate"]
    cost = "price unknown: give --training-price" if estimate["cost_usd"] is None else money(estimate["cost_usd"])
    tokens = f" about {estimate['training_tokens']:,} tokens in {estimate['epochs']} epochs, {cost}"
    lines.append((("training  ", "dim"), (tokens, "")))
    return lines + _told_of_job(document)


def _told_of_job(document: dict[str, Any]) -> list[Line]:
    if "uploaded" not in document:
        return []
    files = document["uploaded"]
    ids = ", ".join(one for one in (files["training_file"], files["validation_file"]) if one)
    lines: list[Line] = [(("uploaded  ", "bold"), (f" {ids}", ""))]
    job = document.get("job")
    if job:
        lines.append((("job       ", "bold"), (f" {job['id']}, {job['status']}, on {job['base_model']}", "")))
        lines.append(((_next_step(job), ""),))
    return lines


def _next_step(job: dict[str, Any]) -> str:
    if job["model"]:
        return f"Use it: OPENAI_MODEL={job['model']}"
    if job["status"] in ("failed", "cancelled"):
        return f"No model came of it: {job['error'] or job['status']}"
    return "When it has succeeded, set OPENAI_MODEL to the id of the tuned model (ft:…) that the job names."
