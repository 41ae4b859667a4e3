"""Every page whose programs or commands can be run has a test that runs them; those of two pages are run here."""

from __future__ import annotations

import ast
import asyncio
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aion_r import AutocorrectionCycle
from support.projects import calc, plain_pytest

ROOT = Path(__file__).parents[2]
RUN_BY = {
    "README.md": "tests/house/test_readme.py",
    "CONTRIBUTING.md": ".ci/run",
    "docs/agents.md": "tests/tool/test_documented.py",
    "docs/ci.md": "tests/ci/test_docs.py",
    "docs/generate.md": "tests/generate/test_documented.py",
    "docs/graph.md": "tests/graph/test_docs.py",
    "docs/prompts.md": "tests/tool/test_programs_shown.py",
    "docs/providers.md": "tests/providers/test_documented.py",
    "docs/tracing.md": "tests/tool/test_programs_shown.py",
}


def programs(page: str, *kinds: str) -> list[str]:
    text = (ROOT / page).read_text("utf-8")
    return [code for kind, code in re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL) if kind in kinds]


def test_no_page_is_forgotten():
    pages = [path.relative_to(ROOT) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))]
    assert {str(page) for page in pages if programs(str(page), "python", "sh")} == set(RUN_BY)
    for page, place in RUN_BY.items():
        text = (ROOT / place).read_text("utf-8")
        assert Path(page).name in text or all(
            line in text for code in programs(page, "sh") for line in code.split("\n")
        )


def test_a_prompt_of_ones_own():
    (program,) = programs("docs/prompts.md", "python")
    names: dict[str, Any] = {}
    exec(compile(program, "prompts.md", "exec"), names)
    assert names["mine"].startswith(names["SECURITY_REVIEW"]) and names["mine"].endswith("Spare the folder vendor.")


def test_a_run_in_somebody_elses_trace(tmp_path: Path):
    (program,) = programs("docs/tracing.md", "python")
    project = calc(tmp_path / "shop")
    headers = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    cycle = AutocorrectionCycle(providers=["offline"], home=tmp_path / "home")
    names: dict[str, Any] = {"request": SimpleNamespace(headers=headers), "cycle": cycle, "project": project}
    code = compile(program, "tracing.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    asyncio.run(eval(code, names))
    assert names["result"].success and plain_pytest(project) == 0
