"""``aion-r generate``: files shown or written, nothing overwritten, and what it says where it cannot."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.command_line import CommandLine, document
from support.generations import PYTHON, PYTHON_TESTS, SAMPLES, answer
from support.projects import snapshot
from support.replies import Answer, Hang, Status
from support.scripted_server import KEYS, ScriptedServer

Configure = Callable[..., CommandLine]
SAMPLE = SAMPLES["pytest"]
CONFIGURED = '[tool.pytest.ini_options]\npythonpath = ["."]\n'
FILES = {"stack.py": PYTHON, "test_stack.py": PYTHON_TESTS}
MENDED = {**FILES, "stack.py": SAMPLE.mended}


def test_files_are_shown(with_model: Configure, folder: Path, server: ScriptedServer) -> None:
    done = with_model(SAMPLE.answer).call("generate", "A stack")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        f"stack.py\n```\n{PYTHON}```\n\npyproject.toml\n```\n{CONFIGURED}```\n\ntest_stack.py"
    )
    assert "Asking openai for python, tested by pytest." in done.stderr
    assert "Note: no language was named: python with pytest." in done.stderr
    assert "Not verified" in done.stderr and "openai (gpt-4o-mini), 1 call, 120 tokens" in done.stderr
    assert list(folder.iterdir()) == []
    (call,) = server.calls()
    assert "Requirements:\nA stack\n\nAnswer" in call.prompt and "test_stack.py" in call.prompt


def test_one_document(with_model: Configure) -> None:
    done = with_model(SAMPLE.answer).call("generate", "A stack", "--language", "Python", "--json")
    told = document(done.stdout)
    assert told == {
        "language": "python",
        "framework": "pytest",
        "code": PYTHON,
        "files": {"stack.py": PYTHON, "pyproject.toml": CONFIGURED},
        "tests": {"test_stack.py": PYTHON_TESTS},
        "provider": "openai",
        "model": "gpt-4o-mini",
        "usage": {"input_tokens": 100, "output_tokens": 20, "cost_usd": told["usage"]["cost_usd"], "llm_calls": 1},
        "providers": [{"provider": "openai", "model": "gpt-4o-mini", "calls": 1, "ok": 1, "errors": []}],
        "notes": ["no framework was named: pytest"],
        "verified": None,
        "out": None,
        "run_id": None,
    }
    assert told["usage"]["cost_usd"] > 0


def test_written_and_taken_back(with_model: Configure, folder: Path) -> None:
    aion = with_model(SAMPLE.answer)
    done = aion.call("generate", "A stack", "--out", "deep/er")
    assert done.returncode == 0, done.stderr
    written = re.search(r"Written to deep/er: (.*)\. `aion-r undo (\S+)` takes them back\.", done.stdout)
    assert written and written[1] == "stack.py, pyproject.toml, test_stack.py"
    wanted = {name: text.encode() for name, text in {**FILES, "pyproject.toml": CONFIGURED}.items()}
    assert snapshot(folder / "deep" / "er") == wanted
    assert "generated" in aion.call("runs").stdout
    assert aion.call("undo", written[2]).returncode == 0
    assert snapshot(folder / "deep" / "er") == {}


def test_nothing_is_overwritten_and_nothing_lost(with_model: Configure, folder: Path) -> None:
    (folder / "stack.py").write_text("mine\n")
    (folder / "test_stack.py").symlink_to("nowhere")
    aion = with_model(SAMPLE.answer)
    before = sorted(path.name for path in folder.iterdir())
    done = aion.call("generate", "A stack", "--out", ".")
    assert done.returncode == 2
    assert "stack.py, test_stack.py are there already" in done.stderr and "nothing was written" in done.stderr
    assert PYTHON in done.stdout
    assert (folder / "stack.py").read_text() == "mine\n"
    assert sorted(path.name for path in folder.iterdir()) == before
    told = document(aion.call("generate", "A stack", "--out", ".", "--json").stdout)
    assert (told["success"], told["stop_reason"], told["code"]) == (False, "usage", PYTHON)


def test_a_manifest_of_the_folders_own_stays(with_model: Configure, folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[project]\n")
    done = with_model(SAMPLE.answer).call("generate", "A stack", "--out", ".")
    assert done.returncode == 0 and "Kept as it is: pyproject.toml." in done.stdout
    assert (folder / "pyproject.toml").read_text() == "[project]\n"
    assert (folder / "stack.py").read_text() == PYTHON


def test_no_link_leads_out_of_the_folder(with_model: Configure, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (folder / "lib").symlink_to(tmp_path / "elsewhere")
    files = {"lib/stack.py": PYTHON, "test_stack.py": PYTHON_TESTS}
    done = with_model(answer(files)).call("generate", "A stack", "--out", ".")
    assert done.returncode == 2 and "nothing was written" in done.stderr and "symbolic link" in done.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == [] and not (folder / "test_stack.py").exists()


def test_a_folder_that_cannot_be_written_leaves_nothing(with_model: Configure, folder: Path) -> None:
    files = {"lib/stack.py": PYTHON, "test_stack.py": PYTHON_TESTS}
    (folder / "lib").write_text("a file")
    done = with_model(answer(files)).call("generate", "A stack", "--out", ".")
    assert done.returncode == 2 and "lib is not a folder" in done.stderr
    assert PYTHON in done.stdout
    assert sorted(path.name for path in folder.iterdir()) == ["lib"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("",), "the requirements are empty"),
        ((" \n",), "the requirements are empty"),
        (("x" * 400_001,), "400,001 characters, more than 400,000"),
        (
            ("A stack", "--language", "cobol"),
            "unknown language 'cobol': choose from python, javascript, typescript, go",
        ),
        (("A stack", "--framework", "rspec"), "unknown framework 'rspec': choose from pytest, jest, mocha, vitest, go"),
        (("A stack", "--framework", "junit"), "unknown framework 'junit'"),
        (("A stack", "--framework", "jest", "--language", "go"), "jest does not test go: with go give go, or for jest"),
        (("A stack", "--install"), "--install is for the tests that --verify runs"),
        (("A stack", "--providers", "offline"), "the offline search repairs code, it writes none"),
        (("A stack", "--out", "file"), "is not a folder"),
        (("A stack", "--out", "file/below"), "is not a folder"),
        (("A stack", "--out", "full", "--verify"), "notes.txt is there already, and --verify"),
        ((), "Missing argument 'TEXT'"),
    ],
)
def test_wrong_usage_asks_nobody(
    with_model: Configure, folder: Path, server: ScriptedServer, arguments: tuple[str, ...], said: str
) -> None:
    (folder / "file").write_text("x")
    (folder / "full").mkdir()
    (folder / "full" / "notes.txt").write_text("x")
    done = with_model(SAMPLE.answer).call("generate", *arguments)
    assert done.returncode == 2 and said in done.stderr, done.stderr
    assert server.calls() == []


def test_no_provider_lists_the_variables(aion: CommandLine) -> None:
    done = aion.call("generate", "A stack")
    assert done.returncode == 2
    assert "No LLM providers configured. Set API keys in environment variables." in done.stderr
    assert "GROQ_API_KEY" in done.stderr and "CLOUDFLARE_ACCOUNT_ID" in done.stderr


@pytest.mark.parametrize(
    ("framework", "language"),
    [("jest", "javascript"), ("vitest", "javascript"), ("go", "go"), ("cargo", "rust"), ("pytest", "python")],
)
def test_the_language_follows_from_the_framework(with_model: Configure, framework: str, language: str) -> None:
    told = document(
        with_model(SAMPLES[framework].answer).call("generate", "A", "--framework", framework, "--json").stdout
    )
    assert (told["language"], told["framework"]) == (language, framework)
    assert told["notes"] == [f"no language was named: {language}, which {framework} tests"]


def test_the_settings_of_the_folder_name_what_nobody_else_does(with_model: Configure, folder: Path) -> None:
    (folder / "aion-r.toml").write_text('framework = "go"\n')
    aion = with_model(SAMPLES["go"].answer, SAMPLE.answer)
    assert document(aion.call("generate", "A", "--json").stdout)["language"] == "go"
    assert document(aion.call("generate", "A", "--language", "python", "--json").stdout)["framework"] == "pytest"


def test_requirements_from_standard_input(aion: CommandLine, server: ScriptedServer, folder: Path) -> None:
    server.reply("openai", SAMPLE.answer)
    aion.variables |= server.environment("openai")
    (folder / "wanted.md").write_text("A stack\nof numbers\n")
    with (folder / "wanted.md").open() as text:
        process = aion.start("generate", "-", "--json", stdin=text)
        out, _ = process.communicate(timeout=60)
    assert document(out)["code"] == PYTHON
    assert "Requirements:\nA stack\nof numbers\n\nAnswer" in server.calls()[0].prompt


def test_an_answer_without_tests_goes_back_once_and_then_to_the_next(aion: CommandLine, server: ScriptedServer) -> None:
    server.reply("groq", answer({"stack.py": PYTHON}))
    server.reply("openai", SAMPLE.answer)
    aion.variables |= server.environment("groq", "openai")
    told = document(aion.call("generate", "A stack", "--json").stdout)
    assert [call.provider for call in server.calls()] == ["groq", "groq", "openai"]
    assert "put tests in a file of their own, named like test_stack.py" in server.calls()[1].prompt
    assert (told["provider"], told["usage"]["llm_calls"]) == ("openai", 3)
    assert (told["usage"]["input_tokens"], told["usage"]["output_tokens"]) == (300, 60)
    assert [row["provider"] for row in told["providers"]] == ["groq", "openai"]


def test_what_does_not_parse_goes_back_once_and_is_told_then(with_model: Configure, server: ScriptedServer) -> None:
    broken = answer({**FILES, "stack.py": PYTHON.replace("def pop(self):", "def pop(self:")})
    aion = with_model(broken, SAMPLE.answer)
    assert document(aion.call("generate", "A stack", "--json").stdout)["code"] == PYTHON
    assert "stack.py does not parse: line 8" in server.calls()[1].prompt
    server.script("openai", broken)
    told = document(aion.call("generate", "A stack", "--json").stdout)
    assert "def pop(self:" in told["code"] and "stack.py does not parse" in told["notes"][-1]


def test_an_answer_cut_off_is_asked_for_again_shorter(with_model: Configure, server: ScriptedServer) -> None:
    aion = with_model(Answer(SAMPLE.answer, finish_reason="length"), SAMPLE.answer)
    assert aion.call("generate", "A stack").returncode == 0
    assert "cut off at the limit of tokens. Write fewer and shorter files" in server.calls()[1].prompt


def test_what_an_answer_cut_off_again_had_before_is_used(with_model: Configure) -> None:
    aion = with_model(Answer(f"{SAMPLE.answer}\n\nstack.py\n```\nclass St", finish_reason="length"))
    told = document(aion.call("generate", "A stack", "--json").stdout)
    assert (told["code"], told["usage"]["llm_calls"]) == (PYTHON, 2)
    assert told["notes"][-1] == "the answer was cut off at the limit of tokens: what it had before is used"


def test_an_answer_cut_off_again_before_its_tests_is_useless(with_model: Configure) -> None:
    cut = SAMPLE.answer[: SAMPLE.answer.index("def test_one")]
    done = with_model(Answer(cut, finish_reason="length")).call("generate", "A stack")
    assert done.returncode == 1 and "cut off at the limit of tokens: there are no tests" in done.stderr


def test_nobody_answers(with_model: Configure) -> None:
    done = with_model(Status(401, message=f"wrong {KEYS['openai'][1]}")).call("generate", "A stack")
    assert done.returncode == 1 and "refused the key" in done.stderr and KEYS["openai"][1] not in done.stderr


@pytest.mark.parametrize("limit", [("--budget-tokens", "50"), ("--budget-usd", "0.000001")])
def test_what_may_cost_more_than_the_budget_is_not_asked(
    with_model: Configure, server: ScriptedServer, limit: tuple[str, str]
) -> None:
    done = with_model(SAMPLE.answer).call("generate", "A stack", *limit)
    assert done.returncode == 4 and "for the budget" in done.stderr and not server.calls()


def test_the_time_limit(with_model: Configure, folder: Path) -> None:
    done = with_model(Hang()).call("generate", "A stack", "--time-limit", "0.5", "--out", "out")
    assert done.returncode == 4 and "the time limit of 0.5 s is reached" in done.stderr
    assert not (folder / "out").exists()


def test_requirements_that_no_model_reads(with_model: Configure, server: ScriptedServer) -> None:
    aion = with_model(SAMPLE.answer)
    aion.variables["AION_R_CONTEXT_TOKENS"] = "openai:100"
    done = aion.call("generate", "A stack")
    assert done.returncode == 2 and "the requirements are too long" in done.stderr
    assert "takes 100 with the answer" in done.stderr and not server.calls()


def test_an_interruption_leaves_nothing(aion: CommandLine, server: ScriptedServer, folder: Path) -> None:
    server.reply("openai", Hang())
    aion.variables |= server.environment("openai")
    process = aion.start("generate", "A stack", "--out", "out")
    end = time.monotonic() + 60
    while not server.calls() and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, "interrupted: nothing was written." in said) == (130, True), said
    assert not (folder / "out").exists()


def verified(aion: CommandLine, *more: str) -> tuple[int, dict[str, Any]]:
    done = aion.call("generate", "A stack", "--verify", "--json", *more)
    return done.returncode, document(done.stdout)


def test_verified_without_a_folder(with_model: Configure, folder: Path, server: ScriptedServer) -> None:
    status, told = verified(with_model(SAMPLE.answer, SAMPLE.fix))
    assert (status, told["verified"]["outcome"], told["verified"]["applied"]) == (0, "repaired", False)
    assert told["code"] == told["files"]["stack.py"] == SAMPLE.mended
    assert list(folder.iterdir()) == []
    server.script("openai", answer(MENDED))
    done = with_model().call("generate", "A stack", "--verify")
    assert done.returncode == 0 and "Verified: 2 tests passed as generated." in done.stderr
    assert SAMPLE.mended in done.stdout


def test_tests_that_stay_red(with_model: Configure, folder: Path) -> None:
    wrong = {**MENDED, "test_stack.py": PYTHON_TESTS.replace("== 2", "== 3")}
    done = with_model(answer(wrong), "I see no fault.").call(
        "generate", "A stack", "--verify", "--out", "out", "--providers", "openai"
    )
    assert done.returncode == 1
    assert "Not repaired" in done.stdout and "count as the specification" in done.stdout.replace("\n", " ")
    assert (folder / "out" / "test_stack.py").read_text() == wrong["test_stack.py"]
    assert (folder / "out" / "stack.py").read_text() == SAMPLE.mended


def test_what_tests_need_is_not_installed_unasked(with_model: Configure) -> None:
    aion = with_model(SAMPLES["jest"].answer)
    done = aion.call("generate", "A stack", "--framework", "jest", "--verify")
    assert done.returncode == 3
    assert "npm install" in done.stderr.replace("\n", " ") and "Not verified" in done.stderr


def test_what_tests_need_is_installed_when_asked(with_model: Configure, folder: Path) -> None:
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", folder / "out" / ".venv"), check=True)
    (site,) = (folder / "out" / ".venv").glob("lib/python3*/site-packages")
    (site / "shared.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    needs = {**FILES, "stack.py": f"import no_such_package\n\n{PYTHON}", "requirements.txt": "./nowhere\n"}
    aion = with_model(answer(needs))
    aion.variables["AION_R_SANDBOX"] = "copy"
    done = aion.call("generate", "A stack", "--verify", "--install", "--out", "out", "--json")
    message = document(done.stdout)["verified"]["message"]
    assert done.returncode == 3 and "failed with exit status" in message, message
    assert "Installing (outside the sandbox, with network): " in done.stderr


def test_the_loop_has_what_the_answer_left_of_the_budget(with_model: Configure, server: ScriptedServer) -> None:
    spendy = Answer(SAMPLE.answer, input_tokens=60_000, output_tokens=40_000)
    aion = with_model(spendy, SAMPLE.fix)
    status, told = verified(aion, "--budget-tokens", "101000", "--providers", "openai")
    assert (status, told["verified"]["outcome"]) == (4, "limit")
    assert len(server.calls()) == 1
    server.script("openai", spendy)
    done = aion.call("generate", "A stack", "--verify", "--budget-tokens", "100000")
    assert done.returncode == 4 and "nothing is left of --budget-tokens" in done.stderr


def test_help_says_what_is_accepted(aion: CommandLine) -> None:
    said = aion.call("generate", "--help").stdout
    assert "python, javascript, typescript, go or rust" in said and "--verify" in said and "Exit status" in said
