"""``fix --commit`` and ``--branch`` on real repositories: exactly the written files, nothing else, never by force."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aion_r.core.errors import AionError
from aion_r.tools.workspace.git import Repository
from support.command_line import BUGGY, REPLACE, CommandLine, answer, document

Configure = Callable[..., CommandLine]


@pytest.fixture
def who(monkeypatch: pytest.MonkeyPatch, aion: CommandLine) -> CommandLine:
    """The command line of somebody whom git knows by ``~/.gitconfig`` alone."""
    (aion.home / ".gitconfig").write_text("[user]\n\tname = A User\n\temail = user@users.example\n")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(aion.home))
    aion.variables |= {"GIT_CONFIG_NOSYSTEM": "1"}
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return aion


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(("git", *arguments), cwd=root, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(who: CommandLine, project: Path) -> Path:
    (project / ".gitignore").write_text("__pycache__/\n")
    (project / "notes.txt").write_text("one\n")
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message=as found")
    return project


def state(root: Path) -> tuple[str, str, str]:
    """The last commit, the branch, and what is not committed."""
    return git(root, "rev-parse", "HEAD"), git(root, "branch", "--show-current"), git(root, "status", "--porcelain")


def test_the_written_file_is_committed_and_the_rest_stays_as_it_was(repository: Path, with_model: Configure) -> None:
    (repository / "notes.txt").write_text("two\n")
    git(repository, "add", "notes.txt")
    (repository / "notes.txt").write_text("three\n")
    (repository / "draft.py").write_text("")
    before = git(repository, "diff", "--cached")
    done = with_model(answer()).call("fix", "--commit", "--json")
    result = document(done.stdout)
    assert (done.returncode, result["applied"]) == (0, True), done.stderr
    head = git(repository, "rev-parse", "HEAD").strip()
    assert git(repository, "show", "--name-only", "--format=", "HEAD") == "cart.py\n"
    assert REPLACE in git(repository, "show", "HEAD:cart.py")
    assert git(repository, "log", "-1", "--format=%an <%ae>") == "A User <user@users.example>\n"
    assert git(repository, "log", "-1", "--format=%B").splitlines()[:6] == [
        "Fix test_cart.py::test_total",
        "",
        "Failing before:",
        "- test_cart.py::test_total: assert -6 == 6",
        "",
        "Found by openai (gpt-4o-mini)",
    ]
    assert git(repository, "status", "--porcelain") == "MM notes.txt\n?? draft.py\n"
    assert git(repository, "diff", "--cached") == before
    assert result["message"] == f"Committed as {head[:12]} on main."
    assert f"Committed as {head[:12]} on main." in done.stderr


def test_the_run_knows_its_commit(repository: Path, with_model: Configure) -> None:
    aion = with_model(answer())
    run_id = document(aion.call("fix", "--branch", "fix/cart", "--json").stdout)["run_id"]
    facts = document((aion.home / "runs" / run_id / "run.json").read_text())
    assert (facts["commit"], facts["branch"]) == (git(repository, "rev-parse", "HEAD").strip(), "fix/cart")


def test_branch_makes_one_and_leaves_the_old_one_alone(repository: Path, with_model: Configure) -> None:
    old = git(repository, "rev-parse", "main")
    done = with_model(answer()).call("fix", "--branch", "fix/cart")
    assert done.returncode == 0, done.stderr
    assert git(repository, "branch", "--show-current") == "fix/cart\n"
    assert git(repository, "rev-parse", "main") == old == git(repository, "rev-parse", "HEAD~1")
    assert git(repository, "status", "--porcelain") == ""


def test_a_dirty_file_is_written_but_not_committed(repository: Path, with_model: Configure) -> None:
    (repository / "cart.py").write_text("# mine\n" + BUGGY)
    before = git(repository, "rev-parse", "HEAD")
    done = with_model(answer()).call("fix", "--branch", "fix")
    assert done.returncode == 0
    assert "Not committed: cart.py had changes of your own that were not committed." in done.stdout
    assert "aion-r undo" in done.stdout
    assert state(repository) == (before, "main\n", " M cart.py\n")
    assert (repository / "cart.py").read_text() == "# mine\n" + BUGGY.replace("-=", "+=")


def test_a_new_file_is_committed_and_a_staged_one_beside_it_is_not(repository: Path, with_model: Configure) -> None:
    (repository / "draft.py").write_text("1\n")
    git(repository, "add", "draft.py")
    reply = "adding.py\n```python\ndef add(a, b):\n    return a + b\n```\n\n" + answer(
        "        from adding import add\n        result = add(result, price)"
    )
    done = with_model(reply).call("fix", "--commit")
    assert done.returncode == 0, done.stdout
    assert git(repository, "show", "--name-only", "--format=", "HEAD") == "adding.py\ncart.py\n"
    assert git(repository, "status", "--porcelain") == "A  draft.py\n"


def test_a_hook_that_fails_is_told_and_the_fix_stays(repository: Path, with_model: Configure) -> None:
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'no commits on Sundays' >&2\nexit 1\n")
    hook.chmod(0o755)
    before = git(repository, "rev-parse", "HEAD")
    done = with_model(answer()).call("fix", "--commit")
    assert done.returncode == 0
    assert "Written, but not committed: git commit: no commits on Sundays." in done.stdout
    assert state(repository) == (before, "main\n", " M cart.py\n")
    assert REPLACE in (repository / "cart.py").read_text()


def test_a_failed_commit_leaves_no_new_file_in_the_index(repository: Path) -> None:
    hook = repository / ".git" / "hooks" / "commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    (repository / "new[1].py").write_text("")
    with pytest.raises(AionError, match="git commit: exit status 1"):
        Repository(repository).commit(["new[1].py"], "a new file")
    assert git(repository, "status", "--porcelain") == "?? new[1].py\n"


def test_names_are_names_and_no_patterns(repository: Path) -> None:
    (repository / "*.txt").write_text("star\n")
    (repository / "notes.txt").write_text("two\n")
    Repository(repository).commit(["*.txt"], "# one file\n\n# and its reason\n")
    assert (
        git(repository, "show", "--name-only", "--format=%B", "HEAD") == "# one file\n\n# and its reason\n\n\n*.txt\n"
    )
    assert Repository(repository).dirty(["*.txt"]) == ()
    assert Repository(repository).dirty(["notes.txt"]) == ("notes.txt",)


@pytest.mark.parametrize("how", ["edited", "staged", "deleted", "untracked", "ignored"])
def test_what_counts_as_dirty(repository: Path, how: str) -> None:
    if how in ("edited", "staged"):
        (repository / "cart.py").write_text("")
    if how == "staged":
        git(repository, "add", "cart.py")
        (repository / "cart.py").write_text(BUGGY)
    if how in ("deleted", "untracked"):
        (repository / "cart.py").unlink()
    name = {"untracked": "fresh.py", "ignored": "__pycache__/cart.py"}.get(how, "cart.py")
    if how in ("untracked", "ignored"):
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_text("")
    assert Repository(repository).dirty([name]) != ()
    assert Repository(repository).dirty(["test_cart.py", "not_there_yet.py"]) == ()


def test_a_project_in_a_folder_of_its_repository(who: CommandLine, project: Path, with_model: Configure) -> None:
    outer = project.parent / "outer"
    (outer / "other").mkdir(parents=True)
    (outer / "other" / "cart.py").write_text("x = 1\n")
    project.rename(outer / "shop")
    git(outer, "init", "--quiet")
    git(outer, "add", ".")
    git(outer, "commit", "--quiet", "--message=as found")
    (outer / "other" / "cart.py").write_text("x = 2\n")
    aion = with_model(answer())
    aion.folder = outer
    done = aion.call("fix", "shop", "--commit")
    assert done.returncode == 0, done.stdout
    assert git(outer, "show", "--name-only", "--format=", "HEAD") == "shop/cart.py\n"
    assert git(outer, "status", "--porcelain") == " M other/cart.py\n"


def test_variables_that_point_elsewhere_do_not_count(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "--quiet", "elsewhere")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    (repository / "notes.txt").write_text("two\n")
    commit = Repository(repository).commit(["notes.txt"], "two")
    monkeypatch.undo()
    assert (repository / ".git" / "refs" / "heads" / "main").read_text().strip() == commit


def test_a_partial_repair_is_not_committed(repository: Path, with_model: Configure) -> None:
    tests = (repository / "test_cart.py").read_text()
    (repository / "test_cart.py").write_text(tests + "\n\ndef test_never():\n    assert total([1]) == 2\n")
    git(repository, "commit", "--quiet", "--all", "--message=more")
    before = git(repository, "rev-parse", "HEAD")
    aion = with_model(answer())
    done = aion.call("fix", "--commit", "--apply-partial", "--providers", "openai", "--max-iterations", "1")
    assert done.returncode == 1
    assert "Not committed: some tests still fail." in done.stdout
    assert state(repository) == (before, "main\n", " M cart.py\n")


WRONG = [
    ("-x", "git does not take this as the name of a branch"),
    ("a..b", "git does not take this as the name of a branch"),
    ("@{-1}", "git does not take this as the name of a branch"),
    ("main", "the branch main exists already"),
    ("main/more", "the branch main exists already"),
    ("topic", "the branch topic/one exists already"),
]


@pytest.mark.parametrize(("name", "said"), WRONG)
def test_a_wrong_branch_is_wrong_usage(repository: Path, who: CommandLine, name: str, said: str) -> None:
    git(repository, "branch", "topic/one")
    git(repository, "switch", "--quiet", "topic/one")
    git(repository, "switch", "--quiet", "main")
    before = state(repository)
    done = who.call("fix", f"--branch={name}", "--providers", "offline")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--branch {name}: {said}" in done.stderr
    assert state(repository) == before
    assert not (who.home / "runs").exists()


def test_no_repository_no_identity_and_a_merge_are_told_at_the_start(who: CommandLine, project: Path) -> None:
    none = who.call("fix", "--commit", "--providers", "offline")
    assert (none.returncode, none.stdout) == (2, "")
    assert "is in no git work tree" in none.stderr
    git(project, "init", "--quiet")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message=as found")
    (project / ".git" / "MERGE_HEAD").write_text(git(project, "rev-parse", "HEAD"))
    assert "a merge is under way" in who.call("fix", "--commit").stderr
    (who.home / ".gitconfig").unlink()
    nobody = who.call("fix", "--commit", "--providers", "offline")
    assert (nobody.returncode, nobody.stdout) == (2, "")
    assert "git does not know who you are. Run: git config --global user.name" in nobody.stderr
    assert (project / "cart.py").read_text() == BUGGY


def test_a_hook_that_hangs_is_ended_with_all_it_started(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aion_r.tools.workspace.git.COMMIT_SECONDS", 0.5)
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nsleep 300 &\necho $! > sleeper.pid\nwait\n")
    hook.chmod(0o755)
    (repository / "cart.py").write_text("")
    with pytest.raises(AionError, match="git commit took longer"):
        Repository(repository).commit(["cart.py"], "empty")
    sleeper = Path(f"/proc/{(repository / 'sleeper.pid').read_text().strip()}/status")
    deadline = time.monotonic() + 10
    while sleeper.exists() and "\nState:\tZ" not in sleeper.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert list((repository / ".git").rglob("*.lock")) == []
