"""The project's ``.env`` as its tests may see it: the keys by which AION-R asks models are nobody else's."""

from __future__ import annotations

import re
from pathlib import Path

_OURS = re.compile(
    rb"^([ \t]*(?:export[ \t]+)?"
    rb"(?:GROQ|OPENAI|GITHUB|HUGGINGFACE|HF|CLOUDFLARE|ANTHROPIC)_(?:API_KEY|API_TOKEN|TOKEN)[ \t]*=)"
    rb"""[ \t]*(?:'[^']*'|"(?:[^"\\]|\\.)*"|[^\r\n]*)""",
    re.MULTILINE,
)
_SHOWN = rb"\1hidden-from-tests"


def dotenv_files(project: Path) -> list[Path]:
    """The files of settings in the project's own folder."""
    return [file for file in sorted(project.glob(".env*")) if file.is_file() and not file.is_symlink()]


def without_our_keys(project: Path) -> list[tuple[bytes, bytes | None, bool]]:
    """Those files that hold such a key, as edits of a view (``patching.Message``)."""
    edits: list[tuple[bytes, bytes | None, bool]] = []
    for file in dotenv_files(project):
        try:
            found = file.read_bytes()
        except OSError:
            continue
        shown = _OURS.sub(_SHOWN, found)
        if shown != found:
            edits.append((file.name.encode(), shown, False))
    return edits
