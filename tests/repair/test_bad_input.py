"""Projects that are wrong, odd or hostile: a clear end, a documented exit status, and nothing lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aion_r import AutocorrectionCycle
from aion_r.core.errors import ProjectBusy, UsageError
from aion_r.core.settings import load_settings, read_environment
from aion_r.graph.context import hold_project
from support.projects import CALC, RIGHT, TEST_CALC, block, calc, plain_pytest, snapshot, write


def test_not_a_folder(cycle, tmp_path: Path):
    (tmp_path / "file.py").write_text("")
    with pytest.raises(UsageError, match="not a folder"):
        cycle().run_autocorrection(tmp_path / "file.py")
    with pytest.raises(UsageError, match="does not exist"):
        cycle().run_autocorrection(tmp_path / "nowhere")


@pytest.mark.parametrize("files", [{}, {"calc.py": CALC}, {"test_empty.py": "x = 1\n"}])
def test_no_tests(files: dict[str, str], server, cycle, tmp_path: Path):
    project = tmp_path / "project"
    project.mkdir()
    write(project, files)
    result = cycle("openai").run_autocorrection(project)
    assert (str(result.outcome), result.stop_reason, result.exit_status) == ("error", "tests_not_run", 3)
    assert result.message
    assert not server.calls()


@pytest.mark.parametrize(
    ("manifest", "text", "said"),
    [
        ("package.json", '{"scripts": {"test": "jest"},}', "line 1 column 30"),
        ("package.json", "", "line 1 column 1"),
        ("pyproject.toml", "[tool.aion\n", "at line 1, column 11"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_named(manifest: str, text: str, said: str, server, cycle, tmp_path: Path):
    project = write(tmp_path / "project", {manifest: text, "calc.js": ""})
    result = cycle("openai", framework="jest").run_autocorrection(project)
    assert (result.stop_reason, result.exit_status) == ("tests_not_run", 3)
    assert f"{manifest} cannot be read: " in result.message and said in result.message
    assert not server.calls()


def test_already_green(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project", calc=CALC.replace("a - b", "a + b"))
    before = snapshot(project)
    result = cycle("openai").run_autocorrection(project)
    assert (str(result.outcome), result.success, result.exit_status) == ("already_green", True, 0)
    assert not server.calls()
    assert snapshot(project) == before


def test_a_missing_dependency_is_named_and_no_model_asked(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project", calc="import frobnicator_client\n\n" + CALC)
    result = cycle("openai").run_autocorrection(project)
    assert (result.stop_reason, result.exit_status) == ("tests_not_run", 3)
    assert "frobnicator_client" in result.message or "frobnicator-client" in result.message
    assert not server.calls()


def test_a_collection_error_is_repaired(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project", calc=CALC.replace("a - b", "a + b)"))
    server.reply("openai", block("calc.py", "    return a + b)", "    return a + b"))
    result = cycle("openai").run_autocorrection(project)
    assert result.success, result.message
    assert result.initial_test_results.error_tests == 1
    assert result.initial_test_results.failures[0].file
    assert plain_pytest(project) == 0


def test_a_conftest_that_raises_through_the_source_is_repaired(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project", calc="LIMIT = 1 / 0\n" + CALC, conftest="import calc\n")
    server.reply("openai", block("calc.py", "LIMIT = 1 / 0", "LIMIT = 1"), RIGHT)
    result = cycle("openai").run_autocorrection(project)
    assert str(result.initial_test_results.outcome) == "build_failed"
    assert result.success, result.message
    assert plain_pytest(project) == 0


def test_a_conftest_that_raises_by_itself_is_not_edited(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project", conftest="raise RuntimeError('no database')\n")
    before = snapshot(project)
    server.reply("openai", "conftest.py\n```python\npass\n```\n")
    result = cycle("openai").run_autocorrection(project)
    assert not result.success and result.exit_status in (1, 3)
    assert snapshot(project) == before


ENDINGS = {
    "hangs": ("    while True:\n        pass\n", "timed_out"),
    "exits": ("    import os\n    os._exit(0)\n", "crashed"),
    "sys_exit": ("    import sys\n    sys.exit(0)\n", "completed"),
    "segfaults": ("    import ctypes\n    ctypes.string_at(0)\n", "crashed"),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_test_that_ends_the_run_is_named_and_repaired(ending: str, server, cycle, tmp_path: Path):
    body, outcome = ENDINGS[ending]
    project = calc(tmp_path / "project", calc=CALC.replace("    return a - b\n", body))
    server.reply("openai", block("calc.py", body.rstrip("\n"), "    return a + b"))
    result = cycle("openai", test_timeout=8).run_autocorrection(project)
    assert str(result.initial_test_results.outcome) == outcome
    assert result.initial_test_results.failures[0].test_id == "test_calc.py::test_add"
    assert result.success, result.message
    assert plain_pytest(project) == 0


def test_a_hundred_megabytes_of_output(server, cycle, tmp_path: Path):
    body = "    for _ in range(100):\n        sys.stdout.write('x' * 1_000_000)\n    assert 0\n"
    noisy = f"import sys\n\n\ndef test_noise():\n{body}"
    project = calc(tmp_path / "project", test_noise=noisy)
    server.reply("openai", RIGHT)
    result = cycle("openai", max_iterations=1).run_autocorrection(project)
    assert result.initial_test_results.failed_tests == 2
    assert max(len(failure.output) for failure in result.initial_test_results.failures) < 100_000
    assert len(server.calls("openai")[0].prompt) < 30_000


def test_a_dirty_git_tree_stays_as_dirty_as_it_was(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.invalid", "-C", str(project)]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "start"]):
        subprocess.run([*git, *command], check=True)
    (project / "notes.txt").write_text("not committed\n")
    (project / "calc.py").write_text(CALC + "\n# not committed\n")
    server.reply("openai", RIGHT)
    assert cycle("openai").run_autocorrection(project).success
    status = subprocess.run([*git, "status", "--porcelain"], check=True, capture_output=True, text=True).stdout
    assert sorted(status.split()) == ["??", "M", "calc.py", "notes.txt"]
    assert (project / "calc.py").read_text() == CALC.replace("a - b", "a + b") + "\n# not committed\n"


def test_odd_names_encodings_and_line_ends_are_kept(server, cycle, tmp_path: Path):
    folder = tmp_path / "pröject with spaces, and: more"
    source = '# -*- coding: latin-1 -*-\r\nNAME = "caf\xe9"\r\n\r\n\r\ndef add(a, b):\r\n    return a - b\r\n'.encode(
        "latin-1"
    )
    tests = "from grün.calc import NAME, add\n\n\ndef test_add():\n    assert (add(2, 3), NAME) == (5, 'café')\n"
    project = write(folder, {"grün/__init__.py": "", "grün/calc.py": source, "test_größe.py": tests, "conftest.py": ""})
    server.reply("openai", block("grün/calc.py", "    return a - b", "    return a + b"))
    result = cycle("openai").run_autocorrection(project)
    assert result.success, (result.message, result.initial_test_results)
    assert (project / "grün/calc.py").read_bytes() == source.replace(b"a - b", b"a + b")


def test_a_symlinked_source_file_stays_a_link(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    (project / "real").mkdir()
    (project / "calc.py").rename(project / "real" / "calc.py")
    (project / "calc.py").symlink_to("real/calc.py")
    server.reply("openai", RIGHT)
    assert cycle("openai").run_autocorrection(project).success
    assert (project / "calc.py").is_symlink()
    assert "a + b" in (project / "real" / "calc.py").read_text()


def test_a_source_file_linked_from_outside_is_not_written(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    (project / "calc.py").rename(tmp_path / "outside.py")
    (project / "calc.py").symlink_to(tmp_path / "outside.py")
    server.reply("openai", RIGHT)
    assert not cycle("openai").run_autocorrection(project).applied
    assert (tmp_path / "outside.py").read_text() == CALC


def test_two_runs_on_one_project(cycle, home: Path, tmp_path: Path):
    project = calc(tmp_path / "project").resolve()
    with hold_project(project, home), pytest.raises(ProjectBusy, match="another run"):
        cycle().run_autocorrection(project)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("max_iterations", 0, "max-iterations"),
        ("min_improvement", 101, "min-improvement"),
        ("budget_usd", -1, "budget-usd"),
        ("providers", ("grok",), "choose from groq"),
        ("sandbox", "jail", "sandbox"),
    ],
)
def test_invalid_settings_name_themselves(setting: str, value: object, said: str, tmp_path: Path):
    with pytest.raises(UsageError, match=said):
        load_settings(tmp_path, read_environment(environ={}), **{setting: value})


def test_a_setting_names_the_source_it_came_from(tmp_path: Path):
    (tmp_path / ".env").write_text("MAX_AUTOCORRECTION_ITERATIONS=many\n")
    with pytest.raises(UsageError, match=r"max-iterations \(from .*\.env\)"):
        load_settings(tmp_path, read_environment(tmp_path, environ={}))


def test_a_malformed_env_file_is_named_by_line_and_its_content_is_not_shown(tmp_path: Path):
    (tmp_path / ".env").write_text("GOOD=1\n'''sk-secret = \n")
    with pytest.raises(UsageError, match=r"\.env:2") as caught:
        read_environment(tmp_path, environ={})
    assert "sk-secret" not in str(caught.value)


def test_an_unknown_framework_is_told_with_those_that_are_known(cycle, tmp_path: Path):
    with pytest.raises(UsageError, match="pytest"):
        cycle(framework="nose").run_autocorrection(calc(tmp_path / "project"))


MOUNTED = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux mounts")


def in_namespace(script: str, *arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = ["unshare", "-Urm", "sh", "-ec", script, "sh", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


REPAIR = """
import sys
from aion_r import AutocorrectionCycle
from aion_r.core.errors import AionError
try:
    result = AutocorrectionCycle(providers=("openai",)).run_autocorrection(sys.argv[1])
    print(result.outcome, result.stop_reason, result.message)
except AionError as error:
    print("AionError", error)
"""


@MOUNTED
def test_a_read_only_tree_is_told_and_the_patch_kept(server, variables, tmp_path: Path):
    project = calc(tmp_path / "project")
    before = snapshot(project)
    server.reply("openai", RIGHT)
    script = 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; exec "$2" -c "$3" "$1"'
    environment = variables | server.environment("openai")
    done = in_namespace(script, str(project), sys.executable, REPAIR, environment=environment)
    assert "not_written" in done.stdout, done.stdout + done.stderr
    assert snapshot(project) == before
    assert list((Path(variables["AION_R_HOME"]) / "runs").glob("*/best.patch"))


@MOUNTED
@pytest.mark.parametrize("size", ["64k", "200k"])
def test_a_full_disk_loses_nothing(size: str, server, variables, tmp_path: Path):
    project = calc(tmp_path / "project")
    before = snapshot(project)
    home = Path(variables["AION_R_HOME"])
    home.mkdir()
    server.reply("openai", RIGHT)
    script = f'mount -t tmpfs -o size={size} none "$4"; exec "$2" -c "$3" "$1"'
    environment = variables | server.environment("openai")
    done = in_namespace(script, str(project), sys.executable, REPAIR, str(home), environment=environment)
    assert "Traceback" not in done.stderr, done.stderr
    assert snapshot(project) in (before, before | {"calc.py": CALC.replace("a - b", "a + b").encode()})
    assert done.stdout.startswith(("AionError", "repaired")), done.stdout


def test_the_project_needs_nothing_of_ours(server, cycle, tmp_path: Path):
    """A virtual environment of the project's own, with pytest and nothing else, is used as it is."""
    project = calc(tmp_path / "project")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(project / ".venv")], check=True)
    site = next((project / ".venv").glob("lib/python*/site-packages"))
    for name in ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "py.py"):
        source = Path(sys.modules["pytest"].__file__).parent.parent / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, site / name)
    (project / "test_where.py").write_text("import sys\n\n\ndef test_where():\n    assert '.venv' in sys.prefix\n")
    server.reply("openai", RIGHT)
    environment = os.environ.get("VIRTUAL_ENV")
    result = cycle("openai").run_autocorrection(project)
    assert result.success, (environment, result.initial_test_results)


def test_keys_are_discovered_without_any_argument(server, variables, monkeypatch, tmp_path: Path):
    project = calc(tmp_path / "project")
    server.reply("openai", RIGHT)
    for name, value in (variables | server.environment("openai")).items():
        monkeypatch.setenv(name, value)
    for name in ("GROQ_API_KEY", "GITHUB_TOKEN", "HF_TOKEN", "HUGGINGFACE_API_KEY", "CLOUDFLARE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert AutocorrectionCycle().run_autocorrection(str(project), language="python").success
    assert (project / "test_calc.py").read_text() == TEST_CALC


def test_an_environment_without_pytest_asks_no_model(server, cycle, tmp_path: Path):
    """Its interpreter seems to have pytest, and when it is run it has not: no edit can mend that."""
    project = calc(tmp_path / "project")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(project / ".venv")], check=True)
    site = next((project / ".venv").glob("lib/python*/site-packages"))
    (site / "pytest-8.0.dist-info").mkdir()
    (site / "gone.pth").write_text(str(tmp_path / "nowhere") + "\n")
    result = cycle("openai").run_autocorrection(project)
    assert (result.stop_reason, result.exit_status) == ("tests_not_run", 3)
    assert "pytest" in result.message
    assert not server.calls()
