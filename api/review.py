"""Files reviewed by a model: findings at lines that exist, and the secured code as a patch that applies and parses.

::

    from aion_r import review

    found = review(["app.py"])
    for finding in found.findings:
        print(finding.severity, finding.file, finding.line, finding.title)
    print(found.diff)
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.domain import Edit, Patch
from ..core.errors import EditError, Forbidden, NoEdit, UsageError
from ..providers import background
from ..providers.review import SECURITY_REVIEW, SEVERITIES, Answer, Finding, ask
from ..tools.edits.apply import apply_blocks
from ..tools.edits.diff import unified_diff
from ..tools.edits.document import is_binary, read_text
from ..tools.edits.reply import parse_reply
from ..tools.edits.syntax import check_syntax

if TYPE_CHECKING:
    from ..providers.llm import FallbackChat

MOST_AT_ONCE = 60_000
"""Characters of files in one question; a longer file has one of its own."""
MOST_IN_A_FILE = 400_000


@dataclass(frozen=True)
class Review:
    """``findings``, worst first; ``patch`` secures the code (paths relative to ``root``); ``note`` says why a part of
    it could not be used."""

    root: Path
    findings: tuple[Finding, ...]
    patch: Patch
    note: str = ""

    @property
    def diff(self) -> str:
        """The patch as a unified diff."""
        return unified_diff(self.patch)

    @property
    def secured_code(self) -> dict[str, str]:
        """The whole new text of each file that the patch changes."""
        return {edit.path: read_text(edit.after or b"") for edit in self.patch.edits}


def review(
    files: Sequence[str | Path], *, llm: FallbackChat | None = None, system_prompt: str = SECURITY_REVIEW
) -> Review:
    """Ask ``llm`` (by default ``create_llm()``) for what is wrong with ``files``. Nothing is written.

    Raises ``UsageError`` for files that are not text or not there, ``AllProvidersFailed`` when nobody answers.
    """
    from ..providers.llm import create_llm

    root, sources = read_sources(files)
    return background.run(areview(root, sources, llm or create_llm(), system_prompt))


async def areview(root: Path, sources: Mapping[str, bytes], llm: FallbackChat, system_prompt: str) -> Review:
    """The same of files that are read already."""
    findings: list[Finding] = []
    edits: list[Edit] = []
    notes: list[str] = []
    for part in _batches(sources):
        answer, made, note = await _reviewed(part, llm, system_prompt)
        findings += [_placed(finding, part) for finding in answer.findings]
        edits += made
        notes += [note] if note else []
    ordered = sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), one.file, one.line or 0))
    return Review(root, tuple(ordered), Patch(tuple(edits)), "; ".join(notes))


def read_sources(files: Sequence[str | Path]) -> tuple[Path, dict[str, bytes]]:
    """A folder that holds all ``files`` (the current one where it does), and their bytes by path relative to it."""
    paths = list(dict.fromkeys(Path(os.path.realpath(file)) for file in files))
    if not paths:
        raise UsageError("name at least one file.")
    contents = [_read(path) for path in paths]
    here = Path.cwd().resolve()
    inside = all(path.is_relative_to(here) for path in paths)
    root = here if inside else Path(os.path.commonpath([path.parent for path in paths]))
    return root, {path.relative_to(root).as_posix(): data for path, data in zip(paths, contents, strict=True)}


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except IsADirectoryError:
        raise UsageError(f"{path} is a folder: name its files.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    if is_binary(data) or not data.strip():
        raise UsageError(f"{path} is {'not text' if data.strip() else 'empty'}: there is nothing to review.")
    if len(data) > MOST_IN_A_FILE:
        raise UsageError(f"{path} has {len(data):,} bytes, more than {MOST_IN_A_FILE:,}: no model reads that at once.")
    return data


def _batches(sources: Mapping[str, bytes]) -> Iterator[dict[str, bytes]]:
    part: dict[str, bytes] = {}
    for path, data in sources.items():
        if part and sum(map(len, part.values())) + len(data) > MOST_AT_ONCE:
            yield part
            part = {}
        part[path] = data
    yield part


async def _reviewed(
    sources: Mapping[str, bytes], llm: FallbackChat, system_prompt: str
) -> tuple[Answer, tuple[Edit, ...], str]:
    """An answer, its edits, and why they cannot be used. Such an answer goes back once with the reason."""
    texts = {path: read_text(data) for path, data in sources.items()}
    answer: Answer | None = None
    reason = ""
    for _ in range(2):
        try:
            answer = await ask(llm, texts, system_prompt, reason)
            return answer, _edits(answer, sources), ""
        except EditError as error:
            reason = str(error)
    if answer is None:
        raise NoEdit(f"no usable answer: {reason}")
    return answer, (), f"the secured code cannot be used: {reason}"


def _edits(answer: Answer, sources: Mapping[str, bytes]) -> tuple[Edit, ...]:
    if not answer.edits:
        return ()

    def check(path: str) -> str:
        bare = path.removeprefix("./")
        if bare not in sources:
            raise Forbidden(f"{path} is not among the files to review")
        return bare

    only = next(iter(sources)) if len(sources) == 1 else None
    edits = apply_blocks(parse_reply(answer.edits, only, tuple(sources)), sources.get, check)
    for edit in edits:
        wrong = check_syntax(edit.path, edit.after, edit.before) if edit.after is not None else "it is deleted"
        if wrong:
            raise NoEdit(f"after the edit {edit.path} does not parse: {wrong}")
    return edits


def _placed(finding: Finding, sources: Mapping[str, bytes]) -> Finding:
    """``finding`` at the line that its quoted code has: models miscount lines more often than they misquote them."""
    file = finding.file.removeprefix("./")
    if file not in sources and len(sources) == 1:
        (file,) = sources
    lines = read_text(sources[file]).splitlines() if file in sources else []
    quoted = next((line.strip() for line in finding.code.splitlines() if line.strip()), "")
    said = finding.line or 1
    same = [number for number, line in enumerate(lines, 1) if quoted and quoted in line]
    stated = finding.line if finding.line and 1 <= finding.line <= len(lines) else None
    return finding.model_copy(
        update={"file": file, "line": min(same, key=lambda number: abs(number - said)) if same else stated}
    )
