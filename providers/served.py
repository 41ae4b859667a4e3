"""Which models an account can use, asked from the service's own list when it does not know the one it was asked for."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from ..core.errors import ProviderError
from .clients import client_options
from .errors import shorten
from .registry import LegSpec

_SECONDS = 5.0
_SHOWN = 8


async def models(spec: LegSpec) -> tuple[str, ...]:
    """The ids that ``{base address}/models`` lists; none where the service has no such list or does not answer."""
    import httpx

    key = spec.key.get_secret_value() if spec.key else ""
    options = client_options(spec.base_url) | {"event_hooks": {}}
    try:
        async with httpx.AsyncClient(timeout=_SECONDS, **options) as client:
            response = await client.get(f"{spec.base_url}/models", headers={"Authorization": f"Bearer {key}"})
            response.raise_for_status()
            return _ids(response.json())
    except (httpx.HTTPError, ValueError):
        return ()


async def with_suggestions(error: ProviderError, spec: LegSpec) -> ProviderError:
    """``error`` with the ids that are served, the nearest name first; or what an address without a list means."""
    ids = await models(spec)
    if ids:
        wanted = spec.model.rsplit("/", 1)[-1]
        near = get_close_matches(wanted, [name.rsplit("/", 1)[-1] for name in ids], n=3, cutoff=0.4)
        ordered = sorted(ids, key=lambda name: _rank(name.rsplit("/", 1)[-1], near))
        more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
        hint = f"It serves {', '.join(ordered[:_SHOWN])}{more}."
    elif spec.own_address:
        hint = f"If {spec.base_url} is not where its API starts, correct {spec.row.base_url_name}."
    else:
        hint = f"Its default here is {spec.row.default_model}."
    fields: dict[str, Any] = {"provider": error.provider, "model": error.model, "status": error.status}
    return ProviderError(error.kind, f"{error} {shorten(hint, 600)}", **fields)


def _rank(name: str, near: list[str]) -> int:
    return near.index(name) if name in near else len(near)


def _ids(document: Any) -> tuple[str, ...]:
    rows = document.get("data") or document.get("result") or [] if isinstance(document, dict) else document
    rows = rows if isinstance(rows, list) else []
    names = [row.get("id") or row.get("name") for row in rows if isinstance(row, dict)]
    return tuple(sorted(name for name in names if isinstance(name, str)))
