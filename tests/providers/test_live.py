"""A tiny real call to each service whose key the environment holds: ``pytest -m live``."""

from __future__ import annotations

import pytest

from aion_r.core.settings import read_environment
from aion_r.providers.check import check
from aion_r.providers.registry import PROVIDERS, configured


@pytest.mark.live
@pytest.mark.parametrize("provider", list(PROVIDERS))
def test_the_service_answers(provider: str) -> None:
    specs = configured(read_environment(), (provider,))
    if not specs:
        pytest.skip(f"no key for {PROVIDERS[provider].title}: set {PROVIDERS[provider].variables}")
    (record,) = check(specs)
    assert record.ok, record.error
    assert record.usage.input_tokens > 0
