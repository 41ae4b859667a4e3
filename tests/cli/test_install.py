"""``fix --install``: the command is shown, run once in the project's own environment, and nowhere else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aion_r.core.domain import RunOutcome, TestFailure, TestReport
from aion_r.core.errors import TestsNotRun
from aion_r.tools.frameworks.python.python_install import install_command
from support.command_line import BUGGY, REPLACE, CommandLine, answer, document
from support.projects import write

Configure = Callable[..., CommandLine]
NEEDS_IT = "import pricing_words\n\n" + BUGGY


@pytest.fixture
def needy(project: Path) -> Path:
    """The project, importing a package that lies beside it, and that its requirement file names by its path."""
    setup = "from setuptools import setup\nsetup(name='pricing-words', version='1', py_modules=['pricing_words'])\n"
    write(project.parent / "pricing", {"setup.py": setup, "pricing_words.py": "TOTAL = 'total'\n"})
    write(project, {"cart.py": NEEDS_IT, "requirements.txt": "../pricing\n"})
    return project


def make_environment(project: Path) -> Path:
    """``.venv`` in the project; it sees this one's pytest, pip and setuptools, so that nothing is to be fetched.

    Where this environment lies below /tmp an overlay hides it from the project's: the copy level is for that.
    """
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", project / ".venv"), check=True, capture_output=True)
    (site,) = (project / ".venv").glob("lib/python3*/site-packages")
    (site / "shared.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return project / ".venv" / "bin" / "python"


def test_it_installs_once_and_goes_on(needy: Path, with_model: Configure, tmp_path: Path) -> None:
    python = make_environment(needy)
    seen = needy.parent / "pricing" / "seen.txt"
    setup = needy.parent / "pricing" / "setup.py"
    setup.write_text(
        f"import os\nopen({str(seen)!r}, 'a').write(str('OPENAI_API_KEY' in os.environ))\n{setup.read_text()}"
    )
    aion = with_model(answer())
    aion.variables |= {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}  # pip reads a zero here as "no isolation"
    aion.variables |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # those of the environment that it sees take seconds
    without = aion.run("fix", "--sandbox", "copy", "--json")
    assert without.returncode == 3
    assert document(without.stdout)["message"] == (
        "the package pricing_words is missing. Install it, or let --install do so: "
        f"{python} -m pip install --disable-pip-version-check --no-input -r requirements.txt"
    )
    assert not seen.exists()
    done = aion.run("fix", "--install", "--sandbox", "copy", "--json")
    result = document(done.stdout)
    assert (done.returncode, result["applied"]) == (0, True), done.stderr
    shown = f"{python} -m pip install --disable-pip-version-check --no-input -r requirements.txt"
    assert done.stderr.count(f"Installing (outside the sandbox, with network): {shown}") == 1
    assert done.stderr.index("Installing") < done.stderr.index("Successfully installed pricing-words-1")
    assert REPLACE in (needy / "cart.py").read_text()
    assert "True" not in seen.read_text()


def test_an_installation_that_fails_is_told(needy: Path, aion: CommandLine) -> None:
    make_environment(needy)
    (needy / "requirements.txt").write_text("./nowhere\n")
    done = aion.call("fix", "--install", "--sandbox", "copy", "--providers", "offline", "--json")
    result = document(done.stdout)
    assert (done.returncode, result["stop_reason"]) == (3, "tests_not_run")
    assert "failed with exit status" in result["message"]
    assert done.stderr.count("Installing") == 1


def test_nothing_is_installed_into_a_python_that_is_not_the_project_s(needy: Path, aion: CommandLine) -> None:
    aion.variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = aion.call("fix", "--install", "--providers", "offline", "--json")
    result = document(done.stdout)
    assert done.returncode == 3
    assert "the project has no virtual environment of its own" in result["message"]
    assert result["message"].count("python3 -m venv .venv && .venv/bin/python -m pip install -r requirements.txt") == 1
    assert "Installing" not in done.stderr


def test_green_or_red_nothing_is_installed(with_model: Configure, project: Path) -> None:
    (project / "requirements.txt").write_text("./nowhere\n")
    done = with_model(answer()).call("fix", "--install")
    assert done.returncode == 0
    assert "Installing" not in done.stdout


def test_ctrl_c_ends_the_installer_with_all_it_started(aion: CommandLine, project: Path) -> None:
    write(project, {".venv/pyvenv.cfg": "", ".venv/bin/python": INSTALLS_FOR_EVER})
    (project / ".venv" / "bin" / "python").chmod(0o755)
    process = aion.start("fix", "--install", "--providers", "offline")
    started = project / "sleeper.pid"
    deadline = time.monotonic() + 60
    while not (started.exists() and started.read_text().endswith("\n")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted: " in told and "Traceback" not in told
    sleeper = Path(f"/proc/{started.read_text().strip()}/status")
    while sleeper.exists() and "\nState:\tZ" not in sleeper.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)


INSTALLS_FOR_EVER = """\
#!/bin/sh
case "$*" in *"'pip'"*) exit 0;; "-m pip "*) sleep 300 & echo $! > sleeper.pid; wait;; esac
exit 1
"""


def missing(module: str) -> TestReport:
    failure = TestFailure("test_a.py", message=f"ModuleNotFoundError: No module named '{module}'")
    return TestReport("pytest", RunOutcome.COMPLETED, 1, error_tests=1, failures=(failure,))


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with an environment that has everything; no active one."""
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    root = write(tmp_path / "root", {".venv/pyvenv.cfg": ""})
    (root / ".venv" / "bin").mkdir()
    (root / ".venv" / "bin" / "python").write_text("#!/bin/sh\nexit 0\n")
    (root / ".venv" / "bin" / "python").chmod(0o755)
    return root


PYPROJECT = """[project]
name = "x"
version = "1"
dependencies = ["zeep>=1"]
optional-dependencies.test = ["Responses"]
"""


@pytest.mark.parametrize(
    ("files", "module", "wanted"),
    [
        ({}, "zeep", "zeep"),
        ({}, "yaml", "PyYAML"),
        ({"requirements.txt": "zeep\n"}, "zeep", "-r requirements.txt"),
        ({"requirements.txt": "click\n"}, "zeep", "-r requirements.txt zeep"),
        ({"requirements.txt": "./zeep_fork\n"}, "zeep", "-r requirements.txt"),
        (
            {"requirements.txt": "", "requirements-dev.txt": "", "requirements-docs.txt": ""},
            "zeep",
            "-r requirements-dev.txt -r requirements.txt zeep",
        ),
        ({"requirements-docs.txt": "zeep==1\n"}, "zeep", "-r requirements-docs.txt"),
        ({"pyproject.toml": PYPROJECT}, "zeep", "-e ."),
        ({"pyproject.toml": PYPROJECT}, "responses", "-e '.[test]'"),
        ({"pyproject.toml": PYPROJECT}, "attr", "attrs"),
        ({"pyproject.toml": "[project"}, "zeep", "zeep"),
        ({"setup.py": "setup(install_requires=['zeep>1'])\n"}, "zeep", "-e ."),
    ],
)
def test_what_pip_is_asked_for(environment: Path, files: dict[str, str], module: str, wanted: str) -> None:
    import shlex

    write(environment, dict(files))
    command = install_command(environment, missing(module))
    assert command is not None
    assert command[0] == str(environment / ".venv" / "bin" / "python")
    assert shlex.join(command[6:]) == wanted


@pytest.mark.parametrize("name", ["--index-url=x", "x; rm -rf", "x @ ../evil", "git+ssh://evil/x"])
def test_a_name_from_the_output_is_never_an_option_or_an_address(environment: Path, name: str) -> None:
    failure = TestFailure("test_a.py", message=f"Missing required plugins: {name}")
    report = TestReport("pytest", RunOutcome.CRASHED, 1, error_tests=1, failures=(failure,))
    with pytest.raises(TestsNotRun, match="no name that pip could install"):
        install_command(environment, report)


def test_an_environment_without_pip_is_said(environment: Path) -> None:
    (environment / ".venv" / "bin" / "python").write_text('#!/bin/sh\ncase "$*" in *"\'pip\'"*) exit 1;; esac\n')
    with pytest.raises(TestsNotRun, match=r"has no pip to install zeep with. This adds it: .*/python -m ensurepip"):
        install_command(environment, missing("zeep"))


def test_a_bare_environment_gets_pytest(environment: Path) -> None:
    (environment / ".venv" / "bin" / "python").write_text('#!/bin/sh\ncase "$*" in *"\'pytest\'"*) exit 1;; esac\n')
    command = install_command(environment, TestReport("pytest", RunOutcome.NO_TESTS, message="no pytest"))
    assert command is not None and command[6:] == ("pytest",)


def test_where_nothing_is_missing_there_is_no_command(environment: Path) -> None:
    assert install_command(environment, TestReport("pytest", RunOutcome.NO_TESTS, message="no tests")) is None
