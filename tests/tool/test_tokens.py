"""The bound on tokens holds for texts that are made to break it, and a huge run is told as quickly as a small one."""

from __future__ import annotations

import random
import time

import pytest

from aion_r.api.explaining import Explanation
from aion_r.api.mcp_server import texts
from aion_r.api.telling import told
from aion_r.api.tokens import tokens
from aion_r.core.domain import Outcome, SourceFile, Suspect, TestFailure

from .test_told import report, result

LOWER = "abcdefghijklmnopqrstuvwxyz"
RANGES = {
    "ideographs": (0x4E00, 0x9FFF), "rare ideographs": (0x20000, 0x2A6D0), "hangul": (0xAC00, 0xD7A3),
    "emoji": (0x1F300, 0x1FAFF), "latin": (0x100, 0x24F), "private": (0xE000, 0xF8FF), "tibetan": (0xF40, 0xFBC),
}  # fmt: skip


def letters(alphabet: str, length: int = 300) -> str:
    chosen = random.Random(alphabet)
    return "".join(chosen.choice(alphabet) for _ in range(length))


def drawn(name: str, length: int = 200) -> str:
    low, high = RANGES[name]
    chosen = random.Random(name)
    return "".join(chr(chosen.randint(low, high)) for _ in range(length))


TEXTS = {name: drawn(name) for name in RANGES} | {
    "letters": letters(LOWER), "clusters": letters("tnsrldcmph"), "rare letters": letters("qxzjkvwbg"),
    "vowels": letters("aeiou"), "capitals": letters(LOWER.upper()), "hex": letters("0123456789abcdef"),
    "base64": letters(LOWER + LOWER.upper() + "0123456789+/"), "digits": letters("0123456789"),
    "camel": "aBcDeF" * 50, "signs": letters("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"), "blanks": letters(" \t\n"),
    "words": " ".join(letters(LOWER, 600)[n : n + 3] for n in range(0, 600, 6)),
    "single": " ".join(letters(LOWER, 150)), "far": "  ".join(letters(LOWER, 150)),
    "numbers": " ".join(letters("0123456789", 150)), "spaced": " ".join(drawn("latin", 120)),
}  # fmt: skip
COUNTED = {
    "ideographs": 462, "rare ideographs": 794, "hangul": 522, "emoji": 579, "latin": 374, "private": 594,
    "tibetan": 493, "letters": 163, "clusters": 162, "rare letters": 189, "vowels": 163, "capitals": 184, "hex":
    172, "base64": 208, "digits": 100, "camel": 201, "signs": 196, "blanks": 99, "words": 190, "single": 150,
    "far": 299, "numbers": 299, "spaced": 312,
}  # fmt: skip
"""What cl100k or o200k, whichever has more, makes of each."""


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_no_text_costs_more(name: str):
    assert tokens(TEXTS[name]) >= COUNTED[name]


def test_ordinary_text_is_not_cut_to_a_third():
    """These three cost 85 tokens by o200k."""
    told = "AssertionError: assert 12.5 == 15.0 at tests/shop/test_cart.py:27: the total is rounded twice. " * 3
    assert 85 <= tokens(told) <= 2.2 * 85


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_answer_is_short(name: str):
    """Whatever stands in every place of it."""
    text = TEXTS[name] * 30
    failures = (TestFailure(text, text[:70], 99_999, text, "t", text[:70], text[:79], (), text),) * 20
    failing = report(failures, 10_000, 1, message=text)
    lost = result(success=False, outcome=Outcome.NOT_REPAIRED, applied=False, patch=text, message=text,
                  suggestions=(text,) * 40, final_code={f"{n}{text}": "" for n in range(60)},
                  final_test_results=failing)  # fmt: skip
    for answer in (told(lost), texts.tests_text(failing), texts.undone_text("run", (text,) * 300)):
        assert tokens(answer) < 600
    suspects = (Suspect(text, 1, 10**6, text, 1.0),) * 9
    sources = (SourceFile(text, f"def f(): ...\n{text}"),) * 3
    assert tokens(texts.explanation_text(Explanation(text, failures[0], False, suspects, sources, sources))) < 1500


@pytest.mark.parametrize("text", ["x", "\n", "\x1b[31m", "漢", "ab cd "])
def test_megabytes_are_not_read_to_their_end(text: str):
    text *= 8_000_000 // len(text)
    failures = (TestFailure(text, text, 3, text, "t", text, text, (), text),) * 10_000
    lost = result(success=False, outcome=Outcome.NOT_REPAIRED, applied=False, patch=text, message=text,
                  suggestions=(text,), final_code={text: ""},
                  final_test_results=report(failures, 10_000, 0))  # fmt: skip
    began = time.process_time()
    assert tokens(told(lost)) < 600
    assert time.process_time() - began < 0.5
