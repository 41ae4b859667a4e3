"""What ``docs/ci.md`` shows: its shell lines run, and its workflow asks the action for what the action has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import yaml

from aion_r.api.commands.fix import fix

from .conftest import git, plain

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_shell_lines_run(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "checkout"
    shutil.copytree(root / "examples", folder / "examples")
    git(folder, "init", "-q")
    blocks = [text for language, text in BLOCK.findall((root / "docs" / "ci.md").read_text()) if language == "sh"]
    assert len(blocks) == 1
    done = subprocess.run(["sh", "-euc", blocks[0]], cwd=folder, env=plain(folder), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert os.access(folder / ".git" / "hooks" / "pre-push", os.X_OK)
    assert git(folder, "config", "aion-r.providers") == "offline\n"


def test_the_workflow_asks_for_what_there_is(root: Path) -> None:
    page = (root / "docs" / "ci.md").read_text(encoding="utf-8")
    action = yaml.safe_load((root / "action.yml").read_text(encoding="utf-8"))
    (shown,) = [text for language, text in BLOCK.findall(page) if language == "yaml"]
    steps = yaml.safe_load(shown)["jobs"]["repair"]["steps"]
    assert {step["uses"].split("@")[1] for step in steps if "uses" in step} == {"COMMIT"}
    (ours,) = [step for step in steps if step.get("id") == "aion-r"]
    assert set(ours["with"]) <= set(action["inputs"])
    assert set(re.findall(r"steps\.aion-r\.outputs\.([\w-]+)", shown)) <= set(action["outputs"])
    known = {name for parameter in fix.params for name in parameter.opts}
    assert set(re.findall(r"(--[a-z][a-z-]+)", page)) - known == {"--directory"}
