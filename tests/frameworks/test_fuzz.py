"""Hostile results: what ``benchmarks/fuzz_parsers.py`` found, a short search for more, and whether it sees anything."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest

from aion_r.benchmarks import fuzz_parsers
from aion_r.benchmarks.fuzz_mutations import mutated
from aion_r.benchmarks.fuzz_parsers import Arena, Campaign, Finding, keep, read, report_faults, shrunk, varied
from aion_r.benchmarks.fuzz_seeds import PARSERS, Seed, adapter, seeds
from aion_r.core.domain import RunOutcome, StackFrame, TestFailure, TestReport
from aion_r.core.errors import UsageError
from aion_r.tools.frameworks.node.node_names import LONGEST_ID, pattern, split_id
from aion_r.tools.frameworks.node.node_names import test_id as node_id
from aion_r.tools.sandbox.protocol import Completed

KEPT = sorted((Path(__file__).parent / "recorded" / "fuzz").iterdir())


@pytest.mark.parametrize("place", KEPT, ids=lambda place: place.name)
def test_what_was_found_once_is_read_without_harm(place: Path, tmp_path: Path) -> None:
    parser, case = read(place)
    assert Arena(parser, tmp_path, limit=20.0).try_out(case) is None


@pytest.mark.parametrize("parser", PARSERS)
def test_a_short_search_finds_nothing(parser: str, tmp_path: Path) -> None:
    campaign = Campaign(parser, random.Random(parser), Arena(parser, tmp_path, limit=20.0), shrink=1.0, most=400)
    campaign.run(8.0, seeds(parser))
    assert {where: finding.story for where, finding in campaign.found.items()} == {}
    assert campaign.cases > len(seeds(parser))


NEARLY = ["a.", "/", "\n", "  ", "Failed asserting that a matches expected ", "expected x but ", "expected:<",
          "got: x\n", "expect(received).a", "SyntaxError: /a: ", "Cannot find module '", "at a.", "╭─"]  # fmt: skip
"""What many an expression begins with: repeated, it is a match that fails late, time and again."""


@pytest.mark.parametrize("parser", ["jest", "junit", "pytest"])
def test_texts_that_nearly_match_take_no_time(parser: str, tmp_path: Path) -> None:
    arena = Arena(parser, tmp_path, limit=1.0)
    for text in (piece * (9_000 // len(piece)) + end for piece in NEARLY for end in ("", "|xExpected")):
        finding = arena.try_out(_saying(parser, text))
        assert finding is None, (text[:60], finding)


def _saying(parser: str, text: str) -> Seed:
    """A run in which five tests, and five files, fail with this text, and whose command prints it."""
    done = Completed(1, text.encode() * 6, 1.0)
    if parser == "junit":
        case = f"<testcase name='a'><failure message={quoteattr(text)}>{escape(text)}</failure></testcase>"
        return Seed({"aion_r_junit_00001.xml": f"<testsuite>{case * 5}</testsuite>".encode()}, done)
    told = dict.fromkeys(("message", "stack", "output", "type", "name", "hook"), text) | {"file": "a.test.js"}
    kinds = {"jest": ["test", "file", "suite", "error"], "pytest": ["report", "broken"]}[parser]
    failed = [{"k": kind, "s": "failed", "c": "failed", "failed": True, "id": "a::b", **told} for kind in kinds] * 5
    name = {"jest": "aion_r_node.jsonl", "pytest": "aion_r_pytest.jsonl"}[parser]
    return Seed({name: "\n".join(json.dumps(record) for record in [{"k": "session"}, *failed]).encode()}, done)


@pytest.mark.parametrize(("parser", "name"), [("jest", "aion_r_node.jsonl"), ("pytest", "aion_r_pytest.jsonl")])
@pytest.mark.parametrize("line", [b"", b"x", b"1"])
def test_lines_that_are_no_records_take_no_time(parser: str, name: str, line: bytes, tmp_path: Path) -> None:
    lines = b"\n".join([b'{"k":"session"}', *[line] * 400_000, b"x"])
    assert Arena(parser, tmp_path, limit=1.0).try_out(Seed({name: lines})) is None


@pytest.mark.parametrize("more", range(5))
def test_an_endless_id_is_cut_and_still_selects_its_test(more: int, tmp_path: Path) -> None:
    names = ["a" * more, *["b \u202e\x1b > c"] * 900]
    id = node_id("a.test.js", names)
    assert len(id) <= LONGEST_ID + 9 and id.isprintable() and node_id("a.test.js", [*names[:-1], "d"]) != id
    selecting = pattern([split_id(tmp_path, id)[1]])
    assert selecting and re.match(selecting, " ".join(names)) and not re.match(selecting, "other")


REPORT = TestReport("pytest", RunOutcome.COMPLETED, 2, 1, 1, failures=(TestFailure("t", "a.py", 1),), passed_ids=("p",))
BROKEN = [
    ("counts add up", {"total_tests": 3}),
    ("counts are numbers", {"skipped_tests": -1, "total_tests": 1}),
    ("failures are counted", {"failures": ()}),
    ("ids are counted", {"passed_ids": ("p", "q")}),
    ("duration", {"duration_ms": float("nan")}),
    ("message is clean", {"message": "\x1b[31m"}),
    ("id is clean", {"passed_ids": ("a\u202e",)}),
    ("message is short", {"message": "x" * 30_000}),
    ("file stays inside", {"failures": (TestFailure("t", "../a.py"),)}),
    ("file is relative", {"failures": (TestFailure("t", "/a.py"),)}),
    ("file's line", {"failures": (TestFailure("t", "a.py", True),)}),
    ("frame's line", {"failures": (TestFailure("t", stack=(StackFrame("a.py", -1),)),)}),
]  # fmt: skip


def test_a_sound_report_breaks_no_promise() -> None:
    assert list(report_faults(REPORT)) == []


@pytest.mark.parametrize(("promise", "change"), BROKEN, ids=[name for name, _ in BROKEN])
def test_every_broken_promise_is_seen(promise: str, change: dict[str, Any]) -> None:
    assert promise in [fault.partition(":")[0] for fault in report_faults(replace(REPORT, **change))]


def raises(*_: object) -> TestReport:
    raise ZeroDivisionError("x")


def refuses(*_: object) -> TestReport:
    raise UsageError("no")


def hangs(*_: object) -> TestReport:
    end = time.process_time() + 20
    while time.process_time() < end:
        pass
    return REPORT


def unwritable(*_: object) -> TestReport:
    return replace(REPORT, message="\ud800")


@pytest.mark.parametrize(
    ("parse", "where"),
    [(raises, "ZeroDivisionError"), (hangs, "TooSlow"), (unwritable, "PydanticSerializationError"), (refuses, None)],
)
def test_a_parser_that_fails_is_found(
    parse: Callable[..., TestReport], where: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz_parsers, "adapter", lambda name: _with_parse(name, parse))
    finding = Arena("pytest", tmp_path, limit=0.5).try_out(seeds("pytest")[0])
    assert (finding and finding.where.partition(" ")[0]) == where


def _with_parse(name: str, parse: Callable[..., TestReport]) -> Any:
    framework: Any = adapter(name)
    framework.parse = parse
    return framework


def test_a_case_is_made_small_and_kept(tmp_path: Path) -> None:
    case = seeds("pytest")[0]
    small = shrunk(case, lambda one: b"test_b" in b"".join(one.files.values()))
    assert b"".join(small.files.values()) == b"test_b"
    keep(tmp_path, "pytest", small, Finding("somewhere", "story"))
    (place,) = tmp_path.iterdir()
    assert read(place) == ("pytest", small)


def test_variants_differ_and_are_the_same_for_a_seed() -> None:
    corpus: list[Seed] = seeds("junit")
    one = [varied(random.Random(number), corpus) for number in range(40)]
    assert one == [varied(random.Random(number), corpus) for number in range(40)]
    assert len({str(case) for case in one}) > 30
    assert mutated(random.Random(1), b"") is not None
