"""Whether a missing package alone explains a red suite: no code change repairs that, and no model is asked."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from ....core.domain import TestReport
from .node_project import packages

_MISSING = re.compile(
    r"Cannot find (?:module|package) '(?P<a>[^'\n]{1,300})'"
    r"|Failed to resolve (?:import|entry for package) [\"'](?P<b>[^\"'\n]{1,300})[\"']"
    r"|Preset (?P<c>[\w@/.-]+) not found|Module (?P<d>[\w@/.-]+) in the [\w]+ option was not found"
    r"|Test environment (?P<e>[\w@/.-]+) cannot be found|Cannot find dependency '(?P<f>[^'\n]{1,300})'"
)
_BUILT_IN = frozenset(
    [
        "assert",
        "async_hooks",
        "buffer",
        "child_process",
        "cluster",
        "console",
        "constants",
        "crypto",
        "dgram",
        "diagnostics_channel",
        "dns",
        "domain",
        "events",
        "fs",
        "http",
        "http2",
        "https",
        "inspector",
        "module",
        "net",
        "os",
        "path",
        "perf_hooks",
        "process",
        "punycode",
        "querystring",
        "readline",
        "repl",
        "stream",
        "string_decoder",
        "sys",
        "timers",
        "tls",
        "trace_events",
        "tty",
        "url",
        "util",
        "v8",
        "vm",
        "wasi",
        "worker_threads",
        "zlib",
        "test",
    ]
)
NEAR_MISS = 0.8
"""Similarity from which on a name is taken for a misspelling."""


def missing_dependency(root: Path, report: TestReport) -> str | None:
    """The package whose absence explains every failure of ``report``, or ``None``."""
    if not report.failures:
        return None
    names = {_missing(failure.message) for failure in report.failures}
    if len(names) != 1:
        return None
    name = names.pop()
    return name if name is not None and _is_dependency(root, name) else None


def _missing(text: str) -> str | None:
    match = _MISSING.search(text)
    if match is None:
        return None
    said = next(value for value in match.groups() if value)
    if said.startswith((".", "/", "#", "node:", "~", "@/")) or "\\" in said:
        return None
    parts = said.split("/")
    return "/".join(parts[:2]) if said.startswith("@") and len(parts) > 1 else parts[0]


def _is_dependency(root: Path, name: str) -> bool:
    """Not installed, and not a misspelling of what is declared or built in. What is declared is a dependency."""
    known = packages(root)
    declared = {dependency for package in known for dependency in package.declared}
    if any(package.installed(name) for package in known):
        return False
    if name in declared:
        return True
    own = {str(package.manifest.get("name")) for package in known}
    return not difflib.get_close_matches(name, [*declared, *own, *_BUILT_IN], 1, NEAR_MISS)
