"""House rules for every test: in continuous integration (``CI=true``) a skip is a failure, so that no tool goes missing
unseen; tests that need a real key carry the marker ``live`` and are not selected unless asked for. The active Python
environment of every test is one with pytest alone, see ``support.subject``.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Generator
from pathlib import Path

import pytest

from support import subject

_INSTALLED = Path(pwd.getpwuid(os.getuid()).pw_dir) / ".rustup"
if not (Path.home() / ".rustup/toolchains").is_dir() and (_INSTALLED / "toolchains").is_dir():
    # The toolchain stays where it was installed, also when HOME is an empty folder for this run.
    os.environ.setdefault("RUSTUP_HOME", str(_INSTALLED))
subject.activate()

_CI = os.environ.get("CI", "").lower() == "true"


def pytest_report_header(config: pytest.Config) -> str:
    live = "selected" if config.option.markexpr != "not live" else "deselected (run them with: pytest -m live)"
    return f"live tests, which need real keys: {live}; a skip {'fails' if _CI else 'would fail'} in CI"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """``-n auto``: half as many again as processors, for many tests wait: for a server, a lock, a limit of time."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else (os.cpu_count() or 2) * 3 // 2


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if _CI and report.skipped and not hasattr(report, "wasxfail"):
        _fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if _CI and report.skipped:
        _fail(report)
    return report


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"{reason}\nSkipped, and in continuous integration nothing may be skipped."
