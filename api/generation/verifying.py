"""What a repair of generated code may still cost, and what it makes of the files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...core.documents import RepairResult
from ...core.domain import ErrorKind, Usage
from ...core.errors import ProviderError
from ...core.settings import Settings
from .asking import Generated


def left_of(settings: Settings, usage: Usage, seconds: float) -> dict[str, Any]:
    """The limits of ``settings`` less what the generation took. Raises ``ProviderError`` (4) where nothing is left."""
    limits = (
        ("budget_usd", settings.budget_usd, usage.cost_usd or 0.0),
        ("budget_tokens", settings.budget_tokens, usage.input_tokens + usage.output_tokens),
        ("time_limit", settings.time_limit, seconds),
    )
    left = {name: limit - used for name, limit, used in limits if limit is not None}
    spent = [name.replace("_", "-") for name, rest in left.items() if rest <= 0]
    if spent:
        over = ProviderError(ErrorKind.TOO_LARGE, f"not verified: nothing is left of --{' and --'.join(spent)}")
        over.exit_code = 4
        raise over
    return left


def with_repairs(generated: Generated, result: RepairResult | None) -> Generated:
    """``generated`` as a repair that made all tests pass has left it."""
    if result is None or not result.success or not isinstance(result.final_code, dict):
        return generated
    changed = result.final_code
    code = generated.code
    tests = code.tests if isinstance(code.tests, dict) else {}
    main = next((path for path, text in code.files.items() if text == code.code), "")
    files = code.files | {path: text for path, text in changed.items() if path not in tests}
    return replace(generated, code=replace(code, files=files, code=files.get(main, code.code)))
