"""The search in batches as a whole: its ends, its limits, and what it does where nothing can be switched."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from aion_r.core.domain import Patch, TestFailure
from aion_r.tools.sandbox import open_sandbox
from aion_r.tools.search_repair import SearchProgress, SearchResult, search

from . import planted_rust
from .planted_go import PROJECTS
from .searched import cancelled_after, searched

STOCK = next(project for project in PROJECTS if project.name == "stock").files
LEDGER = next(project for project in planted_rust.PROJECTS if project.name == "ledger")
HOPELESS = STOCK | {
    "roman_test.go": 'package stock\n\nimport "testing"\n\nfunc TestRoman(t *testing.T) {\n'
    '    if NewShelf().Free("MCMXCIV") != 1994 {\n        t.Error("not 1994")\n    }\n}\n',
    "stock_test.go": "package stock\n",
}
DOCUMENTED = {
    "Cargo.toml": '[package]\nname = "doc"\nversion = "0.1.0"\nedition = "2021"\n',
    "src/lib.rs": "/// Whether there is room.\n///\n/// ```\n/// assert!(doc::fits(3, 3));\n"
    "/// assert!(!doc::fits(4, 3));\n/// ```\npub fn fits(wanted: u32, room: u32) -> bool {\n    wanted < room\n}\n",
}
BROKEN = {
    "go.mod": "module example.com/b\n\ngo 1.21\n",
    "b.go": "package b\n\nfunc Part(value int, share float64) float64 {\n    return value * share\n}\n",
    "b_test.go": 'package b\n\nimport "testing"\n\nfunc TestPart(t *testing.T) {\n    if Part(3, 0.5) != 1.5 {\n'
    '        t.Error("not 1.5")\n    }\n}\n',
}


def run(tmp_path: Path, framework: str, files: dict[str, str], **more) -> tuple[SearchResult, list[SearchProgress]]:
    told: list[SearchProgress] = []
    with searched(tmp_path, framework, files, **more) as (view, job):
        return search(job, view, told.append), told


def test_a_repair_is_told_and_counted(tmp_path: Path) -> None:
    result, told = run(tmp_path, "go", STOCK, patience=0.2)
    assert result.plausible and result.plausible_found >= 1 and result.test_executions > result.candidates > 0
    (edit,) = result.edits
    assert (edit.path, edit.before) == ("stock.go", STOCK["stock.go"].encode())
    assert edit.after == STOCK["stock.go"].replace("n >= s.Free", "n > s.Free").encode()
    assert "stock.go:" in result.explanation and "`>=` becomes `>`" in result.explanation
    assert told and told[-1].candidates <= result.candidates


def test_an_objection_keeps_a_repair_from_being_made(tmp_path: Path) -> None:
    result, _ = run(tmp_path, "go", STOCK, patience=0.2, objection=lambda edit: "not this file")
    assert not result.edits and result.plausible_found >= 1


def test_cancelling_ends_it_at_once(tmp_path: Path) -> None:
    with searched(tmp_path, "go", HOPELESS) as (view, job):
        for seconds in (0.3, 2.0):
            event = cancelled_after(seconds)
            started = time.monotonic()
            result = search(replace(job, cancel=event), view)
            assert not result.edits
            assert time.monotonic() - started < seconds + 1.5


def test_its_time_is_kept(tmp_path: Path) -> None:
    result, _ = run(tmp_path, "go", HOPELESS, seconds=5.0)
    assert not result.edits and result.seconds < 9
    assert result.explanation == "no small edit makes a failing test pass"


def test_a_build_takes_no_longer_than_the_search(tmp_path: Path) -> None:
    slow = "fn main() {\n    std::thread::sleep(std::time::Duration::from_secs(40));\n}\n"
    with searched(tmp_path, "cargo", LEDGER.files) as (view, job):
        (view.root / "build.rs").write_text(slow)
        started = time.monotonic()
        with open_sandbox(view.root, scratch=tmp_path / "other").view(Patch()) as other:
            result = search(replace(job, seconds=6.0), other)
        assert not result.edits and time.monotonic() - started < 12


def test_failures_that_lead_nowhere(tmp_path: Path) -> None:
    with searched(tmp_path, "go", STOCK) as (view, job):
        nowhere = replace(job, failing=(TestFailure("example.com/stock.TestGone"),), may_edit=lambda path: False)
        assert search(nowhere, view).explanation == "no failing test leads to code that may be changed"


def test_what_no_bench_can_run_is_run_by_the_framework_itself(tmp_path: Path) -> None:
    result, _ = run(tmp_path, "cargo", DOCUMENTED)
    assert result.plausible, result
    assert b"wanted <= room" in (result.edits[0].after or b"")


def test_a_package_that_does_not_compile(tmp_path: Path) -> None:
    result, _ = run(tmp_path, "go", BROKEN)
    assert result.plausible, result
    assert result.edits[0].after == BROKEN["b.go"].replace("return value", "return float64(value)").encode()
