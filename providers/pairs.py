"""What a model can be tuned with: pairs of a prompt, as the chain sends it, and the answer that repaired.

The format is OpenAI's for chat models: one JSON document a line, with the messages of one conversation.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..core.domain import FixRequest
from .masking import Secrets, scrub
from .prompts.fix import system_text, user_text

_CHARACTERS_A_TOKEN = 4


@dataclass(frozen=True)
class Pair:
    """One failure and its fix. ``failure`` is the failure's signature: pairs that share it stay on one side."""

    system: str
    user: str
    answer: str
    failure: str
    patch: str

    @property
    def line(self) -> str:
        """One line of the file, without its end."""
        roles = (("system", self.system), ("user", self.user), ("assistant", self.answer))
        messages = [{"role": role, "content": text} for role, text in roles]
        return json.dumps({"messages": messages}, ensure_ascii=False)

    @property
    def tokens(self) -> int:
        """About how many tokens it has: a quarter of its characters, which is high rather than low for code."""
        return -(-(len(self.system) + len(self.user) + len(self.answer)) // _CHARACTERS_A_TOKEN)


@dataclass(frozen=True)
class Split:
    """The pairs to learn from, and those to judge the learning by."""

    train: tuple[Pair, ...]
    validation: tuple[Pair, ...] = ()


def pair(request: FixRequest, answer: str, failure: str, patch: str, secrets: Secrets) -> Pair:
    """``request`` in the chain's own words and ``answer``, with secrets taken out of both in the same way."""
    texts = (system_text(request), user_text(request), answer)
    system, user, said = (scrub(text, secrets) for text in texts)
    return Pair(system, user, said, failure, patch)


def deduplicated(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    """The first pair for each failure and patch, in their order."""
    first: dict[tuple[str, str], Pair] = {}
    for one in pairs:
        first.setdefault((one.failure, one.patch), one)
    return tuple(first.values())


def split(pairs: Sequence[Pair], validation: float, seed: int) -> Split:
    """About the share ``validation`` of ``pairs`` apart. The same pairs and ``seed`` always split alike.

    All pairs of a failure stay together: else the judge would know the answers. One failure at least is learnt from.
    """
    failures = sorted({one.failure for one in pairs})
    random.Random(seed).shuffle(failures)
    share = min(round(len(failures) * validation), len(failures) - 1) if failures else 0
    apart = set(failures[: max(share, 1 if validation and len(failures) > 1 else 0)])
    return Split(
        tuple(one for one in pairs if one.failure not in apart), tuple(one for one in pairs if one.failure in apart)
    )
