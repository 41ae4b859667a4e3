"""The commands and the program of docs/generate.md run as they stand there, with a scripted model behind them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.cases import link_packages
from support.command_line import CommandLine
from support.generations import SAMPLES, answer
from support.node import installed
from support.scripted_server import ScriptedServer

PAGE = (Path(__file__).parents[2] / "docs/generate.md").read_text("utf-8")


def shown(kind: str) -> str:
    """The only block of that language."""
    (text,) = re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(text)


def mended(framework: str) -> str:
    """An answer with nothing to repair."""
    sample = SAMPLES[framework]
    return answer(dict(sample.files) | {sample.code: sample.mended})


def test_the_commands(with_model: Callable[..., CommandLine], folder: Path, server: ScriptedServer) -> None:
    """But for the packages: those are here already, where ``--install`` would bring them."""
    first, second, third = shown("sh").splitlines()
    aion = with_model(mended("pytest"), mended("go"), mended("vitest"))
    (folder / "cart.md").write_text("A cart that adds up.\n", "utf-8")
    (folder / "cart").mkdir()
    link_packages(installed(SAMPLES["vitest"].packages or ""), folder / "cart" / "node_modules")
    assert " --install" in third
    for line in (first, second, third.replace(" --install", "")):
        words = line.replace("aion-r ", f"{sys.executable} -m aion_r ", 1)
        done = subprocess.run(["sh", "-euc", words], cwd=folder, env=aion.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "roman" / SAMPLES["go"].code).is_file() and (folder / "cart" / SAMPLES["vitest"].code).is_file()
    assert "A cart that adds up." in str(server.calls()[-1].json["messages"])
    assert server.idle()


def test_the_program(server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    sample = SAMPLES["pytest"]
    server.reply("openai", sample.answer, sample.fix)
    for name, value in (server.environment("openai") | {"AION_R_HOME": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    exec(compile(shown("python"), "generate.md", "exec"), {"__name__": "__main__"})
    first, second = capsys.readouterr().out.splitlines()[:2]
    assert first == "openai ['pyproject.toml', 'stack.py', 'test_stack.py']" and second.startswith("repaired ")
