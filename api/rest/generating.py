"""Code from requirements, as a worker's job."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from ...core.settings import read_environment
from ..hiding import hidden, hider


async def generated(job: dict[str, Any]) -> dict[str, Any]:
    """The document of ``aion-r generate --json``. Raises ``AionError``."""
    from ..generation import generate
    from ..tracing.flushing import FLUSH_SECONDS
    from ..tracing.observed import called_from, send

    asked = {name: value for name, value in job["asked"].items() if value is not None}
    environment = await asyncio.to_thread(read_environment, Path.cwd())
    try:
        with called_from(*job["caller"]):
            made = await generate(asked.pop("requirements"), environment=environment, **asked)
    finally:
        await send(FLUSH_SECONDS)
    document: dict[str, Any] = hidden(json.loads(json.dumps(made.to_dict())), hider(environment))
    return document
