"""What every pytest session pays at its start, paid once in the master, before anyone forks."""

from __future__ import annotations

import importlib
import os
from typing import Any, List

_GROUP = "pytest11"


def preload() -> None:
    """Import pytest's own plugins and the installed ones, and remember where the installed ones are declared."""
    import _pytest.config as config
    import pytest  # noqa: F401

    for name in config.default_plugins:
        importlib.import_module("_pytest." + name)
    if not os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        _remember_plugins(config)


def _remember_plugins(config: Any) -> None:
    import importlib.metadata as metadata

    import pluggy

    declaring = [d for d in metadata.distributions() if any(e.group == _GROUP for e in d.entry_points)]
    for distribution in declaring:
        for entry in distribution.entry_points:
            if entry.group == _GROUP:
                _load(entry)
    original = pluggy.PluginManager.load_setuptools_entrypoints

    def load(self: Any, group: str, name: Any = None) -> int:
        everything = metadata.distributions
        metadata.distributions = lambda **_: iter(declaring)
        try:
            return original(self, group, name)
        finally:
            metadata.distributions = everything

    pluggy.PluginManager.load_setuptools_entrypoints = load  # type: ignore[method-assign]
    # it reads every distribution's list of files to rewrite asserts in plugins; they are imported by now
    config.Config._mark_plugins_for_rewrite = lambda *_, **__: None


def _load(entry: Any) -> List[Any]:
    try:
        return [entry.load()]
    except Exception:  # noqa: BLE001 - a plugin that cannot be imported is pytest's to report, when it comes to it
        return []
