"""In which language and for which framework code is wanted, and why those."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.errors import UsageError
from ...tools.frameworks.protocol import Framework
from ...tools.frameworks.registry import FRAMEWORKS

_CHOICES: dict[str, tuple[str, ...]] = {
    "python": ("pytest",),
    "javascript": ("jest", "mocha", "vitest"),
    "typescript": ("jest", "mocha", "vitest"),
    "go": ("go",),
    "rust": ("cargo",),
}
"""Frameworks by language, the first where none is named; the first language of a framework where none is named."""

LANGUAGES = tuple(_CHOICES)


@dataclass(frozen=True)
class Target:
    """What is to be written. ``reason`` says why, where it was not asked for, and is empty else."""

    language: str
    framework: Framework
    reason: str = ""


def choose(language: str | None, framework: str | None) -> Target:
    """What was asked for; a missing language follows from the framework, else it is Python.

    Raises ``UsageError``, with what is accepted, for unknown names and for two that do not belong together.
    """
    wanted, runner = _known("language", language, LANGUAGES), _known("framework", framework, _frameworks())
    if wanted and runner and runner not in _CHOICES[wanted]:
        fitting = [name for name, runners in _CHOICES.items() if runner in runners]
        raise UsageError(
            f"{runner} does not test {wanted}: with {wanted} give {' or '.join(_CHOICES[wanted])}, "
            f"or for {runner} the language {' or '.join(fitting)}"
        )
    chosen = wanted or next(name for name, runners in _CHOICES.items() if runner is None or runner in runners)
    name = runner or _CHOICES[chosen][0]
    (adapter,) = [one for one in FRAMEWORKS if one.name == name]
    return Target(chosen, adapter, _reason(wanted, runner, chosen, name))


def _reason(wanted: str | None, runner: str | None, language: str, framework: str) -> str:
    if wanted and runner:
        return ""
    if runner:
        return f"no language was named: {language}, which {runner} tests"
    return f"no framework was named: {framework}" if wanted else f"no language was named: {language} with {framework}"


def _known(what: str, name: str | None, accepted: tuple[str, ...]) -> str | None:
    if name is None:
        return None
    found = name.strip().lower()
    if found not in accepted:
        raise UsageError(f"unknown {what} {name!r}: choose from {', '.join(accepted)}")
    return found


def _frameworks() -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in _CHOICES.values() for name in names))
