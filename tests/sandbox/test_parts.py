"""The parts that need no process: environment, bounded output, stale folders."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from aion_r.core.domain import Patch
from aion_r.tools.sandbox.capture import BoundedOutput
from aion_r.tools.sandbox.environment import is_allowed, scrubbed
from aion_r.tools.sandbox.protocol import Command, Sandbox
from aion_r.tools.sandbox.quota import Quota, running
from aion_r.tools.sandbox.scratch import ScratchFolder, remove_tree, sweep

SECRETS = ["OPENAI_API_KEY", "GITHUB_TOKEN", "HF_TOKEN", "AWS_PROFILE", "AZURE_TENANT"]
SECRETS += ["GOOGLE_APPLICATION_CREDENTIALS", "SSH_AUTH_SOCK", "DB_PASSWORD", "LC_TOKEN"]
KEPT = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "VIRTUAL_ENV", "PYTHONPATH", "GOFLAGS", "GOPROXY", "CARGO_HOME", "CI"]


@pytest.mark.parametrize("name", SECRETS)
def test_secret_names_are_dropped(name: str) -> None:
    assert not is_allowed(name)
    assert name not in scrubbed({name: "x"})


def test_known_names_are_kept_and_unknown_ones_dropped() -> None:
    environ = {name: f"value of {name}" for name in [*KEPT, "MY_OWN_SETTING", "TERM"]}
    assert scrubbed(environ) == {**{name: f"value of {name}" for name in KEPT}, "TERM": "dumb"}


def test_logins_in_addresses_are_dropped() -> None:
    kept = scrubbed({"GOPROXY": "https://me:pw@proxy.example", "GOFLAGS": "-mod=mod", "PYTHONPATH": "/a//b@c:/d"})
    assert set(kept) == {"GOFLAGS", "TERM"} | ({"PYTHONPATH"} if "PYTHONPATH" in kept else set())
    assert "GOPROXY" not in kept


def test_commands_get_the_scrubbed_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "hush-hush")
    with sandbox.view(Patch()) as view:
        seen = view.run(Command(("env",), env={"GIVEN": "1"}), 30).output.decode()
    assert "hush-hush" not in seen
    assert {"GIVEN=1", "TERM=dumb"} <= set(seen.splitlines())


@pytest.mark.parametrize("step", [1, 7, 100, 5000])
def test_bounded_output_keeps_head_and_tail(step: int) -> None:
    data = bytes(range(256)) * 8
    for size in (0, 5, 20, 21, 40, len(data)):
        output = BoundedOutput(head=10, tail=10)
        for start in range(0, size, step):
            output.feed(data[start : min(start + step, size)])
        value = output.value()
        assert output.truncated == (size > 20)
        if size <= 20:
            assert value == data[:size]
        else:
            assert value.startswith(data[:10]) and value.endswith(data[size - 10 : size])
            assert f"{size - 20} bytes".encode() in value


def test_sweep_removes_the_abandoned_only(tmp_path: Path) -> None:
    held, newborn, old, foreign = (
        ScratchFolder(tmp_path),
        tmp_path / "view-new",
        tmp_path / "view-old",
        tmp_path / "other",
    )
    for folder in (newborn, old, foreign):
        folder.mkdir()
    os.utime(old, (time.time() - 3600,) * 2)
    assert sweep(tmp_path) == 1
    assert {p.name for p in tmp_path.iterdir()} == {held.path.name, "view-new", "other"}
    held.close()
    held.close()
    assert not held.path.exists()
    assert sweep(tmp_path / "nowhere") == 0


def test_remove_tree_follows_no_link(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    for folder in (outside, inside / "locked" / "deep"):
        folder.mkdir(parents=True)
    (outside / "precious").write_text("x")
    (inside / "link").symlink_to(outside)
    (inside / "locked" / "deep").chmod(0)
    (inside / "locked").chmod(0)
    assert remove_tree(inside)
    assert (outside / "precious").read_text() == "x"


def test_the_users_other_processes_do_not_use_up_the_quota_of_a_copy() -> None:
    quota = Quota(processes=60)
    assert quota.rlimits(running())["RLIMIT_NPROC"] > quota.ids, "this process counts"
    assert quota.rlimits()["RLIMIT_NPROC"] == quota.ids
