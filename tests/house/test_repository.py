"""What is committed: nothing of one machine, every pin, every variable, every check."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from aion_r.core.settings import Environment, Settings, Source, load_settings
from aion_r.providers.registry import PROVIDERS
from support.requirements import canonical, closure, declared

MACHINE_PATH = re.compile(r"(?<![\w.}])/(?:root|work|Users|home)/\w")
LOCK_FILES = ("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "Cargo.lock", "go.sum", "poetry.lock", "uv.lock")

VARIABLES = {
    *("GROQ_API_KEY", "OPENAI_API_KEY", "GITHUB_TOKEN", "HUGGINGFACE_API_KEY", "HF_TOKEN"),
    *("CLOUDFLARE_API_KEY", "CLOUDFLARE_ACCOUNT_ID"),
    *("GROQ_MODEL", "OPENAI_MODEL", "GITHUB_MODELS_MODEL", "HUGGINGFACE_MODEL", "CLOUDFLARE_MODEL"),
    *("GROQ_BASE_URL", "OPENAI_BASE_URL", "GITHUB_MODELS_BASE_URL", "HUGGINGFACE_BASE_URL", "CLOUDFLARE_BASE_URL"),
    *("AION_R_PROVIDER_TIMEOUT", "MAX_AUTOCORRECTION_ITERATIONS", "MIN_IMPROVEMENT_THRESHOLD_PERCENT"),
    *("AION_R_HOME", "AION_R_ENV", "AION_R_DEBUG"),
    *("AION_R_TRACING", "AION_R_LOG", "AION_R_LOG_LEVEL"),
    *("AION_R_SERVE_TOKEN", "AION_R_SERVE_HOSTS", "AION_R_ROOTS"),
}
RENAMED = {"max_iterations", "min_improvement"}


def test_no_file_names_a_place_on_one_machine(root: Path, files: list[str]) -> None:
    found = []
    for name in files:
        text = (root / name).read_bytes().decode("utf-8", "replace")
        found += [f"{name}:{n}: {line}" for n, line in enumerate(text.splitlines(), 1) if MACHINE_PATH.search(line)]
    assert "pyproject.toml" in files
    assert found == []


def test_no_lock_file_holds_an_address(root: Path, files: list[str]) -> None:
    locks = [name for name in files if Path(name).name in LOCK_FILES]
    assert [name for name in locks if "://" in (root / name).read_text(encoding="utf-8")] == []


@pytest.mark.parametrize(("name", "ignored"), [(".env", True), (".env.production", True), (".env.example", False)])
def test_keys_cannot_be_committed_by_accident(root: Path, name: str, ignored: bool) -> None:
    done = subprocess.run(["git", "check-ignore", "--quiet", "--no-index", name], cwd=root)
    assert (done.returncode == 0) is ignored


def pins(root: Path) -> dict[str, str]:
    lines = (root / "constraints.txt").read_text(encoding="utf-8").split()
    assert all(re.fullmatch(r"[\w.-]+==[\w.+!]+", line) for line in lines), "only name==version"
    return {canonical(name): version for name, version in (line.split("==") for line in lines)}


def test_every_installed_requirement_is_pinned(root: Path) -> None:
    wanted = closure(declared(root) + declared(root, "dev"))
    assert wanted >= {"langgraph", "pytest", "httpcore"}
    assert sorted(wanted - set(pins(root))) == []


def test_langchain_core_is_one_that_installs(root: Path) -> None:
    major, minor, *_ = pins(root)["langchain-core"].split(".")
    assert (int(major), int(minor)) < (1, 8)


def example_variables(root: Path) -> dict[str, str]:
    """Variable → the value that ``.env.example`` shows for it, each commented out."""
    lines = (root / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(match.groups() for line in lines if (match := re.fullmatch(r"#([A-Z][A-Z0-9_]*)=(.*)", line)))


def test_the_example_environment_is_complete(root: Path) -> None:
    settings = {f"AION_R_{name.upper()}" for name in Settings.model_fields if name not in RENAMED}
    assert set(example_variables(root)) == {*VARIABLES, *settings}


def test_the_providers_read_the_same_variables() -> None:
    rows = PROVIDERS.values()
    single = {name for row in rows for name in (row.model_name, row.base_url_name, row.account_name) if name}
    read = single | {name for row in rows for name in row.key_names}
    assert read == {name for name in VARIABLES if not name.startswith(("AION_R_", "MAX_", "MIN_"))}


def test_the_example_environment_shows_the_defaults() -> None:
    root = Path(__file__).resolve().parents[2]
    shown = {name: value for name, value in example_variables(root).items() if value}
    assert "MAX_AUTOCORRECTION_ITERATIONS" in shown
    empty = Environment((Source("nothing", {}),))
    assert load_settings(environment=Environment((Source("example", shown),))) == load_settings(environment=empty)


@pytest.mark.parametrize("name", ["api", "core", "graph", "nodes", "providers", "tools"])
def test_lint_bans_a_second_copy_of_a_module(root: Path, name: str) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--stdin-filename", "tests/unit/test_x.py", "-"]
    source = f"import {name}\n\nprint({name})\n"
    done = subprocess.run(command, cwd=root, input=source, capture_output=True, text=True)
    assert "TID251" in done.stdout


def test_the_graph_is_found_by_the_langgraph_server(root: Path) -> None:
    config = json.loads((root / "langgraph.json").read_text(encoding="utf-8"))
    module, _, attribute = config["graphs"]["aion_r"].partition(":")
    kind = "from langgraph.graph.state import CompiledStateGraph as Compiled"
    code = f"import {module} as m; {kind}; print(isinstance(m.{attribute}, Compiled), m.{attribute}.checkpointer)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["True", "None"], done.stderr


def test_continuous_integration_runs_what_contributors_run(root: Path) -> None:
    lines = (root / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("make")] == [
        "make install",
        "make lint",
        "make types",
        "make test",
    ]
    assert "set -euo pipefail" in lines
    assert os.access(root / ".ci" / "run", os.X_OK)


def test_an_old_interpreter_is_told_what_is_needed(root: Path, tmp_path: Path) -> None:
    old = tmp_path / "python3"
    program = "import sys; sys.version_info = (3, 10, 99); exec(sys.argv.pop(1))"
    old.write_text(f'#!/bin/sh\n[ "$1" = -c ] && shift\nexec "{sys.executable}" -c "{program}" "$@"\n')
    old.chmod(0o755)
    environment = {"PATH": os.defpath, "PYTHON": str(old)}
    command = ["sh", str(root / ".ci" / "bootstrap"), str(tmp_path / "venv")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_an_interpreter_without_ensurepip_names_the_package(root: Path, tmp_path: Path) -> None:
    bare = tmp_path / "python3"
    bare.write_text(f'#!/bin/sh\ncase "$*" in *ensurepip*) exit 1;; esac\nexec "{sys.executable}" "$@"\n')
    bare.chmod(0o755)
    environment = {"PATH": os.defpath, "PYTHON": str(bare)}
    command = ["sh", str(root / ".ci" / "bootstrap"), str(tmp_path / "venv")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr
