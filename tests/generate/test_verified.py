"""``generate --verify``: for each framework a project with a bug on purpose, run and repaired by its real tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support.cases import link_packages
from support.command_line import CommandLine, document
from support.generations import SAMPLES, Sample
from support.node import installed
from support.scripted_server import ScriptedServer

Configure = Callable[..., CommandLine]


RUN = [name for name in SAMPLES if name not in ("mocha", "vitest")]
"""Their other kinds are run; of these two the files alone are looked at."""


@pytest.mark.parametrize("sample", [SAMPLES[name] for name in RUN], ids=RUN)
def test_what_is_generated_with_a_bug_ends_green(
    sample: Sample, with_model: Configure, folder: Path, server: ScriptedServer
) -> None:
    out = folder / "out"
    if sample.packages:
        out.mkdir()
        link_packages(installed(sample.packages), out / "node_modules")
    aion = with_model(sample.answer, sample.fix)
    asked = ("A stack", "--language", sample.language, "--framework", sample.framework)
    done = aion.call("generate", *asked, "--out", "out", "--verify", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = document(done.stdout)
    verified = told["verified"]
    assert (verified["outcome"], verified["iterations_completed"]) == ("repaired", 1)
    assert verified["initial_test_results"]["failed_tests"] == 1
    final = verified["final_test_results"]
    assert (final["framework"], final["passed_tests"], final["failed_tests"]) == (sample.framework, 2, 0)
    assert (out / sample.code).read_text() == sample.mended == told["files"][sample.code] == told["code"]
    (tests,) = told["tests"]
    assert (out / tests).read_text() == told["tests"][tests] == sample.files[tests]
    assert all((out / path).read_text() == text for path, text in told["files"].items())
    assert [call.json["model"] for call in server.calls()] == ["gpt-4o-mini"] * 2
