"""What a face does not need it does not import: start-up is most of what users feel."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "asyncio", "fastapi", "groq", "httpx", "huggingface_hub", "langchain_core", "langgraph", "mcp", "openai",
    "opentelemetry", "pydantic", "rich", "starlette", "structlog", "uvicorn",
}  # fmt: skip


def imported(*arguments: str, cwd: str) -> set[str]:
    """Top-level modules after ``aion-r`` ran with ``arguments``."""
    program = (
        "import contextlib, io, json, sys\nfrom aion_r.api.cli import main\n"
        f"sys.argv = ['aion-r', *{list(arguments)!r}]\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit): main()\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=cwd, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("fix", "--help"),
        ("test", "--help"),
        ("runs", "--help"),
        ("undo", "-h"),
        ("review", "-h"),
        ("look", "-h"),
        ("bench", "providers", "-h"),
        ("serve", "-h"),
        ("mcp", "-h"),
        ("generate", "-h"),
    ],
)
def test_help_imports_click_and_little_else(arguments: tuple[str, ...], tmp_path: object) -> None:
    modules = imported(*arguments, cwd=str(tmp_path))
    assert "click" in modules
    assert modules & HEAVY == set()


def test_help_of_the_program_imports_no_command(tmp_path: object) -> None:
    code = (
        "import sys, contextlib, io\nfrom aion_r.api.cli import program\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit): program.main(['--help'])\n"
        "print([name for name in sys.modules if name.startswith('aion_r.') and name.count('.') > 1])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=str(tmp_path), check=True)
    wanted = ["aion_r.api.cli", "aion_r.api.commands", "aion_r.api.commands.boundary", "aion_r.api.commands.options"]
    light = ["aion_r.api.hiding", "aion_r.core.display", "aion_r.core.watching"]  # which import nothing of ours
    assert sorted(eval(done.stdout)) == sorted([*wanted, *light])


@pytest.mark.parametrize("arguments", [("providers",), ("runs", "list"), ("runs", "export", "--out", "x"), ("test",)])
def test_these_need_neither_langchain_nor_langgraph_nor_rich(arguments: tuple[str, ...], tmp_path: object) -> None:
    modules = imported(*arguments, cwd=str(tmp_path))
    assert modules & {"langchain_core", "langgraph", "openai", "groq", "rich"} == set()
