"""Paths that a fix may not touch, each refused with its reason, on a real tree."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from aion_r.core.errors import Forbidden
from aion_r.tools.edits.guard import Guard
from aion_r.tools.frameworks.registry import FRAMEWORKS

_NODE = ("a.test.js", "a.spec.ts", "__tests__/a.js", "package.json", "web/package.json")
CONFIGURING = {
    "pytest": ("conftest.py", "new/conftest.py", "pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml", "test_a.py"),
    "jest": (*_NODE, "jest.config.js", "jest.config.ts", "__mocks__/fs.js", "src/__mocks__/a.js", "a.test.js.snap"),
    "mocha": (*_NODE, ".mocharc.js", ".mocharc.yml"),
    "vitest": (*_NODE, "vitest.config.ts", "vite.config.ts", "vitest.workspace.ts", "__mocks__/a.ts"),
    "go": ("a_test.go", "testdata/golden.txt"),
    "cargo": ("tests/a.rs", ".config/nextest.toml"),
    "junit": ("src/test/java/ATest.java", "pom.xml", "build.gradle"),
}
"""What no fix may add or change, whichever project it is."""


def is_test(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return path.startswith("tests/") or name.startswith("test_") or name in ("conftest.py", "pytest.ini")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with everything in it that could be misused; ``outside`` lies beside it."""
    project = tmp_path / "project"
    for folder in ("src/deep", "tests", "real", ".git", "straße"):
        (project / folder).mkdir(parents=True)
    for name in (
        "src/app.py",
        "src/deep/x.py",
        "tests/test_app.py",
        "real/lib.py",
        ".git/config",
        "my file.py",
        "a.b.py",
    ):
        (project / name).write_text("x\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.py").write_text("s\n")
    (project / "out").symlink_to(tmp_path / "outside")
    (project / "out.py").symlink_to(tmp_path / "outside" / "secret.py")
    (project / "inside.py").symlink_to("real/lib.py")
    (project / "to_test.py").symlink_to("tests/test_app.py")
    (project / "to_git").symlink_to(".git/config")
    (project / "linked").symlink_to("real")
    (project / "dangling.py").symlink_to("nowhere.py")
    (project / "loop.py").symlink_to("loop.py")
    os.mkfifo(project / "pipe.py")
    return project


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("src/app.py", "src/app.py"),
        ("./src//app.py", "src/app.py"),
        ("src/./deep/x.py", "src/deep/x.py"),
        ("new.py", "new.py"),
        ("new/folder/x.py", "new/folder/x.py"),
        ("my file.py", "my file.py"),
        ("a.b.py", "a.b.py"),
        ("inside.py", "real/lib.py"),
        ("straße/größe.py", "straße/größe.py"),
        ("src/environment.py", "src/environment.py"),
        ("src/git.py", "src/git.py"),
        (".gitignore", ".gitignore"),
        ("go.mod", "go.mod"),
    ],
)
def test_ordinary_files_pass(root: Path, path: str, normal: str) -> None:
    assert Guard(root, is_test).check(path) == normal


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("/etc/passwd", "absolute"),
        ("~/.bashrc", "absolute"),
        ("C:/Windows/x.py", "absolute"),
        ("C:x.py", "absolute"),
        ("src\\app.py", "backslash"),
        ("\\\\host\\share\\x", "backslash"),
        ("../outside/secret.py", "'..'"),
        ("src/../../outside/secret.py", "'..'"),
        ("src/..", "'..'"),
        (".", "folder"),
        ("src/", "folder"),
        ("src", "folder"),
        ("src/app.py\n", "control"),
        ("src/\0app.py", "control"),
        ("src/\x1b[31mapp.py", "control"),
        ("src/app\u202eyp.exe", "control or invisible"),
        ("src/ap\u200bp.py", "control or invisible"),
        ("\udcff.py", "control"),
        ("src/app.py/x.py", "not a folder"),
        ("src/app.py.", "end with a dot"),
        ("src/app.py ", "end with a dot or a blank"),
        ("src /x.py", "blank"),
        ("x" * 300 + ".py", "longer"),
        ("out/secret.py", "leads out of the project"),
        ("out/new.py", "leads out of the project"),
        ("out.py", "leads out of the project"),
        ("linked/lib.py", "use real/lib.py instead"),
        ("linked/new.py", "use real/new.py instead"),
        ("dangling.py", "leads nowhere"),
        ("loop.py", "leads nowhere"),
        ("pipe.py", "no regular file"),
        ("to_test.py", "holds or configures tests"),
        ("to_git", "version control"),
        (".git/config", "version control"),
        (".git/hooks/post-checkout", "version control"),
        (".GIT/config", "version control"),
        (".Git/config", "version control"),
        (".git./config", "dot or a blank"),
        (".git /config", "blank"),
        ("git~1/config", "version control"),
        ("sub/.git/config", "version control"),
        (".git::$INDEX_ALLOCATION/config", "version control"),
        ("\uff0egit/config", "version control"),
        (".gitmodules", "version control"),
        (".hg/hgrc", "version control"),
        (".github/workflows/ci.yml", "continuous integration"),
        (".GitHub/workflows/ci.yml", "continuous integration"),
        (".gitlab-ci.yml", "continuous integration"),
        (".circleci/config.yml", "continuous integration"),
        ("azure-pipelines.yml", "continuous integration"),
        ("Jenkinsfile", "continuous integration"),
        ("package-lock.json", "lock file"),
        ("web/yarn.lock", "lock file"),
        ("Cargo.lock", "lock file"),
        ("go.sum", "lock file"),
        ("uv.lock", "lock file"),
        ("poetry.lock", "lock file"),
        ("pnpm-lock.yaml", "lock file"),
        ("node_modules/x/index.js", "vendored"),
        ("Vendor/x.go", "vendored"),
        ("third_party/x.c", "vendored"),
        (".venv/lib/x.py", "vendored"),
        ("lib/python3/site-packages/x.py", "vendored"),
        (".env", "secrets"),
        (".env.production", "secrets"),
        (".ENV", "secrets"),
        (".envrc", "secrets"),
        ("sitecustomize.py", "every start"),
        ("src/evil.pth", "every start"),
        ("src/UserCustomize.py", "every start"),
        ("src/app.py:stream", "Windows"),
        ("src/app.py::$DATA", "Windows"),
        ("src/con", "Windows"),
        ("NUL.txt", "Windows"),
        ("lpt1.py", "Windows"),
        ("com1/x.py", "Windows"),
        ("src/a?.py", "Windows"),
        ("bun.lockb", "lock file"),
        ("sub/go.work.sum", "lock file"),
        ("npm-shrinkwrap.json", "lock file"),
        (".devcontainer/devcontainer.json", "runs commands"),
        (".git\u200b/config", "control or invisible"),
        ("GIT~1/hooks/pre-commit", "version control"),
        (".husky/pre-commit", "continuous integration"),
        ("deep/.github/workflows/x.yml", "continuous integration"),
        (".pre-commit-config.yaml", "continuous integration"),
        ("src/deep/../../.git/config", "'..'"),
        (".vscode/tasks.json", "runs commands"),
        ("aion-r.toml", "configures AION-R"),
        ("tests/test_app.py", "tests"),
        ("conftest.py", "tests"),
        ("src/conftest.py", "tests"),
        ("CONFTEST.PY", "tests"),
        ("Tests/test_new.py", "tests"),
        ("Tests/app.py", "existing tests"),
        ("SRC/app.py", "existing src"),
        ("src/App.py", "existing app.py"),
        ("STRASSE/x.py", "existing straße"),
    ],
)
def test_what_may_not_be_touched_is_refused_with_the_reason(root: Path, path: str, reason: str) -> None:
    guard = Guard(root, is_test)
    with pytest.raises(Forbidden) as caught:
        guard.check(path)
    assert reason in str(caught.value)
    assert not guard.may_edit(path)


def test_a_socket_and_a_device_are_refused(root: Path) -> None:
    import socket

    folder = os.open(root, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"/proc/self/fd/{folder}/s.py")
            with pytest.raises(Forbidden, match="no regular file"):
                Guard(root, is_test).check("s.py")
    finally:
        os.close(folder)
    assert not Guard(Path("/dev"), is_test).may_edit("null")


def test_names_composed_differently_are_the_same_file(root: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "größe.py")
    (root / decomposed).write_text("x\n")
    assert Guard(root, is_test).check(unicodedata.normalize("NFC", "größe.py")) == decomposed


def test_a_test_under_another_composition_is_still_a_test(root: Path) -> None:
    name = unicodedata.normalize("NFD", "test_größe.py")
    (root / name).write_text("x\n")
    guard = Guard(root, lambda path: path == name)
    assert not guard.may_edit(unicodedata.normalize("NFC", name))


@pytest.mark.parametrize(
    ("glob", "covered", "free"),
    [
        ("src/app.py", "src/app.py", "src/deep/x.py"),
        ("src", "src/deep/x.py", "real/lib.py"),
        ("src/", "src/app.py", "real/lib.py"),
        ("*.py", "src/deep/x.py", "notes.md"),
        ("src/*.py", "src/app.py", "src/deep/x.py"),
        ("src/**", "src/deep/x.py", "real/lib.py"),
        ("**/x.py", "src/deep/x.py", "src/app.py"),
        ("src/**/x.py", "src/deep/x.py", "src/app.py"),
        ("SRC/APP.PY", "src/app.py", "src/deep/x.py"),
        ("src/[ab]pp.py", "src/app.py", "src/deep/x.py"),
        ("src/?pp.py", "src/app.py", "src/deep/x.py"),
        ("./src/app.py", "src/app.py", "src/deep/x.py"),
    ],
)
def test_the_user_s_globs_protect_and_lock(root: Path, glob: str, covered: str, free: str) -> None:
    protecting = Guard(root, is_test, protect=[glob])
    assert not protecting.may_edit(covered)
    assert protecting.may_edit(free)
    locking = Guard(root, is_test, lock=[glob])
    assert (locking.locked(covered), locking.locked(free)) == (True, False)
    assert locking.may_edit(covered)


def test_tests_may_be_edited_when_the_user_says_so_and_nothing_else_more(root: Path) -> None:
    guard = Guard(root, is_test, allow_test_edits=True)
    assert guard.check("tests/test_app.py") == "tests/test_app.py"
    assert not guard.may_edit(".git/config")


def test_a_name_that_windows_lacks_may_stay_where_it_is(root: Path) -> None:
    (root / "src" / "a:b.py").write_text("x\n")
    assert Guard(root, is_test).check("src/a:b.py") == "src/a:b.py"


@pytest.mark.parametrize("name", CONFIGURING)
def test_every_framework_names_its_tests_and_what_configures_them(name: str, tmp_path: Path) -> None:
    framework = next(one for one in FRAMEWORKS if one.name == name).for_project(tmp_path)
    guard = Guard(tmp_path, framework.is_test_file)
    assert [path for path in CONFIGURING[name] if guard.may_edit(path)] == []
    assert guard.may_edit("src/new_file.txt")


def test_a_root_that_is_a_symlink_is_the_folder_it_leads_to(root: Path) -> None:
    alias = root.parent / "alias"
    alias.symlink_to(root)
    assert Guard(alias, is_test).check("inside.py") == "real/lib.py"
