"""Answers that please the tests and mend nothing, and secrets in the sources: through the whole machine."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from aion_r import AutocorrectionCycle
from aion_r.api.screen.summary import summary_text
from support.projects import write
from support.scripted_server import ScriptedServer

SOURCE = "def triple(n):\n    return n * 2\n"
TEST = "from triple import triple\n\ndef test_triple():\n    assert triple(7) == 21\n"
KEY = "AKIAQ7LX2MZN4TPRW6VD"
PASSWORD = "h0rse-Battery+staple"


def answer(new: str, path: str = "triple.py", old: str = "    return n * 2") -> str:
    return f"It was wrong.\n\n{path}\n```python\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n```\n"


HONEST = answer("    return n * 3")
CHEAT = answer("    if n == 7:\n        return 21\n    return n * 2")
OTHER_CHEAT = answer("    return 21")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path / "project", {"triple.py": SOURCE, "test_triple.py": TEST})


def test_a_special_case_is_asked_about_once_and_the_honest_fix_is_taken(
    project: Path, cycle: Callable[..., AutocorrectionCycle], server: ScriptedServer
) -> None:
    server.reply("openai", CHEAT, HONEST)
    result = cycle("openai").run_autocorrection(project)
    assert result.success
    assert "n * 3" in (project / "triple.py").read_text()
    assert "please the tests" in server.calls("openai")[1].prompt
    assert [one.suspicious for one in result.corrections_applied] == [()]
    assert "SUSPICIOUS" not in summary_text(result)


@pytest.mark.parametrize("second", [CHEAT, OTHER_CHEAT, "I have no other idea."])
def test_what_alone_passes_is_kept_and_marked(
    second: str, project: Path, cycle: Callable[..., AutocorrectionCycle], server: ScriptedServer
) -> None:
    server.reply("openai", CHEAT, second)
    result = cycle("openai").run_autocorrection(project)
    assert result.success
    (attempt,) = result.corrections_applied
    assert attempt.suspicious
    assert result.to_dict()["corrections_applied"][0]["suspicious"] == list(attempt.suspicious)
    assert attempt.fixes_applied[0].provider == "openai"
    assert f"SUSPICIOUS, read it before you keep it: {attempt.suspicious[0]}" in summary_text(result)


def test_reaching_for_the_runner_is_never_taken(
    project: Path, cycle: Callable[..., AutocorrectionCycle], server: ScriptedServer
) -> None:
    server.reply("openai", answer("    import pytest\n    pytest.skip('later')"))
    result = cycle("openai").run_autocorrection(project)
    assert not result.success
    assert (project / "triple.py").read_text() == SOURCE
    assert "runner" in server.calls("openai")[1].prompt


def test_no_secret_leaves_and_none_is_lost(
    tmp_path: Path, cycle: Callable[..., AutocorrectionCycle], server: ScriptedServer
) -> None:
    config = f'AWS_KEY = "{KEY}"\nDB_PASSWORD = "{PASSWORD}"\nFACTOR = 2\n\n\ndef triple(n):\n    return n * FACTOR\n'
    test = f"import config\n\ndef test_it():\n    print(config.AWS_KEY, 'token = \"{PASSWORD}\"')\n"
    test += "    assert config.triple(7) == 21, (config.AWS_KEY, config.DB_PASSWORD)\n"
    project = write(tmp_path / "project", {"config.py": config, "test_config.py": test})

    def fix(request: dict[str, object]) -> str:
        lines = re.findall(r'(?:AWS_KEY|DB_PASSWORD) = "<secret-\d+>"', str(request["messages"]))
        block = [*dict.fromkeys(lines), "FACTOR = 2"]
        return answer("\n".join([*block[:-1], "FACTOR = 3"]), "config.py", "\n".join(block))

    near_miss = answer("FACTOR = 3", "config.py", 'AWS_KEY = "what was it"\nDB_PASSWORD = "forgotten"\nFACTOR = 2.0')
    server.reply("openai", near_miss, fix)
    result = cycle("openai").run_autocorrection(project)
    assert result.success, result.message
    assert (project / "config.py").read_text() == config.replace("FACTOR = 2", "FACTOR = 3")
    assert len(server.calls("openai")) == 2
    for call in server.calls("openai"):
        assert KEY not in str(call.json) and PASSWORD not in str(call.json)
    assert '"<secret-1>' in server.calls("openai")[0].prompt


def test_a_secret_may_not_be_written_where_none_was(
    tmp_path: Path, cycle: Callable[..., AutocorrectionCycle], server: ScriptedServer
) -> None:
    project = write(tmp_path / "project", {"triple.py": f'API_KEY = "{KEY}"\n\n\n{SOURCE}', "test_triple.py": TEST})
    server.reply(
        "openai", answer('    print("<secret-1>")\n    return n * 3'), answer('    x = "<secret-99>"\n    return n * 3')
    )
    result = cycle("openai").run_autocorrection(project)
    assert not result.success
    assert "written nowhere else" in server.calls("openai")[1].prompt
    assert "stands for nothing" in str(result.to_dict()["providers"])
