"""Live tests that were asked for and skipped say why, also without ``-rs``."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if "live" not in config.option.markexpr or config.option.markexpr == "not live":
        return
    for report in terminalreporter.getreports("skipped"):
        if isinstance(report.longrepr, tuple):
            terminalreporter.write_line(report.longrepr[2])
