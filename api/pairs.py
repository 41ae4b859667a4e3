"""Pairs of failure and fix out of earlier runs: which runs count, and what becomes of each one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.brief import signature
from ..core.domain import FixRequest, Patch, Strategy
from ..core.errors import AionError, NoEdit
from ..core.settings import Environment
from ..providers.masking import Secrets, secrets_of
from ..providers.pairs import Pair, Split, deduplicated, pair
from ..tools.edits.blocks import Replace
from ..tools.edits.diff import unified_diff
from ..tools.edits.reply import parse_reply
from ..tools.edits.writing import as_reply
from ..tools.runs import RunStore, list_runs, write_atomically


class Skipped(Exception):
    """A run that makes no pair, and why in a few words."""


@dataclass(frozen=True)
class Collected:
    """Pairs, newest run first, each one once. ``skipped`` counts runs by the reason why they make none."""

    pairs: tuple[Pair, ...]
    runs: int
    skipped: dict[str, int]


def collect(home: Path, environment: Environment) -> Collected:
    """The pairs of all runs kept in ``home`` that ended with every test passing and were not undone."""
    secrets = secrets_of(environment)
    skipped: Counter[str] = Counter()
    found: list[Pair] = []
    runs = list_runs(home)
    for facts in runs:
        try:
            found.append(_pair(RunStore.find(home, facts["run_id"]), facts, secrets))
        except Skipped as reason:
            skipped[str(reason)] += 1
    pairs = deduplicated(found)
    if len(found) > len(pairs):
        skipped["the same failure and fix as another"] = len(found) - len(pairs)
    return Collected(pairs, len(runs), dict(skipped))


def write(split: Split, out: Path) -> Path | None:
    """Write the files, each in one step; returns where the validation pairs are, if there are any."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(out, _lines(split.train))
        if not split.validation:
            return None
        other = out.with_name(f"{out.stem}.validation{out.suffix}")
        write_atomically(other, _lines(split.validation))
        return other
    except OSError as error:
        raise AionError(f"{out} cannot be written: {error.strerror}.") from error


def _lines(pairs: tuple[Pair, ...]) -> bytes:
    return "".join(f"{one.line}\n" for one in pairs).encode()


def _pair(store: RunStore, facts: dict[str, Any], secrets: Secrets) -> Pair:
    if facts.get("undone_at"):
        raise Skipped("undone")
    if facts.get("outcome") != "repaired":
        raise Skipped("not repaired")
    result = json.loads((store.folder / "result.json").read_text(encoding="utf-8"))
    request, patch = _asked(store), _patch(store, result["patch"])
    try:
        answer = "\n\n".join(part for part in (_cause(result), as_reply(patch)) if part)
    except NoEdit:
        raise Skipped("its fix deletes a file, or is not text") from None
    made = pair(request, answer, signature(store.report(request.report)), patch.id, secrets)
    if not _is_shown(made):
        raise Skipped("its fix changes lines that the prompt did not show") from None
    return made


def _asked(store: RunStore) -> FixRequest:
    """What was asked of the project as found; later questions start from a patch, or tell of one that did not help."""
    first = next((asked for asked in store.requests() if not asked.patch and not asked.feedback), None)
    if first is None:
        raise Skipped("its questions were not kept")
    return first


def _patch(store: RunStore, diff: str) -> Patch:
    ids = sorted(path.stem for path in (store.folder / "patches").glob("*.json"))
    patches: Iterator[Patch] = (store.patch(one) for one in ids)
    found = next((patch for patch in patches if unified_diff(patch) == diff), None)
    if found is None:
        raise Skipped("its patch was not kept")
    return found


def _cause(result: dict[str, Any]) -> str:
    """The sentence on the cause, by who wrote the last fix; the search's count of candidates says nothing of it."""
    fixes = [fix for attempt in result["corrections_applied"] if attempt["success"] for fix in attempt["fixes_applied"]]
    text = str(fixes[-1]["explanation"]) if fixes else ""
    return text.rpartition(" (")[0] if fixes and fixes[-1]["strategy"] == Strategy.OFFLINE else text


def _is_shown(made: Pair) -> bool:
    """Whether a reader of the prompt could have written the answer: its old lines stand there."""
    blocks = parse_reply(made.answer)
    return all(block.search in f"{made.user}\n" for block in blocks if isinstance(block, Replace))
