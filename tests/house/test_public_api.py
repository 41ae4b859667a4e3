"""What users import: one sorted ``__all__``, and nothing heavy before it is needed."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import aion_r

HEAVY = (
    "groq",
    "httpx",
    "huggingface_hub",
    "langchain",
    "langgraph",
    "openai",
    "pydantic",
    "tokenizers",
    "transformers",
)
SERVICES = tuple(name for name in HEAVY if name not in ("httpx", "pydantic"))


def modules_after(code: str) -> set[str]:
    """The top-level names in ``sys.modules`` after ``code`` has run in a fresh interpreter."""
    program = f"{code}\nimport json, sys\nprint(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def heavy(modules: set[str], names: tuple[str, ...]) -> set[str]:
    return {module for module in modules if module.startswith(names)}


def test_all_is_sorted_and_complete() -> None:
    assert aion_r.__all__ == sorted(set(aion_r.__all__))
    contract = {"AutocorrectionCycle", "GeneratedCode", "LLMRequest", "as_tool", "build_graph", "create_llm"}
    assert contract <= set(aion_r.__all__)


@pytest.mark.parametrize("name", aion_r.__all__)
def test_every_public_name_exists(name: str) -> None:
    assert getattr(aion_r, name).__name__ == name
    assert name in dir(aion_r)


def test_type_checkers_see_the_same_names(root: Path) -> None:
    tree = ast.parse((root / "__init__.py").read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    homes = {
        alias.name: f".{statement.module}"
        for statement in guarded.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert homes == aion_r._HOME
    assert sorted(homes) == aion_r.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'repair_everything'"):
        _ = aion_r.repair_everything


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert heavy(modules_after("import aion_r"), HEAVY) == set()


def test_the_records_do_not_need_a_graph() -> None:
    assert heavy(modules_after("from aion_r import GeneratedCode"), SERVICES) == set()


def test_help_imports_no_graph_and_no_service() -> None:
    code = """
import contextlib, io, sys
from aion_r.api.cli import main
sys.argv = ["aion-r", "--help"]
with contextlib.redirect_stdout(io.StringIO()) as shown, contextlib.suppress(SystemExit):
    main()
assert "fix" in shown.getvalue(), shown.getvalue()
"""
    assert heavy(modules_after(code), SERVICES) == set()
