"""All that is doubtful about a patch, in a few sentences."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.domain import Edit
from .literals import Evidence
from .source import change_of
from .special_cases import special_cases
from .swallowing import lost_checks, swallowing

MOST = 4
"""Reasons that are told of one patch."""


def suspicions(edits: Sequence[Edit], evidence: Evidence) -> tuple[str, ...]:
    """Why ``edits`` may make the failing tests pass without mending what they test; empty where nothing says so."""
    changes = [change for edit in edits if edit.after is not None and (change := change_of(edit))]
    found = [why for change in changes for why in (*special_cases(change, evidence), *swallowing(change))]
    return tuple(dict.fromkeys([*found, *lost_checks(changes)]))[:MOST]
