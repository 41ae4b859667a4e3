"""In which form each model is asked for its edits, learned from the answers that did not apply."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..core.errors import EditError, NoMatch
from .prompts.fix import Form
from .registry import LegSpec
from .shelf import Shelf

FAILURES = 2
"""Answers in a row that do not apply, after which a model is asked in the other form."""
_MARK = "<<<<<<<"


@dataclass
class Forms:
    """What is known of models; with a ``folder``, from run to run."""

    folder: Path | None = None
    _seen: dict[str, dict[str, int | str]] = field(default_factory=dict)

    def of(self, spec: LegSpec) -> Form:
        """The form to ask ``spec`` for."""
        return "whole" if self._entry(spec).get("form") == "whole" else "edits"

    def applied(self, spec: LegSpec) -> None:
        """An answer could be used."""
        if self._entry(spec).get("failures"):
            self._keep(spec, self.of(spec), 0)

    def failed(self, spec: LegSpec, answer: str, error: EditError) -> None:
        """An answer could not. Of the form tells only search text that is not in the file, or a bad whole file."""
        form = self.of(spec)
        if form == "edits" and not (isinstance(error, NoMatch) and _MARK in answer):
            return
        failures = int(self._entry(spec).get("failures", 0)) + 1
        other: Form = "whole" if form == "edits" else "edits"
        self._keep(spec, other if failures >= FAILURES else form, failures % FAILURES)

    def _entry(self, spec: LegSpec) -> dict[str, int | str]:
        key = _key(spec)
        if key not in self._seen:
            self._seen[key] = (Shelf(self.folder).get(key) if self.folder else None) or {}
        return self._seen[key]

    def _keep(self, spec: LegSpec, form: Form, failures: int) -> None:
        entry: dict[str, int | str] = {"model": spec.model, "form": form, "failures": failures}
        self._seen[_key(spec)] = entry
        if self.folder:
            Shelf(self.folder).put(_key(spec), entry)


def _key(spec: LegSpec) -> str:
    return f"form {spec.provider} {spec.base_url} {spec.model}"
