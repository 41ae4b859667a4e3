"""Every ``aion-r …`` that README and docs show is a command that there is, with options that it takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from aion_r.api.cli import Program

ROOT = Path(__file__).parents[2]
FOLDERS = {".": "*.md", "docs": "*.md", "benchmarks": "*.md", "examples": "**/*.md"}
PAGES = sorted(str(path.relative_to(ROOT)) for name, files in FOLDERS.items() for path in (ROOT / name).glob(files))
SHOWN = re.compile(r"(?<![\w/.-])aion-r (?=[a-z-])([^`\n|)]*)")
"""Up to what ends a command: the code's end, a pipe, a bracket, a line."""
ENDS = re.compile(r"\s(#|&&|\|\||>|<|;)\s?.*|\s{2,}\S.*", re.DOTALL)
"""Remarks, further commands, redirections; columns that explain."""


def commands(text: str) -> set[str]:
    """The commands in fenced blocks and in inline code."""
    fenced = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`(aion-r [^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return {ENDS.sub("", found).strip() for code in (*fenced, *inline) for found in SHOWN.findall(code)}


def understood(words: list[str]) -> list[str]:
    """What of a command line is not known; empty where all of it is."""
    command: click.Command = Program("aion-r")
    unknown = []
    options = {"--help", "--version"}
    while words:
        word = words.pop(0)
        inner = command.get_command(click.Context(command), word) if isinstance(command, click.Group) else None
        if inner is not None:
            command = inner
            options |= {name for parameter in command.params for name in parameter.opts}
        elif word.startswith("-") and word != "-":
            unknown += [] if word.partition("=")[0] in options else [word]
        elif isinstance(command, click.Group):
            unknown.append(word)
    return unknown


@pytest.mark.parametrize("page", PAGES)
def test_what_is_shown_is_known(page: str):
    text = (ROOT / page).read_text("utf-8")
    assert {found: wrong for found in commands(text) if (wrong := understood(shlex.split(found)))} == {}


def test_they_are_found():
    shown = {page: commands((ROOT / page).read_text("utf-8")) for page in PAGES}
    assert {"fix --providers offline", "runs export --out pairs.jsonl --start --wait", "look IMAGE"} <= shown[
        "README.md"
    ]
    assert "serve --root ~/code --root /srv/projects --workers 4" in shown["docs/rest.md"]
    assert "fix --report report.html" in shown["docs/page.md"]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [("fix --provider x", ["--provider"]), ("repair", ["repair"]), ("runs resume RUN --accept", []),
     ("runs list --jason", ["--jason"]), ("fix . --max-iterations=2", [])],
)  # fmt: skip
def test_what_is_wrong_is_noticed(line: str, wrong: list[str]):
    assert understood(line.split()) == wrong
