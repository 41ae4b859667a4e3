"""A review by a model: findings, and edits that secure the code. By a function call, or as text where that fails."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from ..core.domain import ErrorKind
from ..core.errors import AllProvidersFailed, NoEdit
from .prompts.review import SECURITY_REVIEW, review_text, structured_system, text_system
from .requests import LLMRequest

if TYPE_CHECKING:
    from .llm import FallbackChat

__all__ = ["SECURITY_REVIEW", "Answer", "Finding", "ask"]

Severity = Literal["critical", "high", "medium", "low"]
SEVERITIES: tuple[str, ...] = get_args(Severity)
"""Worst first."""

_LEAST_TOKENS, _MOST_TOKENS = 4_000, 16_000
_LINE = re.compile(r"^[\s>*-]*FINDING\s*\|(.*)$", re.IGNORECASE | re.MULTILINE)
_NONE = re.compile(r"^\W*NO FINDINGS\W*$", re.IGNORECASE | re.MULTILINE)
_FORM_REFUSED = (ErrorKind.BAD_ANSWER, ErrorKind.BAD_REQUEST)
"""How legs fail that know no functions, or fill them in wrongly."""


class Finding(BaseModel):
    """One problem. ``line`` is 1-based, ``None`` where the model named no line that exists."""

    file: str
    severity: Severity
    title: str
    explanation: str = Field(description="What an attacker could do, and how the edit prevents it")
    line: int | None = None
    cwe: str | None = Field(None, description="Such as CWE-89")
    code: str = Field("", description="The vulnerable line, copied exactly")

    @field_validator("severity", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator("cwe", mode="before")
    @classmethod
    def _cwe(cls, value: Any, info: ValidationInfo) -> str | None:
        number = re.search(r"\d+", str(value))
        return f"CWE-{number[0]}" if number else None


class Replacement(BaseModel):
    """Lines of a file, copied exactly, and those that take their place."""

    path: str
    search: str
    replace: str


class SecurityReview(BaseModel):
    """Every problem of the files, and the edits that remove them."""

    findings: list[Finding]
    edits: list[Replacement] = []


@dataclass(frozen=True)
class Answer:
    """Findings as the model gave them, and the part of its answer that holds edits (empty for none)."""

    findings: tuple[Finding, ...]
    edits: str = ""


async def ask(
    llm: FallbackChat, files: Mapping[str, str], system_prompt: str = SECURITY_REVIEW, objection: str = ""
) -> Answer:
    """What ``llm`` says of ``files`` (path to text). ``objection`` tells what was wrong with the last answer.

    Raises ``AllProvidersFailed``, and ``NoEdit`` for a text in another form than the one asked for.
    """
    room = min(max(_LEAST_TOKENS, sum(map(len, files.values())) // 3), _MOST_TOKENS)
    question = review_text(files, objection)
    try:
        request = LLMRequest(question, structured_system(system_prompt), max_tokens=room)
        return _of_call(await llm.agenerate_structured(request, SecurityReview))
    except AllProvidersFailed as error:
        if not any(call.error and call.error.kind in _FORM_REFUSED for call in error.records):
            raise
    return read_text_answer((await llm.agenerate(LLMRequest(question, text_system(system_prompt), room))).content)


def read_text_answer(text: str) -> Answer:
    """The findings of an answer in the text form. Raises ``NoEdit`` when it has neither findings nor says so."""
    findings = [finding for match in _LINE.finditer(text) if (finding := _of_line(match[1]))]
    if not findings and not _NONE.search(text):
        raise NoEdit("the answer has no FINDING line, and does not say NO FINDINGS")
    edits = _NONE.sub("", _LINE.sub("", text)).strip()
    return Answer(tuple(findings), edits)


def _of_call(review: SecurityReview) -> Answer:
    edits = [{"path": one.path, "search": one.search, "replace": one.replace} for one in review.edits]
    return Answer(tuple(review.findings), json.dumps({"edits": edits}) if edits else "")


def _of_line(text: str) -> Finding | None:
    fields = [part.strip() for part in text.split("|", 4)]
    if len(fields) < 4 or fields[0].lower() not in SEVERITIES:
        return None
    file, _, line = fields[1].strip("`").rpartition(":")
    explanation = fields[4] if len(fields) > 4 else ""
    if not line.isdigit():
        file, line = fields[1].strip("`"), ""
    known: dict[str, Any] = {"severity": fields[0], "cwe": fields[2], "title": fields[3], "explanation": explanation}
    return Finding(file=file, line=int(line) if line else None, **known)
