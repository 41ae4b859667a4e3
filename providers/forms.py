"""In which form each model is asked for its edits, learned from the answers that did not apply."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from ..core.errors import EditError, NoEdit, NoMatch
from .prompts.fix import Form
from .registry import LegSpec
from .shelf import Shelf

FAILURES = 2
"""Answers in a row that do not apply, after which a model is asked in another form."""
FORMS: tuple[Form, ...] = get_args(Form)
_MARK = "<<<<<<<"


@dataclass
class Forms:
    """What is known of models; with a ``folder``, from run to run."""

    folder: Path | None = None
    _seen: dict[str, dict[str, int | str]] = field(default_factory=dict)

    def of(self, spec: LegSpec) -> Form:
        """The form to ask ``spec`` for."""
        return next((form for form in FORMS if form == self._entry(spec).get("form")), "edits")

    def applied(self, spec: LegSpec) -> None:
        """An answer could be used."""
        if self._entry(spec).get("failures"):
            self._keep(spec, self.of(spec), 0)

    def failed(self, spec: LegSpec, answer: str, error: EditError) -> None:
        """An answer could not. Lines that are not in the file call for whole files, words without any edit for a
        function call; what fails there as well leads back."""
        form = self.of(spec)
        other = _instead(answer, error) if form == "edits" else "edits"
        if other is None:
            return
        entry = self._entry(spec)
        failures = 1 + (int(entry.get("failures", 0)) if entry.get("instead") == other else 0)
        self._keep(spec, other if failures >= FAILURES else form, failures % FAILURES, other)

    def not_served(self, spec: LegSpec) -> None:
        """The service takes no functions."""
        self._keep(spec, "edits", 0)

    def _entry(self, spec: LegSpec) -> dict[str, int | str]:
        key = _key(spec)
        if key not in self._seen:
            self._seen[key] = (Shelf(self.folder).get(key) if self.folder else None) or {}
        return self._seen[key]

    def _keep(self, spec: LegSpec, form: Form, failures: int, instead: Form = "edits") -> None:
        entry: dict[str, int | str] = {"model": spec.model, "form": form, "failures": failures, "instead": instead}
        self._seen[_key(spec)] = entry
        if self.folder:
            Shelf(self.folder).put(_key(spec), entry)


def _instead(answer: str, error: EditError) -> Form | None:
    if isinstance(error, NoMatch):
        return "whole" if _MARK in answer else None
    return "structured" if isinstance(error, NoEdit) else None


def _key(spec: LegSpec) -> str:
    return f"form {spec.provider} {spec.base_url} {spec.model}"
