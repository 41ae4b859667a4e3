"""Which models an account can use, asked from the service's own list when it does not know the one it was asked for."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from ..core.errors import ProviderError
from .clients import client_options
from .registry import LegSpec
from .wording import shorten

_SECONDS = 3.0
_SHOWN = 8


async def models(spec: LegSpec) -> tuple[str, ...]:
    """The ids that the service lists; none where it has no list or does not answer."""
    import httpx

    parent = spec.base_url.rpartition("/")[0]
    places = dict.fromkeys((spec.row.models_at, "{base}/models"))  # a gateway keeps its list where OpenAI does
    options = client_options(spec.base_url) | {"event_hooks": {}, "timeout": _SECONDS}
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {spec.secret}"}, **options) as client:
        for place in places:
            try:
                response = await client.get(place.format(base=spec.base_url, parent=parent))
                ids = _ids(response.raise_for_status().json())
            except (httpx.HTTPError, ValueError):
                continue
            if ids:
                return ids
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
    """The ids of OpenAI's ``data``, of a bare list, or of Cloudflare's ``result``, where ``id`` is something else."""
    field = "id"
    if isinstance(document, dict):
        field = "name" if "result" in document else "id"
        document = document.get("data") or document.get("result")
    rows = document if isinstance(document, list) else []
    names = [row.get(field) for row in rows if isinstance(row, dict)]
    return tuple(sorted(name for name in names if isinstance(name, str)))
