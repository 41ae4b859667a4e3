"""Who may be asked for a fix: the user's own models, the services that are configured, the search without a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..core.domain import Usage
from ..core.settings import Environment, Settings, load_settings
from ..providers.own import arranged, services_of
from ..providers.pricing import priced
from ..providers.registry import OFFLINE, LegSpec, configured, survey
from ..providers.startup import startup_lines


@dataclass(frozen=True)
class OwnModels:
    """The user's own models for a run. ``order`` are all names as the user gave them, where that was done."""

    specs: tuple[LegSpec, ...] = ()
    order: Sequence[str] | None = None


NO_MODELS = OwnModels()


def settings_with(
    own: OwnModels, project: Path, environment: Environment, options: Mapping[str, Any]
) -> tuple[Settings, OwnModels]:
    """The settings for ``options``, whose ``providers`` may name ``own`` models too, and these with their places."""
    wanted = options.get("providers")
    if wanted is None or not own.specs:
        return load_settings(project, environment, **options), own
    names = [name.strip() for name in (wanted.split(",") if isinstance(wanted, str) else wanted)]
    services = services_of(names, own.specs)
    settings = load_settings(project, environment, **{**options, "providers": services or None})
    alone = {} if services else {"providers": ()}
    return settings.model_copy(update=alone), replace(own, order=names)


@dataclass(frozen=True)
class Legs:
    """The models in order, whether the search stands behind them, and what to say of it at the start."""

    specs: tuple[LegSpec, ...]
    offline: bool
    lines: tuple[str, ...]

    @property
    def strategies(self) -> frozenset[str]:
        """The ways to a fix: ``llm``, ``offline``."""
        return frozenset((["llm"] if self.specs else []) + (["offline"] if self.offline else []))


def legs_of(settings: Settings, environment: Environment, own: OwnModels) -> Legs:
    """The legs that ``settings`` want and ``environment`` has keys for."""
    offline = settings.providers is None or OFFLINE in settings.providers
    order = own.order or settings.providers
    specs = arranged(own.specs, configured(environment, settings.providers, settings.model), order)
    if settings.providers == (OFFLINE,) and not own.specs:
        return Legs(specs, offline, ("Offline, as asked: no model is called.",))
    found = arranged(own.specs, survey(environment, settings.providers, settings.model), order)
    return Legs(specs, offline, (*startup_lines(found, offline), *_uncounted(specs, settings)))


def _uncounted(specs: Sequence[LegSpec], settings: Settings) -> list[str]:
    """A budget in money cannot see what a model of unknown price costs: said before any is spent."""
    if settings.budget_usd is None:
        return []
    unknown = [f"{spec.provider} {spec.model}" for spec in specs if priced(spec, Usage(1, 1)).cost_usd is None]
    if not unknown:
        return []
    return [f"The price of {', '.join(unknown)} is unknown: --budget-usd does not count it, --budget-tokens does."]
