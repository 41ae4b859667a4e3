"""What a project's own files tell: the framework, the interpreter, the test files, the missing packages."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from aion_r.core.domain import RunOutcome, TestFailure, TestReport
from aion_r.core.errors import TestsNotRun, UsageError
from aion_r.tools.frameworks.protocol import TestJob
from aion_r.tools.frameworks.python.interpreter import find_interpreter
from aion_r.tools.frameworks.python.pytest import Pytest
from aion_r.tools.frameworks.registry import FRAMEWORKS, detect


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


# detection


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, "pyproject.toml configures pytest"),
        ({"pytest.ini": ""}, "pytest.ini configures pytest"),
        ({"tox.ini": "[pytest]\n"}, "tox.ini configures pytest"),
        ({"setup.cfg": "[tool:pytest]\n"}, "setup.cfg configures pytest"),
        ({"a/b/conftest.py": ""}, "a/b/conftest.py is a pytest file"),
        ({"setup.cfg": "[broken", "pyproject.toml": "[[", "src/test_x.py": ""}, "src/test_x.py is a pytest file"),
    ],
)
def test_detection_gives_its_reason(tmp_path: Path, files: dict[str, str], words: str) -> None:
    framework, detection = detect(write(tmp_path, files))
    assert (framework.name, detection.language, detection.reason) == ("pytest", "python", words)


def test_nothing_detected_says_what_was_looked_for(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "", ".venv/lib/test_x.py": "", "node_modules/x/test_y.py": "", ".git/test_z.py": ""})
    with pytest.raises(TestsNotRun, match=r"conftest\.py, test_\*\.py") as caught:
        detect(tmp_path)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nosuch", None), "unknown framework 'nosuch': choose from .*pytest"),
        ((None, "cobol"), "language 'cobol'.*python"),
    ],
)
def test_unknown_names_are_wrong_usage(tmp_path: Path, arguments: tuple[str | None, str | None], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        detect(tmp_path, *arguments)


def test_no_folder_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        detect(tmp_path / "nothing")


def test_detection_looks_at_a_bounded_number_of_files(tmp_path: Path) -> None:
    for number in range(6_000):
        (tmp_path / f"f{number:05}.txt").touch()
    write(tmp_path, {"zzz/test_a.py": ""})
    with pytest.raises(TestsNotRun):
        detect(tmp_path)
    write(tmp_path, {"tests/test_a.py": "", "a/test_b.py": ""})
    assert detect(tmp_path / "tests")[1].reason == "test_a.py is a pytest file"


# several projects in one repository

OWN = "[tool.pytest.ini_options]\n"
METADATA = "[project]\nname = 'x'\n"
TEST = "def test_one():\n    pass\n"
BACKEND = {"backend/pyproject.toml": OWN, "backend/tests/test_x.py": TEST}
A_AND_B = {f"packages/{name}/{file}": OWN for name in "ab" for file in ("pyproject.toml", "tests/test_x.py")}


@pytest.mark.parametrize(
    ("files", "folders"),
    [
        (BACKEND, ["backend"]),
        (BACKEND | {"package.json": "{}", "frontend/package.json": "{}"}, ["backend"]),
        (BACKEND | {"backend/pyproject.toml": METADATA}, ["backend"]),
        (BACKEND | {"pyproject.toml": METADATA}, ["backend"]),
        (BACKEND | {"pyproject.toml": METADATA, "tests/test_y.py": TEST}, [".", "backend"]),
        (BACKEND | {"pyproject.toml": METADATA, "examples/test_y.py": TEST}, ["backend"]),
        (A_AND_B | {"pyproject.toml": "[tool.uv.workspace]\n"}, ["packages/a", "packages/b"]),
        (
            A_AND_B | {"packages/a/inner/pytest.ini": "", "packages/a/inner/test_x.py": TEST},
            ["packages/a", "packages/b"],
        ),
        ({f"{name}/{file}": TEST for name in "ab" for file in ("requirements.txt", "test_x.py")}, ["a", "b"]),
    ],
)
def test_the_folders_that_pytest_runs_in(tmp_path: Path, files: dict[str, str], folders: list[str]) -> None:
    framework, detection = detect(write(tmp_path, files))
    assert isinstance(framework, Pytest)
    assert [project.folder for project in framework.projects] == folders
    assert all(folder in detection.reason for folder in folders if folder != ".")


@pytest.mark.parametrize(
    "files",
    [
        BACKEND | {"pytest.ini": ""},
        BACKEND | {"pytest.ini": "[pytest]\ntestpaths = tests backend/tests\n"},
        BACKEND | {"pytest.ini": "[pytest]\ntestpaths = */tests\n"},
        BACKEND | {"pytest.ini": "[pytest]\ntestpaths = tests\n", "backend/pyproject.toml": METADATA},
        BACKEND | {"conftest.py": "", "backend/pyproject.toml": METADATA},
        BACKEND | {"backend/pyproject.toml": METADATA, "backend/__init__.py": ""},
        {"setup.py": "", "tests/test_x.py": TEST, "tool/requirements.txt": "", "tool/test_y.py": TEST},
        {"setup.py": "", "tests/test_x.py": TEST, "docs/pyproject.toml": METADATA},
        {"test_x.py": TEST} | {f"examples/{name}": text for name, text in BACKEND.items()},
        {"test_x.py": TEST} | {f"tests/projects/{name}": text for name, text in BACKEND.items()},
        {"test_x.py": TEST} | {f"{{{{cookiecutter.name}}}}/{name}": text for name, text in BACKEND.items()},
    ],
)
def test_one_run_where_the_root_speaks_for_all(tmp_path: Path, files: dict[str, str]) -> None:
    framework, _ = detect(write(tmp_path, files))
    assert isinstance(framework, Pytest)
    assert framework.projects == ()
    command = framework.command(TestJob(tmp_path, tmp_path / "out"))
    assert (command.argv[1:], command.cwd) == (("-m", "pytest"), ".")


def test_what_the_roots_testpaths_leave_out_runs_on_its_own(tmp_path: Path) -> None:
    write(tmp_path, BACKEND | {"pytest.ini": "[pytest]\ntestpaths = tests\n"})
    framework, detection = detect(tmp_path)
    assert isinstance(framework, Pytest)
    assert [(project.folder, project.options) for project in framework.projects] == [
        (".", ("--ignore=backend",)),
        ("backend", ()),
    ]
    assert detection.reason == "pytest.ini configures pytest, backend/pyproject.toml configures pytest"


def test_each_folder_says_which_files_are_its_tests(tmp_path: Path) -> None:
    config = OWN + "python_files = ['check_*.py']\ntestpaths = ['quality']\n"
    framework, _ = detect(write(tmp_path, A_AND_B | {"packages/b/pyproject.toml": config, "packages/b/check_x.py": ""}))
    for path in ("packages/b/check_y.py", "packages/b/quality/data.json", "packages/B/src/Check_z.py", "x/test_y.py"):
        assert framework.is_test_file(path), path
    for path in ("packages/a/check_y.py", "packages/a/quality/data.json", "packages/b/src/y.py", "check_y.py"):
        assert not framework.is_test_file(path), path


def test_one_folder_needs_no_program_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    framework, _ = detect(write(tmp_path, A_AND_B))
    some = framework.command(TestJob(tmp_path, tmp_path / "out", ["packages/b/tests/test_x.py::test_one"]))
    assert (some.argv[1:], some.cwd) == (("-m", "pytest"), "packages/b")
    own = framework.command(TestJob(tmp_path, tmp_path / "out", test_command="python -m pytest packages"))
    assert (own.argv, own.cwd) == (("python", "-m", "pytest", "packages"), ".")


def test_a_folder_without_an_environment_shares_that_above(tmp_path: Path) -> None:
    shared = environment(tmp_path / ".venv", "pytest")
    own = environment(tmp_path / "packages" / "a" / ".venv", "pytest")
    found = [find_interpreter(tmp_path, {"PATH": ""}, f"packages/{name}").argv for name in "ab"]
    assert found == [(str(own / "bin" / "python"),), (str(shared / "bin" / "python"),)]


def test_a_package_missing_in_one_folder(tmp_path: Path) -> None:
    environment(tmp_path / ".venv", "pytest", "pip")
    files = {"packages/b/requirements.txt": "jsom\n", "tools_of_ours/__init__.py": ""}
    framework, _ = detect(write(tmp_path, A_AND_B | files))
    assert isinstance(framework, Pytest)
    failures = (
        TestFailure("packages/a/tests/test_x.py::test_one", message="assert 1 == 2"),
        TestFailure("packages/b/tests/test_x.py", message=missing("jsom")),
    )
    report = TestReport("pytest", RunOutcome.BUILD_FAILED, failures=failures)
    assert framework.missing_dependency(tmp_path, report) == "jsom"
    command = framework.install_command(tmp_path, report)
    assert command is not None and command[:2] == ("/bin/sh", "-c")
    assert re.fullmatch(
        r"\(cd packages/b && \S+/\.venv/bin/python -m pip install .* -r requirements\.txt\)", command[2]
    )
    ours = replace(report, failures=(TestFailure("packages/b/tests/test_x.py", message=missing("tools_of_ours")),))
    assert framework.missing_dependency(tmp_path, ours) is None


# the interpreter


def environment(folder: Path, *packages: str) -> Path:
    """A virtual environment, as far as it can be told from its files."""
    write(folder, {"pyvenv.cfg": f"home = {Path(sys.base_prefix) / 'bin'}\ninclude-system-site-packages = false\n"})
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    for package in packages:
        write(folder, {f"lib/python3.{sys.version_info.minor}/site-packages/{package}/__init__.py": ""})
    return folder


def test_the_projects_own_environment_comes_first(tmp_path: Path) -> None:
    environment(tmp_path / "venv", "pytest")
    active = environment(tmp_path / "other", "pytest")
    found = find_interpreter(tmp_path, {"VIRTUAL_ENV": str(active), "PATH": ""})
    assert found.argv == (str(tmp_path / "venv" / "bin" / "python"),)
    assert "own environment venv" in found.reason


def test_an_own_environment_without_pytest_is_not_passed_over(tmp_path: Path) -> None:
    own = environment(tmp_path / ".venv")
    with pytest.raises(
        TestsNotRun, match=r"\.venv.* has no pytest\. Install it: .*/\.venv/bin/python -m pip install pytest"
    ):
        find_interpreter(tmp_path, {"VIRTUAL_ENV": sys.prefix, "PATH": ""})
    write(own, {f"lib/python3.{sys.version_info.minor}/site-packages/pytest/__init__.py": ""})
    assert find_interpreter(tmp_path, {"PATH": ""}).argv == (str(own / "bin" / "python"),)


def test_the_active_environment_then_the_path(tmp_path: Path) -> None:
    active, bare = environment(tmp_path / "a", "pytest"), environment(tmp_path / "b")
    project = write(tmp_path / "project", {"test_a.py": ""})
    assert find_interpreter(project, {"VIRTUAL_ENV": str(active), "PATH": ""}).argv == (str(active / "bin" / "python"),)
    assert find_interpreter(project, {"CONDA_PREFIX": str(active), "PATH": ""}).readable[0:1]
    (active / "bin" / "python3").symlink_to("python")
    on_path = find_interpreter(project, {"VIRTUAL_ENV": str(bare), "PATH": str(active / "bin")})
    assert on_path.argv == (str(active / "bin" / "python3"),)


def test_a_shim_is_resolved_to_what_it_stands_for(tmp_path: Path) -> None:
    shim = write(tmp_path, {"bin/python3": f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'}) / "bin" / "python3"
    shim.chmod(0o755)
    assert find_interpreter(tmp_path, {"PATH": str(tmp_path / "bin")}).argv == (sys.executable,)


def test_no_pytest_anywhere_names_the_places_and_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = environment(tmp_path / "bare")
    monkeypatch.setattr(sys, "executable", str(bare / "bin" / "python"))
    monkeypatch.setattr(subprocess, "run", _without_pytest)
    with pytest.raises(TestsNotRun, match=r"the active environment \(VIRTUAL_ENV\).*pip install pytest"):
        find_interpreter(tmp_path, {"VIRTUAL_ENV": str(bare), "PATH": ""})


def _without_pytest(argv: tuple[str, ...], **_: object) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess(argv, 0, f"{argv[0]}\n/usr\n0\n", "")


# test files


@pytest.mark.parametrize(
    "path",
    [
        "test_a.py", "a/b_test.py", "tests/data/x.json", "src/testing/x.py", "conftest.py",
        "a/conftest.py", "pytest.ini",        ".pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml", "noxfile.py",
        "Tests/Helper.py",
        "CONFTEST.PY", "a\\conftest.py",        "checks/deep/case.txt", "src/check_this.py",
    ],
)  # fmt: skip
def test_files_that_fixes_may_not_touch(tmp_path: Path, path: str) -> None:
    config = "[pytest]\ntestpaths = checks ./src\npython_files = check_*.py\n"
    framework, _ = detect(write(tmp_path, {"pytest.ini": config, "src/__init__.py": "", "checks/case.py": ""}))
    assert framework.is_test_file(path)


@pytest.mark.parametrize(
    "path", ["src/a.py", "contest.py", "src/latest.py", "protests.py", "attest/x.py", "src/testament.py", ""]
)
def test_files_that_fixes_may_touch(tmp_path: Path, path: str) -> None:
    framework, _ = detect(write(tmp_path, {"pytest.ini": "[pytest]\ntestpaths = . src\n", "src/__init__.py": ""}))
    assert not framework.is_test_file(path)


# missing packages


def red(*messages: str) -> TestReport:
    failures = tuple(TestFailure(f"t{n}", message=message) for n, message in enumerate(messages))
    return TestReport("pytest", RunOutcome.BUILD_FAILED, failures=failures)


def missing(name: str) -> str:
    return f"ModuleNotFoundError: No module named '{name}'"


@pytest.mark.parametrize(
    ("messages", "files", "package"),
    [
        ((missing("requests"),), {}, "requests"),
        ((missing("yaml.loader"), missing("yaml")), {}, "PyYAML"),
        ((missing("yaml"),), {"requirements.txt": "pyyaml>=6  # x\n"}, "pyyaml"),
        ((missing("jsom"),), {"pyproject.toml": '[project]\ndependencies = ["jsom>1"]\n'}, "jsom"),
        ((missing("jsom"),), {"pyproject.toml": '[tool.poetry.group.dev.dependencies]\njsom = "*"\n'}, "jsom"),
        ((missing("jsom"),), {"requirements/dev.txt": "jsom\n"}, "jsom"),
        ((missing("jsom"),), {"setup.py": "setup(install_requires=['jsom>=1', 'x'])\n"}, "jsom"),
        ((missing("jsn"),), {}, None),
        ((missing("json.nothing"),), {}, None),
        ((missing("calculater"),), {"calculator.py": ""}, None),
        ((missing("pkg.gone"),), {"src/pkg/__init__.py": ""}, None),
        ((missing("reqeusts"),), {"requirements.txt": "requests\n"}, None),
        ((missing("requests"), "assert 1 == 2"), {}, None),
        ((missing("requests"), missing("numpy")), {}, None),
        (("error: unrecognized arguments: --cov=src --cov-report=x",), {}, "pytest-cov"),
        (("ERROR: Missing required plugins: pytest-foo, pytest-bar",), {}, "pytest-foo"),
        (("fixture 'mocker' not found",), {}, "pytest-mock"),
        (("fixture 'mine' not found",), {}, None),
        ((), {}, None),
    ],
)
def test_missing_dependency(
    tmp_path: Path, messages: tuple[str, ...], files: dict[str, str], package: str | None
) -> None:
    (framework,) = [row for row in FRAMEWORKS if row.name == "pytest"]
    assert framework.missing_dependency(write(tmp_path, files), red(*messages)) == package
