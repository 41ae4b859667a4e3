"""Keys are taken out of everything that leaves this process or is shown: prompts, errors, records."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..core.settings import Environment
from .registry import PROVIDERS, LegSpec

_LEAST_LENGTH = 8  # shorter values are words of the project far more often than keys
_KEY_SHAPES = re.compile(r"\b(?:sk-|gsk_|hf_|gh[pousr]_|github_pat_)[A-Za-z0-9_\-]{12,}")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_SECRET_SHAPES = (
    (_PRIVATE_KEY, "[key]"),
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{30,}|\bxox[abprs]-[\w-]{10,}|\bglpat-[\w-]{16,}"), "[key]"),
    (re.compile(r"\b(?:npm_|pypi-|dop_v1_|[srp]k_(?:live|test)_)[\w-]{16,}"), "[key]"),
    (re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"), "[token]"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/-]{16,}=*"), r"\1 [token]"),
    (re.compile(r"(\w://[^\s/:@'\"]{0,80}:)[^\s/@'\"]{1,200}@"), r"\1[password]@"),
    (
        re.compile(
            r"(?i)(\b\w{0,40}(?:passw(?:or)?d|passphrase|secret|token|api_?key|access_?key)\w{0,20}[\"']?\s{0,4}"
            r"(?::=|[:=])\s{0,4})([\"'])[^\"'\s]{8,}\2"
        ),
        r"\1\2[secret]\2",
    ),
    (re.compile(r"\b[\w.+-]{1,64}@(?!example\.)(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"), "someone@example.com"),
)

_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{16,}")
_IN_SOURCES = (
    re.compile(
        r"\b(?:sk-|gsk_|hf_|gh[pousr]_|github_pat_|npm_|pypi-|dop_v1_|[srp]k_(?:live|test)_)(?=[\w-]*\d)[\w-]{16,}"
    ),
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{30,}|\bxox[abprs]-[\w-]{10,}|\bglpat-[\w-]{16,}"),
    re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*|\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    re.compile(r"(?i)\bbearer\s+(?=[a-z._~+/-]*\d)([a-z0-9._~+/-]{20,}=*)"),
    re.compile(r"://[^\s/:@'\"<]{0,80}:([^\s/@'\"{}<$%()\[\]\\]{7,200})@[\w.]"),
    re.compile(
        r"(?i)(?:passw(?:or)?d|passphrase|secret|token|credential|api_?key|access_?key|private_?key|auth_?key)\w{0,20}"
        r"[\"']?\]?\s{0,4}(?::\s{0,4}[&'\w<>\[\]. ]{1,30}=|\s\w{1,20}\s{0,4}=|:=|=>|[:=])\s{0,4}[bru]?"
        r"[\"'`]([^\"'`\s]{8,400})[\"'`]"
    ),
)
"""What a secret looks like in code, the secret itself in the group if there is one."""
_NO_SECRET = re.compile(
    r"(?i)^[a-z]+$|^[A-Z_]+$|^[a-z]+([_./:-][a-z]+)*$|[<>{}$%]|\.\.\.|x{4}|\*{3}|example|placeholder|change_?me|your[-_]|"
    r"dummy|not[-_]a[-_]"
)
"""Words, names and addresses: quoted beside a word such as ``token`` far more often than a secret is."""

Secrets = tuple[tuple[str, str], ...]
"""Pairs of value and variable, longest value first. Never shown."""


def secrets_of(environment: Environment | None, specs: Iterable[LegSpec] = ()) -> Secrets:
    """Every value that a key variable has in any source of ``environment``, and the keys of ``specs``."""
    names = [name for row in PROVIDERS.values() for name in row.key_names]
    found = {spec.key.get_secret_value(): spec.key_name for spec in specs if spec.key}
    for source in environment.sources if environment else ():
        found |= {source.values[name].strip(): name for name in names if source.values.get(name)}
    usable = [(value, name) for value, name in found.items() if len(value) >= _LEAST_LENGTH]
    return tuple(sorted(usable, key=lambda pair: -len(pair[0])))


def mask(text: str, secrets: Secrets) -> str:
    """``text`` for a log, an error or a record: secrets by their variable's name, whatever looks like a key blank."""
    return _KEY_SHAPES.sub("[key]", mask_values(text, secrets))


def mask_values(text: str, secrets: Secrets) -> str:
    """``text`` for a prompt. What merely looks like a key stays: a model must copy the lines of a source exactly."""
    for value, name in secrets:
        text = text.replace(value, f"[{name}]")
    return text


def secrets_in(text: str) -> tuple[str, ...]:
    """The secrets of anybody's that ``text``, a source or an output, shows: each once, in order, one line each."""
    found: dict[str, None] = {}
    for block in _PRIVATE_KEY.findall(text):
        found |= dict.fromkeys(_KEY_LINE.findall(block))
    for shape in _IN_SOURCES[:-1]:
        found |= dict.fromkeys(match[shape.groups] for match in shape.finditer(text))
    named = (match[1] for match in _IN_SOURCES[-1].finditer(text))
    return tuple(found | dict.fromkeys(value for value in named if not _NO_SECRET.search(value)))


def scrub(text: str, secrets: Secrets) -> str:
    """``text`` for a place that keeps it for good: besides what ``mask`` takes out whatever looks like a secret of
    anybody's (tokens, private keys, quoted passwords, passwords in addresses), and mail addresses.
    """
    text = mask(text, secrets)
    for shape, instead in _SECRET_SHAPES:
        text = shape.sub(instead, text)
    return text
