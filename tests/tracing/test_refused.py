"""What was asked for and cannot be done, of spans and of logs: told before a run begins."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aion_r import AutocorrectionCycle
from aion_r.core.errors import UsageError
from support.projects import CALC, calc

Cycle = Callable[..., AutocorrectionCycle]


@pytest.mark.parametrize(
    ("variables", "missing", "said"),
    [
        ({"AION_R_TRACING": "1"}, "opentelemetry.sdk.trace", "pip install 'aion-r[tracing]'"),
        ({"AION_R_TRACING": "perhaps"}, "", "AION_R_TRACING is 'perhaps': give 1 or 0"),
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "", "give otlp, console or none"),
        ({"AION_R_LOG": "xml"}, "", "AION_R_LOG is 'xml': give json or console"),
        ({"AION_R_LOG": "json", "AION_R_LOG_LEVEL": "loud"}, "", "AION_R_LOG_LEVEL is 'loud': give one of debug, info"),
        ({"AION_R_LOG": "json"}, "structlog", "pip install 'aion-r[tracing]'"),
    ],
)
def test_what_cannot_be_done_is_told(
    cycle: Cycle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    missing: str,
    said: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if missing:
        monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(UsageError) as caught:
        cycle().run_autocorrection(calc(tmp_path / "project"))
    assert said in str(caught.value)
    assert (tmp_path / "project/calc.py").read_text() == CALC
