"""The offline search of this process, less thorough: for tests of what comes before and after it."""

from __future__ import annotations

from functools import partialmethod

import pytest

from aion_r.tools.search_repair import SearchJob


@pytest.fixture(autouse=True)
def hasty_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first repair that is found is the best one soon: on two processors its rivals cost seconds, each time."""
    monkeypatch.setattr(SearchJob, "__init__", partialmethod(SearchJob.__init__, patience=0.2))
