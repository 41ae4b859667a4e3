"""How a Node test framework is started so that it answers requests: the adapter's own command with a part of ours."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ...frameworks.node.node_framework import SETTINGS, NodeFramework
from ...frameworks.protocol import TestJob
from ...sandbox.protocol import Command
from ..variants import SWITCH

_GUESTS: Mapping[str, tuple[str, ...]] = {
    "jest": ("node_jest.cjs", "node_jest_tests.cjs"),
    "mocha": ("node_mocha.cjs", "node_mocha_modules.cjs", "node_mocha_imports.mjs"),
    "vitest": ("node_vitest.mjs", "node_vitest_worker.mjs"),
}
_SHARED = ("node_requests.cjs", "node_leavings.cjs")
_UNCHECKED = {"TS_NODE_TRANSPILE_ONLY": "true"}
"""The compiler's complaints are for the whole run that confirms a repair."""


def warm_command(framework: NodeFramework, job: TestJob, files: Sequence[str]) -> Command | None:
    """The command of a process that runs tests of ``files`` on request; ``None`` where it would be several."""
    usual = framework.command(replace(job, ids=tuple(files)))
    if any(Path(word).name == "aion_r_node_packages.cjs" for word in usual.argv):
        return None
    env = {**usual.env, **_UNCHECKED, "AION_R_BENCH_FIRST": str(job.root / files[0])}
    argv = usual.argv
    if "AION_R_NODE_RUN" in env:
        run = json.loads(env["AION_R_NODE_RUN"])
        env["AION_R_NODE_RUN"] = json.dumps({**run, "arguments": _with_ours(framework.name, job.out, run["arguments"])})
    else:
        argv = tuple(_with_ours(framework.name, job.out, argv))
    settings = json.dumps({"files": None}).encode()  # every request tells its own
    names = (*_GUESTS[framework.name], *_SHARED)
    own = {f"aion_r_{name}": (Path(__file__).parent / name).read_bytes() for name in names}
    return replace(usual, argv=argv, env=env, files={**usual.files, SETTINGS: settings, **own})


def cold_command(framework: NodeFramework, job: TestJob, number: int) -> Command:
    """The command that runs the tests of ``job`` once, with one variant in force."""
    usual = framework.command(job)
    return replace(usual, env={**usual.env, **_UNCHECKED, SWITCH: str(number)})


def builds(command: Command) -> bool:
    """Whether something is built before the tests are run, so that a process serves one build only."""
    return command.argv[0] == "/bin/sh"


def _with_ours(framework: str, out: Path, words: Sequence[str]) -> list[str]:
    """The words of a call with our part: the adapter's own part of Mocha takes what is there when it is loaded."""
    guest = str(out / f"aion_r_{_GUESTS[framework][0]}")
    if framework == "mocha":
        at = words.index("--reporter")
        return [*words[:at], "--require", guest, *words[at:]]
    if framework == "jest":
        return [*words, f"--runner={guest}"]
    return [*words, f"--reporter={guest}"]
