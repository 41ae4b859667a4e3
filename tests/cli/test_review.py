"""``aion-r review``: findings at their lines, secured code as a patch, nothing written unless asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aion_r import review
from aion_r.core.errors import UsageError
from aion_r.core.settings import Environment, Source
from aion_r.providers.llm import create_llm
from support.command_line import CommandLine, document
from support.replies import Answer, Status
from support.scripted_server import KEYS, ScriptedServer

Configure = Callable[..., CommandLine]

APP = """\
import sqlite3


def user(name):
    db = sqlite3.connect("x.db")
    return db.execute(f"SELECT * FROM users WHERE name = '{name}'").fetchone()
"""
BAD = "    return db.execute(f\"SELECT * FROM users WHERE name = '{name}'\").fetchone()"
GOOD = '    return db.execute("SELECT * FROM users WHERE name = ?", (name,)).fetchone()'
SECURED = APP.replace(BAD, GOOD)

FINDING = {
    "file": "app.py",
    "severity": "HIGH",
    "line": 2,
    "cwe": "89",
    "title": "SQL built from user input",
    "explanation": "A name with a quote changes the query.",
    "code": BAD.strip(),
}
SMALL = FINDING | {"severity": "low", "title": "No timeout", "line": 400, "code": "not there", "cwe": None}


def called(*findings: dict[str, Any], search: str = BAD, replace: str = GOOD, path: str = "app.py") -> Answer:
    edits = [{"path": path, "search": search, "replace": replace}] if findings else []
    return Answer(tool=("SecurityReview", {"findings": list(findings), "edits": edits}))


TEXT = f"""\
Here is what I found.

FINDING | high | app.py:6 | CWE-89 | SQL built from user input | A name with a quote | changes the query.

app.py
```
<<<<<<< SEARCH
{BAD}
=======
{GOOD}
>>>>>>> REPLACE
```
"""


@pytest.fixture
def app(project: Path) -> Path:
    (project / "app.py").write_text(APP)
    return project / "app.py"


def test_findings_and_patch(with_model: Configure, app: Path, server: ScriptedServer) -> None:
    aion = with_model(called(SMALL, FINDING))
    done = aion.call("review", "app.py", "--json")
    assert done.returncode == 1, done.stderr
    told = document(done.stdout)
    worst, least = told["findings"]
    assert worst == {
        "file": "app.py",
        "severity": "high",
        "line": 6,  # where the quoted code stands, not where the model says
        "cwe": "CWE-89",
        "title": "SQL built from user input",
        "explanation": "A name with a quote changes the query.",
    }
    assert (least["severity"], least["line"]) == ("low", None)
    assert f"-{BAD}\n+{GOOD}\n" in told["patch"]
    assert told["secured_code"] == {"app.py": SECURED}
    assert (told["applied"], told["run_id"], told["note"], told["files"]) == (False, None, "", ["app.py"])
    assert told["providers"] == [{"provider": "openai", "model": "gpt-4o-mini", "calls": 1, "ok": 1, "errors": []}]
    assert told["usage"]["llm_calls"] == 1
    assert app.read_text() == APP
    (call,) = server.calls()
    assert APP.rstrip() in call.prompt and "You review source code for security" in call.prompt


def test_for_people(with_model: Configure, app: Path) -> None:
    done = with_model(called(FINDING)).call("review", str(app))
    assert done.returncode == 1
    assert "app.py:6  high CWE-89  SQL built from user input" in done.stdout
    assert f"+{GOOD}" in done.stdout and "1 finding in 1 file." in done.stdout


def test_nothing_found(with_model: Configure, app: Path) -> None:
    done = with_model(called()).call("review", "app.py", "--patch", "x.patch", "--apply")
    assert (done.returncode, "0 findings in 1 file." in done.stdout) == (0, True)
    assert not (app.parent / "x.patch").exists() and app.read_text() == APP


def test_apply_and_undo_and_patch(with_model: Configure, app: Path, project: Path) -> None:
    aion = with_model(called(FINDING))
    done = aion.call("review", "app.py", "--apply", "--patch", "secure.patch")
    assert done.returncode == 1 and "aion-r undo" in done.stdout
    assert app.read_text() == SECURED
    assert f"+{GOOD}" in (project / "secure.patch").read_text()
    assert "reviewed" in aion.call("runs").stdout
    assert aion.call("undo").stdout == "Put back app.py\n"
    assert app.read_text() == APP


@pytest.mark.parametrize("failure", [Status(400, message="tools are not supported"), Answer("I cannot call.")])
def test_a_model_without_functions_answers_in_text(
    with_model: Configure, app: Path, server: ScriptedServer, failure: Any
) -> None:
    aion = with_model(*([failure] if isinstance(failure, Status) else [failure, failure]), Answer(TEXT))
    told = document(aion.call("review", "app.py", "--json").stdout)
    (finding,) = told["findings"]
    assert (finding["severity"], finding["line"], finding["cwe"]) == ("high", 6, "CWE-89")
    assert finding["explanation"] == "A name with a quote | changes the query."
    assert f"+{GOOD}" in told["patch"]
    assert "tools" not in server.calls()[-1].json


def test_text_without_a_finding(with_model: Configure, app: Path) -> None:
    refused = Status(400, message="tools are not supported")
    assert with_model(refused, Answer("NO FINDINGS")).call("review", "app.py").returncode == 0


def test_text_in_no_form_is_not_taken_for_a_clean_file(with_model: Configure, app: Path) -> None:
    refused = Status(400, message="tools are not supported")
    done = with_model(refused, Answer("Looks fine."), refused, Answer("Really.")).call("review", "app.py")
    assert done.returncode == 1 and "no usable answer" in done.stderr


@pytest.mark.parametrize(
    ("first", "why"),
    [
        (called(FINDING, search="    return nothing_like_it()"), "was not applied"),
        (called(FINDING, replace="    return (("), "does not parse"),
        (called(FINDING, path="../outside.py"), "not among the files"),
    ],
)
def test_edits_that_cannot_be_used_go_back_once(
    with_model: Configure, app: Path, server: ScriptedServer, first: Answer, why: str
) -> None:
    aion = with_model(first, called(FINDING))
    told = document(aion.call("review", "app.py", "--json", "--apply").stdout)
    assert f"+{GOOD}" in told["patch"] and app.read_text() == SECURED
    assert why in server.calls()[1].prompt
    app.write_text(APP)
    server.script("openai", first)
    told = document(aion.call("review", "app.py", "--json", "--apply").stdout)
    assert told["patch"] == "" and why in told["note"] and len(told["findings"]) == 1
    assert told["applied"] is False and app.read_text() == APP


def test_a_prompt_of_ones_own(with_model: Configure, app: Path, project: Path, server: ScriptedServer) -> None:
    (project / "mine.txt").write_text("Look only for {curly} mistakes.")
    with_model(called()).call("review", "app.py", "--system-prompt", "mine.txt")
    (system, _) = server.calls()[0].json["messages"]
    assert system["content"].startswith("Look only for {curly} mistakes.")
    assert "You review source code" not in system["content"] and "Answer by the function" in system["content"]


def test_large_files_are_asked_about_apart(
    with_model: Configure, app: Path, project: Path, server: ScriptedServer
) -> None:
    (project / "big.py").write_text("x = 1\n" * 10_000)
    aion = with_model(called(FINDING), called())
    told = document(aion.call("review", "app.py", "big.py", "--json").stdout)
    assert len(server.calls()) == 2 and len(told["findings"]) == 1 and told["files"] == ["app.py", "big.py"]


def test_no_provider_lists_the_variables(aion: CommandLine, app: Path) -> None:
    done = aion.call("review", "app.py")
    assert done.returncode == 2
    assert "No LLM providers configured. Set API keys in environment variables." in done.stderr
    assert "GROQ_API_KEY" in done.stderr and "CLOUDFLARE_ACCOUNT_ID" in done.stderr and "offline" not in done.stderr
    assert document(aion.call("review", "app.py", "--json").stdout)["stop_reason"] == "usage"


def test_nobody_answers(with_model: Configure, app: Path) -> None:
    done = with_model(Status(401, message=f"wrong {KEYS['openai'][1]}")).call("review", "app.py")
    assert done.returncode == 1 and "refused the key" in done.stderr and KEYS["openai"][1] not in done.stderr


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("gone.py", None, "cannot be read"),
        ("empty.py", b" \n", "is empty"),
        ("image.png", b"\x89PNG\0\0", "is not text"),
        ("huge.py", b"x = 1\n" * 70_000, "no model reads that"),
        (".", None, "is a folder"),
    ],
)
def test_bad_files(with_model: Configure, project: Path, name: str, data: bytes | None, words: str) -> None:
    if data is not None:
        (project / name).write_bytes(data)
    done = with_model(called()).call("review", name)
    assert done.returncode == 2 and words in done.stderr


def test_a_file_of_another_folder_keeps_its_own_root(with_model: Configure, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "app.py").write_text(APP)
    done = with_model(called(FINDING)).call("review", "../elsewhere/app.py", "--apply", "--json")
    assert document(done.stdout)["root"] == str(tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "app.py").read_text() == SECURED


def test_from_python(server: ScriptedServer, app: Path) -> None:
    server.reply("openai", called(FINDING))
    llm = create_llm(environment=Environment((Source("test", server.environment("openai")),)))
    found = review([app], llm=llm)
    assert [(one.file, one.line, one.severity) for one in found.findings] == [("app.py", 6, "high")]
    assert f"+{GOOD}" in found.diff and app.read_text() == APP
    with pytest.raises(UsageError, match="at least one"):
        review([], llm=llm)


@pytest.mark.parametrize("limit", [("--budget-tokens", "50"), ("--budget-usd", "0.000001")])
def test_what_may_cost_more_than_the_budget_is_not_asked(
    with_model: Configure, app: Path, server: ScriptedServer, limit: tuple[str, str]
) -> None:
    done = with_model(called(FINDING)).call("review", "app.py", *limit)
    assert done.returncode == 4
    assert "for the budget" in done.stderr and not server.calls()


def test_the_settings_of_the_environment_count(with_model: Configure, app: Path, server: ScriptedServer) -> None:
    aion = with_model(called(FINDING))
    aion.variables["AION_R_CONTEXT_TOKENS"] = "openai:100"
    done = aion.call("review", "app.py")
    assert done.returncode == 1 and "takes 100 with the answer" in done.stderr
    assert not server.calls()
