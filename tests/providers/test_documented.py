"""The program in docs/providers.md runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from support.replies import Answer, Status
from support.scripted_server import KEYS, ScriptedServer

PAGE = Path(__file__).parents[2] / "docs" / "providers.md"


def test_the_program_runs(tmp_path: Path) -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    with ScriptedServer() as server:
        server.reply(
            "groq", Answer("Light scatters."), Answer("Air"), Answer(tool=("Verdict", {"fine": True})), Status(503)
        )
        server.reply("openai", "It is I.")
        text = program.replace("http://127.0.0.1:8000/v1", server.base_url("openai"))
        text = text.replace('api_key="none"', f'api_key="{KEYS["openai"][1]}"')
        assert server.base_url("openai") in text and KEYS["openai"][1] in text
        variables = {name: value for name, value in os.environ.items() if "API" not in name and "TOKEN" not in name}
        environment = variables | server.environment("groq", "openai")
        command = [sys.executable, "-c", text]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    said, cost, fine, who = done.stdout.splitlines()
    assert (said, fine, who) == ("Light scatters. groq", "True", "mine")
    assert float(cost) > 0
