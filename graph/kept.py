"""What a run keeps in ``run.json`` so that another process can go on with it: settings, delivery, times. No keys."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..core.errors import UsageError
from ..core.settings import Settings
from ..providers.masking import Secrets, mask
from ..tools.delivery import DeliveryOptions
from ..tools.runs import RunStore
from ..tools.sandbox.removing import remove_tree
from ..tools.workspace.changes import stamp_now
from .legs import OwnModels

CHECKPOINTS = "checkpoints.sqlite"
_ASKED = ("apply", "apply_partial", "commit", "branch", "approve")


@dataclass(frozen=True)
class Kept:
    """A run as it was asked for. ``own``: the names of the user's own models, and ``order``, all names where an order
    was given."""

    project: Path
    settings: Settings
    delivery: DeliveryOptions
    own: tuple[str, ...] = ()
    order: tuple[str, ...] | None = None

    def models(self, given: OwnModels) -> OwnModels:
        """Those of ``given`` that the run had. Raises ``UsageError`` where one is missing: no model can be kept."""
        specs = {spec.provider: spec for spec in given.specs}
        missing = [name for name in self.own if name not in specs]
        if missing:
            raise UsageError(f"the run had models of your own ({', '.join(missing)}): resume it from Python with them.")
        return OwnModels(tuple(specs[name] for name in self.own), self.order)


def keep(store: RunStore, settings: Settings, delivery: DeliveryOptions, own: OwnModels, secrets: Secrets) -> None:
    """Note how the run was asked for. A setting in which a key stands is not kept."""
    plain = settings.model_dump(mode="json", exclude={"home"})
    told = {name: value for name, value in plain.items() if mask(str(value), secrets) == str(value)}
    if settings.system_prompt:
        told["system_prompt"] = str(Path(settings.system_prompt).resolve())
    asked: dict[str, Any] = {name: getattr(delivery, name) for name in _ASKED}
    asked["patch_file"] = str(delivery.patch_file.resolve()) if delivery.patch_file else None
    store.update(
        own=[spec.provider for spec in own.specs],
        order=None if own.order is None else list(own.order),
        settings=told,
        withheld=sorted(plain.keys() - told.keys()),
        delivery=asked,
        read_at=stamp_now(),
        session_at=time.time(),
    )


def resumable(facts: dict[str, Any]) -> bool:
    """Whether the run of these ``facts``, if it is not at work, has not come to its end."""
    return "settings" in facts and not facts.get("finished_at") and not facts.get("undone_at")


def kept_of(store: RunStore, home: Path) -> Kept:
    """How the run was asked for. Raises ``UsageError``, saying why, for one that cannot be gone on with."""
    facts = store.facts
    run = f"run {store.run_id}"
    if facts.get("undone_at"):
        raise UsageError(f"{run} was undone: start a new one with `aion-r fix {facts['project']}`.")
    if facts.get("finished_at"):
        raise UsageError(f"{run} has ended ({facts['outcome']}): `aion-r runs show {store.run_id}` tells how.")
    if "settings" not in facts:
        raise UsageError(f"{run} had not begun: start a new one with `aion-r fix {facts['project']}`.")
    if facts.get("withheld"):
        raise UsageError(f"{run} had a key in {', '.join(facts['withheld'])}, which is not kept: start a new one.")
    project = Path(facts["project"])
    if not project.is_dir():
        raise UsageError(f"{run} was at work on {project}, which is not there any more.")
    asked = dict(facts["delivery"])
    patch_file = asked.pop("patch_file")
    try:
        wanted = dict(facts["settings"])
        alone = {"providers": ()} if wanted["providers"] == [] else {}  # models of the user's own and nobody else
        settings = Settings(**(wanted | ({"providers": None} if alone else {})), home=home).model_copy(update=alone)
        delivery = DeliveryOptions(**asked, patch_file=Path(patch_file) if patch_file else None)
    except (ValidationError, TypeError):
        raise UsageError(f"{run} was begun by another version of aion-r: start a new one.") from None
    order = None if facts["order"] is None else tuple(facts["order"])
    return Kept(project, settings, replace(delivery, resumed=True), tuple(facts["own"]), order)


def sweep_up(store: RunStore) -> None:
    """Remove what a process of the run that was killed left half done. Only for whoever holds the project: no view of
    the run can be in use then, although one whose own removal was cut short has lost the lock that would tell."""
    for folder in ("views", "raw"):
        for left in (store.folder / folder).glob("*"):
            remove_tree(left)
    for part in store.folder.rglob(".*.part"):
        part.unlink(missing_ok=True)


def session_ended(store: RunStore) -> None:
    """Before a run goes on: add what its last session took, until its last checkpoint, to ``spent_s``."""
    facts = store.facts
    began = facts["session_at"]
    last = max((file.stat().st_mtime for file in store.folder.glob(f"{CHECKPOINTS}*")), default=began)
    store.update(spent_s=facts.get("spent_s", 0.0) + max(0.0, last - began))


def session_begins(store: RunStore) -> None:
    """The run goes on now, in this process."""
    now = datetime.now(UTC)
    begun = {"resumed_at": now.isoformat(), "session_at": now.timestamp()}
    store.update(outcome="running", stop_reason=None, question=None, **begun)
