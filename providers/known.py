"""What need not be asked again: answers, until their run has judged them, and fixes that were seen to repair.

Both belong to the failures, the sources and the model. What holds a key is not kept.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.codec import dump, load
from ..core.domain import FixRequest, Patch
from .masking import Secrets, mask
from .registry import LegSpec
from .shelf import Shelf

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage


@dataclass(frozen=True)
class KnownFix:
    """A patch that made all tests pass before, and who wrote it."""

    patch: Patch
    provider: str
    model: str
    explanation: str = ""


@dataclass
class Known:
    """The memory of one run. With no ``folder`` it has none."""

    folder: Path | None = None
    secrets: Secrets = ()
    _answers: dict[str, str] = field(default_factory=dict)
    """Key of the answer that each patch of this run came from."""
    _served: str = ""
    """Key of the fix that this run was given, until it is seen to repair again."""
    _first: FixRequest | None = None
    """The first question of the run: what a fix of the whole run is a fix of."""

    def answer(self, key: str) -> str | None:
        """The text that was answered to the same question."""
        entry = self._shelf().get(key) if self.folder else None
        text = entry.get("text") if entry else None
        return text if isinstance(text, str) else None

    def keep_answer(self, key: str, text: str, patch: Patch) -> None:
        """Keep ``text``, which makes ``patch``, until the run ends and has judged it."""
        if self.folder and mask(text, self.secrets) == text:
            self._answers[patch.id] = key
            self._shelf().put(key, {"text": text})

    def used_answer(self, key: str, patch: Patch) -> None:
        """A known answer makes ``patch``: it is kept only if that repairs."""
        self._answers[patch.id] = key

    def forget_answer(self, key: str) -> None:
        """It does not apply any more."""
        if self.folder:
            self._shelf().drop(key)

    def fix(self, request: FixRequest, specs: Sequence[LegSpec]) -> KnownFix | None:
        """A fix of the same failures in the same sources by one of ``specs``. Only a run's first question has one."""
        if self._first is None:
            self._first = request
        if not self.folder or request.patch or request.feedback:
            return None
        for spec in specs:
            key = _fix_key(request, spec.provider, spec.model)
            entry = self._shelf().get(key)
            if entry:
                try:
                    known = load(KnownFix, json.dumps(entry))
                except ValueError:
                    continue  # another version's, or not ours
                self._served = key
                return known
        return None

    def judge(self, patch: Patch, provider: str, model: str, explanation: str = "") -> None:
        """``patch`` made all tests pass."""
        self._answers.pop(patch.id, None)
        self._served = ""
        first = self._first
        texts = [(content or b"").decode("utf-8", "replace") for e in patch.edits for content in (e.before, e.after)]
        if self.folder and first and model and all(mask(text, self.secrets) == text for text in texts):
            entry = dump(KnownFix(patch, provider, model, explanation))
            self._shelf().put(_fix_key(first, provider, model), entry)

    def end(self) -> None:
        """The run is over: what repaired nothing is forgotten, or the next run would repeat this one."""
        for key in (*self._answers.values(), self._served):
            self.forget_answer(key)
        self._answers.clear()

    def _shelf(self) -> Shelf:
        assert self.folder is not None
        return Shelf(self.folder)


def answer_key(spec: LegSpec, messages: Sequence[BaseMessage], max_tokens: int, temperature: float, sample: int) -> str:
    """What an answer belongs to: service and model, all that it was asked, and which of several answers it is."""
    said = [(message.type, message.content) for message in messages]
    asked = [spec.provider, spec.base_url, spec.model, said, max_tokens, temperature, sample]
    return "answer " + sha256(json.dumps(asked).encode()).hexdigest()


def _fix_key(request: FixRequest, provider: str, model: str) -> str:
    """The failures as far as they repeat from run to run: what was captured, and addresses in it, do not."""
    failures = sorted((f.test_id, f.assertion_type or "", f.expected or "", f.actual or "") for f in request.failures)
    plain = replace(request, failures=(), feedback="", patch="", report="")
    asked = [provider, model, failures, dump(plain)]
    return "fix " + sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
