"""Keys taken out of what a face shows or keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..core.settings import Environment
    from ..providers.registry import LegSpec

Hide = Callable[[str], str]


def hider(environment: Environment, specs: Iterable[LegSpec] = ()) -> Hide:
    """What takes the keys of ``environment`` and ``specs`` out of a text, and nothing else: a patch stays a patch."""
    from ..providers.masking import mask_values, secrets_of

    secrets = secrets_of(environment, specs)
    return lambda text: mask_values(text, secrets)


def hidden(value: Any, hide: Hide) -> Any:
    """``value``, of JSON types, with every string in it passed through ``hide``."""
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, dict):
        return {key: hidden(item, hide) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [hidden(item, hide) for item in value]
    return value
