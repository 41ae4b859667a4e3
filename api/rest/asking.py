"""From a request to a run that is kept and can begin: its settings checked, its folder made, nothing started yet."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from ...core.errors import UsageError
from ...core.settings import Environment, Settings, load_settings, read_environment
from ...graph.context import is_held
from ...graph.kept import keep
from ...graph.legs import NO_MODELS
from ...providers.masking import mask, secrets_of
from ...tools.delivery import DeliveryOptions
from ...tools.runs import RunStore
from ..event_log import append_event
from .callers import NOBODY, Caller
from .configuration import ServerConfig
from .models import RunRequest
from .problems import Problem
from .start_folder import start_folder

_DELIVERY = ("apply_partial", "commit", "branch")
_OURS = {"project_id", "path", "no_apply", "no_cache", "approve", "system_prompt", *_DELIVERY}
"""Fields of a request that are no settings of the run."""
_WEAK = ("none", "copy")
"""Levels of isolation under which tests reach the network, or the whole disk."""


@dataclass(frozen=True)
class Asked:
    """A run as it is asked for: by whom does not matter. ``key`` is an idempotency key, hashed; ``caller`` the trace
    that it is part of."""

    request: RunRequest
    project: Path
    key: str = ""
    caller: Caller = NOBODY

    @property
    def fingerprint(self) -> str:
        """What is asked, hashed: the same request again has the same."""
        asked = self.request.model_dump_json(exclude={"path", "project_id"}, exclude_unset=True)
        return sha256(f"{self.project}\0{asked}".encode()).hexdigest()

    @property
    def options(self) -> dict[str, Any]:
        """The options as they were given."""
        return self.request.model_dump(mode="json", exclude={"path", "project_id"}, exclude_unset=True)


def admit(asked: Asked, config: ServerConfig) -> RunStore:
    """A new run's folder, with all that it needs to begin. Raises ``Problem`` and ``UsageError``. Blocking."""
    _refuse_unsafe(asked.request, config)
    if not config.home_is_writable:
        raise Problem(503, f"{config.home} cannot be written: no run can be kept.", headers={"Retry-After": "30"})
    environment = read_environment(start_folder(), asked.project)
    text = asked.request.model_dump_json()
    if mask(text, secrets_of(environment)) != text:
        raise _holds_key("the request")
    asked = replace(asked, caller=without_keys(asked.caller, environment))
    given = asked.request.model_dump(mode="json", exclude=_OURS, exclude_none=True)
    if asked.request.no_cache:
        given["cache"] = False
    settings = load_settings(asked.project, environment, home=config.home, **given)
    delivery = _delivery(asked)
    if is_held(asked.project, config.home):
        raise Problem(409, f"another run is at work on {asked.project}: wait until it ends, or interrupt it.")
    return _kept(asked, config, settings, delivery, environment)


def _kept(
    asked: Asked, config: ServerConfig, settings: Settings, delivery: DeliveryOptions, environment: Environment
) -> RunStore:
    now = datetime.now(UTC).isoformat()
    known = {"asked": asked.options, "idempotency": [asked.key, asked.fingerprint], "caller": asked.caller}
    store = RunStore.create(config.home, asked.project, outcome="queued", queued_at=now, **known)
    if asked.request.system_prompt:
        prompt = store.folder / "system_prompt.txt"
        prompt.write_text(asked.request.system_prompt, encoding="utf-8")
        settings = settings.model_copy(update={"system_prompt": str(prompt)})
    keep(store, settings, delivery, NO_MODELS, secrets_of(environment))
    if withheld := store.facts["withheld"]:
        shutil.rmtree(store.folder)
        raise _holds_key(", ".join(withheld))
    event = {"event": "queued", "run_id": store.run_id, "project": str(asked.project), "options": asked.options}
    append_event(store.events_file, event)
    return store


def without_keys(caller: Caller, environment: Environment) -> Caller:
    """``caller`` without a state that holds a key: it is kept with the run."""
    return (caller[0], caller[1] if mask(caller[1], secrets_of(environment)) == caller[1] else "")


def _holds_key(what: str) -> Problem:
    return Problem(422, f"{what} holds one of the keys that are configured: leave it out.")


def _delivery(asked: Asked) -> DeliveryOptions:
    request = asked.request
    wanted: dict[str, Any] = {name: value for name in _DELIVERY if (value := getattr(request, name))}
    if request.approve:
        wanted["approve"] = True
    delivery = DeliveryOptions(apply=not request.no_apply, **wanted)
    try:
        delivery.check(asked.project)
    except UsageError as error:  # no repository, or a branch that is there already: the state of the project
        raise Problem(409, str(error)) from None
    return delivery


def _refuse_unsafe(request: RunRequest, config: ServerConfig) -> None:
    if config.unsafe_options:
        return
    given = [name for name in ("test_command", "allow_network") if getattr(request, name)]
    given += ["sandbox"] if request.sandbox in _WEAK else []
    if given:
        raise Problem(403, f"this server does not allow {', '.join(given)}: it was started without --unsafe-options.")
