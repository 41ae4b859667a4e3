"""The pre-push hook in a real repository, and the lines of the GitLab pipeline as its runner would run them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.command_line import BUGGY, REPLACE, SEARCH

from .conftest import BIN, git, plain


@pytest.fixture
def remote(checkout: Path, tmp_path: Path) -> Path:
    """Where ``checkout`` pushes to."""
    bare = tmp_path / "remote.git"
    git(tmp_path, "init", "-q", "--bare", str(bare))
    git(checkout, "remote", "add", "origin", str(bare))
    return bare


@pytest.fixture
def hooked(checkout: Path, remote: Path, root: Path) -> Path:
    """``checkout`` with the hook in it."""
    shutil.copy2(root / "examples" / "pre-push", checkout / ".git" / "hooks" / "pre-push")
    git(checkout, "config", "aion-r.project", "shop")
    return checkout


def push(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = plain(folder, **variables)
    command = ["git", "push", "origin", *(arguments or ("main",))]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def test_a_push_with_failing_tests_is_refused_and_the_repair_is_offered(hooked: Path, remote: Path) -> None:
    done = push(hooked)
    assert done.returncode == 1
    assert git(remote, "branch", "--list") == ""
    assert (hooked / "shop" / "cart.py").read_text() == BUGGY
    offered = done.stderr[done.stderr.index("git apply") :].splitlines()[0]
    subprocess.run(["sh", "-euc", offered], cwd=hooked, check=True, env=plain(hooked))
    assert "result += price" in (hooked / "shop" / "cart.py").read_text()
    git(hooked, "commit", "-qam", "Repaired")
    done = push(hooked)
    assert done.returncode == 0, done.stderr
    assert "main" in git(remote, "branch", "--list")
    assert not (hooked / ".git" / "aion-r.patch").exists()


def test_deleting_a_branch_runs_no_tests(hooked: Path, remote: Path) -> None:
    git(hooked, "push", "-q", "--no-verify", "origin", "main:old")
    done = push(hooked, "--delete", "old", PATH="/usr/bin:/bin")
    assert done.returncode == 0, done.stderr
    assert git(remote, "branch", "--list") == ""


def test_gits_own_variables_do_not_lead_tests_into_this_repository(hooked: Path, tmp_path: Path) -> None:
    """git tells its hooks by variables where the repository is; a test that makes one itself must not hear of it."""
    heard = tmp_path / "heard"
    stand_in = tmp_path / "bin" / "aion-r"
    stand_in.parent.mkdir()
    stand_in.write_text(f"#!/bin/sh\nenv > '{heard}'\n")
    stand_in.chmod(0o755)
    done = push(hooked, GIT_DIR=str(hooked / ".git"), PATH=f"{stand_in.parent}:/usr/bin:/bin")
    assert done.returncode == 0, done.stderr
    names = {line.split("=")[0] for line in heard.read_text().splitlines()}
    local = set(git(hooked, "rev-parse", "--local-env-vars").split())
    assert "GIT_DIR" in local and not names & local


def test_without_aion_r_nothing_is_pushed_unseen(hooked: Path) -> None:
    done = push(hooked, PATH="/usr/bin:/bin")
    assert done.returncode == 1
    assert "aion-r: not found" in done.stderr


@pytest.fixture(scope="module")
def pipeline() -> dict[str, Any]:
    document = yaml.safe_load((Path(__file__).parents[2] / "examples" / "gitlab-ci.yml").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def job(pipeline: dict[str, Any], name: str, checkout: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs the job's script in ``checkout``, as one script that ends where a line fails."""
    base = pipeline[pipeline[name]["extends"]]
    given = base["variables"] | pipeline[name].get("variables", {}) | {"PROJECT": "shop"}
    given |= {"CI": "true", "GITLAB_CI": "true", "CI_PROJECT_DIR": str(checkout), "CI_PIPELINE_ID": "7"}
    given |= {"GITLAB_USER_NAME": "A User", "GITLAB_USER_EMAIL": "user@example.org", "AION_R_VENV": str(BIN.parent)}
    script = "\n".join(pipeline[name]["script"])
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=checkout, env=plain(checkout, **(given | variables)), capture_output=True, text=True, timeout=240,
    )  # fmt: skip


def test_gitlab_offers_a_repair(pipeline: dict[str, Any], checkout: Path) -> None:
    done = job(pipeline, "repair:offer", checkout)
    assert done.returncode == 0, done.stdout + done.stderr
    kept = checkout / pipeline["repair:offer"]["artifacts"]["paths"][0]
    assert sorted(path.name for path in kept.iterdir()) == ["fix.patch", "report.html"]
    git(checkout, "apply", "--directory=shop", str(kept / "fix.patch"))
    assert (checkout / "shop" / "cart.py").read_text() == BUGGY.replace(SEARCH, REPLACE)


def test_gitlab_commits_a_repair(pipeline: dict[str, Any], checkout: Path, remote: Path) -> None:
    git(checkout, "checkout", "-q", "--detach")  # as GitLab's runner leaves it
    done = job(pipeline, "repair:commit", checkout, AION_R_PUSH_TO=str(remote))
    assert done.returncode == 0, done.stdout + done.stderr
    pushed = git(remote, "show", "--format=%an <%ae>", "--stat", "aion-r/7")
    assert pushed.startswith("A User <user@example.org>\n")
    assert "shop/cart.py | 2 +-" in pushed


def test_gitlab_installs_into_an_environment_of_its_own(pipeline: dict[str, Any]) -> None:
    first, *others = pipeline[".aion-r"]["before_script"]
    assert '"$AION_R_VENV/bin/pip" install' in first
    assert not [line for line in others if "aion" in line.lower()]
