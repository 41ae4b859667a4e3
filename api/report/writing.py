"""The file that ``fix --report`` writes: HTML, Markdown, SARIF or the JSON document, by the file's ending."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from ...core.codec import dump, load
from ...core.documents import RepairResult
from ...core.errors import UsageError
from ..commands.boundary import hidden

ENDINGS = (".html", ".md", ".sarif", ".json")


def check_report_path(path: str) -> None:
    """Raises ``UsageError`` for a kind of file that is not written, or a folder that is not there."""
    if Path(path).suffix.lower() not in ENDINGS:
        raise UsageError(f"--report {path}: the name must end in .html, .md, .sarif or .json.")
    check_writable("--report", path)


def check_writable(option: str, path: str) -> None:
    """Raises ``UsageError`` where ``path`` could not be written at the end of a long run."""
    target = Path(path)
    if target.is_dir():
        raise UsageError(f"{option} {path}: this is a folder, name a file.")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"{option} {path}: the folder {target.parent} does not exist.")
    if not os.access(target if target.exists() else target.absolute().parent, os.W_OK):
        raise UsageError(f"{option} {path}: no permission to write there.")


def write_report(path: str, result: RepairResult, hide: Callable[[str], str], *, project: str = "") -> None:
    """Write the report of ``result`` to ``path``, with every key taken out by ``hide``."""
    safe = without_keys(result, hide)
    Path(path).write_text(_page(Path(path).suffix.lower(), safe, project), encoding="utf-8", errors="backslashreplace")


def without_keys(result: RepairResult, hide: Callable[[str], str]) -> RepairResult:
    """``result`` with every text in it passed through ``hide``: before it is cut, escaped or coloured, not after."""
    return load(RepairResult, hidden(dump(result), hide))


def _page(ending: str, result: RepairResult, project: str) -> str:
    if ending == ".json":
        return json.dumps(result.to_dict(), indent=2) + "\n"
    if ending == ".md":
        from .markdown import markdown_summary

        return markdown_summary(result)
    if ending == ".sarif":
        from .checkout import folder_in_checkout
        from .sarif import sarif

        return json.dumps(sarif(result, folder_in_checkout(Path(project))), indent=2) + "\n"
    from .html import html_report

    return html_report(result, project=project)
