"""Code from requirements, as a worker's job."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from ...core.settings import read_environment
from ..commands.boundary import hidden, hider


async def generated(job: dict[str, Any]) -> dict[str, Any]:
    """The document of ``aion-r generate --json``. Raises ``AionError``."""
    from ..generation import generate

    asked = {name: value for name, value in job["asked"].items() if value is not None}
    environment = await asyncio.to_thread(read_environment, Path.cwd())
    made = await generate(asked.pop("requirements"), environment=environment, **asked)
    document: dict[str, Any] = hidden(json.loads(json.dumps(made.to_dict())), hider(environment))
    return document
