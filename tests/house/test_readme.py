"""Every command and every program of the README is run here, in order, or by the place that ``ELSEWHERE`` names.

A fenced ``sh`` block is a script; of a ``console`` block the lines after ``$`` are; a ``python`` block is a program.
They run one after the other in one scratch folder that holds a copy of ``examples/``, with this environment's commands
on PATH, an empty home, no key and no network. A block that is meant to fail says so after its language: ``sh exit=1``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ELSEWHERE = {
    # what the README tells people to type: (the file that runs it, what stands there)
    "make install": (".ci/run", "make install"),
    "make lint": (".ci/run", "make lint"),
    "make types": (".ci/run", "make types"),
    "make test": (".ci/run", "make test"),
    "make demo": ("tests/house/test_demo.py", '"examples/demo.sh"'),
    "make bench": ("tests/house/test_demo.py", '"benchmarks/startup.py"'),
}
NOT_RUN = re.compile(r"git clone \S+( \S+)?|cd aion-r|(\.venv/bin/)?pip install .*|\. \.venv/bin/activate")
"""Lines that only bring the reader to where the tests already are."""

FENCE = re.compile(r"^```(?P<language>\w+)(?P<options>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block. ``status`` is the exit status it is meant to have."""

    language: str
    text: str
    line: int
    status: int = 0

    @property
    def commands(self) -> list[str]:
        """Logical lines of a shell block, without prompts, output and comments."""
        lines = self.text.replace("\\\n", " ").splitlines()
        if self.language == "console":
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        return [bare for line in lines if (bare := re.sub(r"(^|\s+)#.*", "", line).strip())]


def blocks(markdown: str, *languages: str) -> list[Block]:
    found = []
    for match in FENCE.finditer(markdown):
        if match["language"] in languages:
            status = re.search(r"exit=(\d+)", match["options"])
            line = markdown.count("\n", 0, match.start()) + 1
            found.append(Block(match["language"], match["text"], line, int(status[1]) if status else 0))
    return found


def script(block: Block) -> str:
    """What of a shell block is to be run here; empty where nothing is."""
    here = [line for line in block.commands if line not in ELSEWHERE and not NOT_RUN.fullmatch(line)]
    return "\n".join(here)


def environment(scratch: Path) -> dict[str, str]:
    nowhere = "http://127.0.0.1:9"
    home = scratch.parent / "home"
    home.mkdir(exist_ok=True)
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "VIRTUAL_ENV": sys.prefix,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
        "NO_PROXY": "127.0.0.1,localhost",
    }


def run(block: Block, scratch: Path) -> None:
    """Run ``block`` in ``scratch``. Fails with what it printed when it ends otherwise than it should."""
    if block.language == "python":
        program = scratch.parent / f"readme_line_{block.line}.py"
        program.write_text(block.text, encoding="utf-8")
        command = [sys.executable, str(program)]
    else:
        command = ["sh", "-euc", script(block)]
    done = subprocess.run(
        command,
        cwd=scratch,
        env=environment(scratch),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
    )
    told = f"README.md:{block.line}: exit status {done.returncode}, not {block.status}\n{block.text}\n{done.stdout}"
    assert done.returncode == block.status, told


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def scratch(root: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    shutil.copytree(root / "examples", folder / "examples")
    return folder


def test_every_block_runs(readme: str, scratch: Path) -> None:
    runnable = [
        block for block in blocks(readme, "sh", "console", "python") if block.language == "python" or script(block)
    ]
    assert runnable, "the README shows no command that runs here"
    for block in runnable:
        run(block, scratch)


def test_what_runs_elsewhere_does(readme: str, root: Path) -> None:
    shown = {line for block in blocks(readme, "sh", "console") for line in block.commands}
    assert {"make demo", "make test"} <= shown
    missing = [
        f"{command}: not in {place}"
        for command, (place, text) in ELSEWHERE.items()
        if command in shown and text not in (root / place).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_no_fence_escapes(readme: str) -> None:
    known = {"sh", "console", "python", "mermaid", "json", "toml", "text", "diff", "ini", "yaml", "dotenv"}
    assert {match["language"] for match in FENCE.finditer(readme)} <= known
    assert readme.count("\n```") == 2 * len(FENCE.findall(readme)), "an unnamed or unclosed fence"


def test_the_diagram_is_the_graph(readme: str) -> None:
    from aion_r import build_graph

    graph = build_graph()
    compiled = graph if hasattr(graph, "get_graph") else graph.compile()
    drawn = compiled.get_graph().draw_mermaid()
    assert [block.text.strip() for block in blocks(readme, "mermaid")][:1] == [drawn.strip()]


SAMPLE = """
```sh
git clone ADDRESS
make demo   # not here
```
```console exit=3
$ test -d examples/broken_cart
examples
$ exit \\
  3
```
```python
import pathlib
pathlib.Path("written").touch()
```
```sh
test -f written
```
"""


def test_the_mechanism_runs_blocks_in_order(scratch: Path) -> None:
    found = blocks(SAMPLE, "sh", "console", "python")
    assert [script(block) for block in found if block.language != "python"] == [
        "",
        "test -d examples/broken_cart\nexit    3",
        "test -f written",
    ]
    for block in found[1:]:
        run(block, scratch)


def test_the_mechanism_notices_a_failing_command(scratch: Path) -> None:
    with pytest.raises(AssertionError, match=r"README\.md:7: exit status 1, not 0"):
        run(Block("sh", "false\ntrue\n", 7), scratch)
