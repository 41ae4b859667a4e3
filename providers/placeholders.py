"""Secrets out of a prompt and back into the edits that answer it.

Every secret that a project's sources or its tests' output show has a placeholder for the run, ``<secret-1>``. A model
sees and copies the placeholder; in its answer the secret itself stands there again before the answer is matched with
the files.
"""

from __future__ import annotations

import re
import threading
from typing import Any

from .masking import Secrets, secrets_in

_PLACEHOLDER = re.compile(r"<secret-\d+>")


class Placeholders:
    """The secrets met in one run. ``known`` are values that are secret whatever they look like."""

    def __init__(self, known: Secrets = ()) -> None:
        self._by_value: dict[str, str] = {}
        self._known = tuple(value for value, _ in known)
        self._taken: set[str] = set()
        self._lock = threading.Lock()

    def mask(self, text: str) -> str:
        """``text`` with a placeholder for each secret, the same one each time. Lines stay lines."""
        found = (*(one for one in self._known if one in text), *secrets_in(text))
        with self._lock:
            self._taken |= set(_PLACEHOLDER.findall(text)) - set(self._by_value.values())
            fresh = [value for value in found if value not in self._by_value and not _PLACEHOLDER.search(value)]
            for value in fresh:
                self._by_value.setdefault(value, self._free())
            pairs = sorted(self._by_value.items(), key=lambda pair: -len(pair[0]))
        for value, placeholder in pairs:
            text = text.replace(value, placeholder)
        return text

    def mask_record(self, record: Any) -> Any:
        """``record``, of JSON types, with every text in it masked: also where only another one shows what is secret."""
        return self._each(self._each(record))

    def unmask(self, text: str) -> str:
        """``text`` with the secrets where their placeholders stand."""
        values = {placeholder: value for value, placeholder in self._pairs()}
        return _PLACEHOLDER.sub(lambda found: values.get(found[0], found[0]), text)

    def misplaced(self, before: bytes | None, after: bytes | None) -> str | None:
        """Why a file may not become ``after``: it would hold a secret more often than ``before``, or a placeholder of
        no secret. In words without the secret; ``None`` where all is well."""
        old, new = (data.decode("utf-8", "replace") for data in (before or b"", after or b""))
        for value, placeholder in self._pairs():
            if new.count(value) > old.count(value):
                return f"{placeholder} stands for a secret: it may stay where it is, and be written nowhere else"
        made_up = sorted(set(_PLACEHOLDER.findall(new)) - set(_PLACEHOLDER.findall(old)))
        return f"{made_up[0]} stands for nothing: write no placeholder of your own" if made_up else None

    def _each(self, record: Any) -> Any:
        if isinstance(record, str):
            return self.mask(record)
        if isinstance(record, dict):
            return {name: self._each(value) for name, value in record.items()}
        return [self._each(value) for value in record] if isinstance(record, list | tuple) else record

    def _pairs(self) -> list[tuple[str, str]]:
        with self._lock:
            return list(self._by_value.items())

    def _free(self) -> str:
        """The next placeholder that no text of the project holds by itself."""
        used = self._taken | set(self._by_value.values())
        return next(name for number in range(1, len(used) + 2) if (name := f"<secret-{number}>") not in used)
