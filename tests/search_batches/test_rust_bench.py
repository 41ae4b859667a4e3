"""Rust's bench with the real toolchain: unit and integration tests, a workspace, doc tests, hangs and aborts."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from aion_r.tools.search_repair import SearchJob
from aion_r.tools.search_repair.batches.rust import RustBench
from aion_r.tools.search_repair.model import Answer, Candidate, Splice
from aion_r.tools.search_repair.trees import TreeSwitcher
from aion_r.tools.search_repair.variants import Variant

from .searched import searched

CALC = """/// Adds.
///
/// ```
/// assert_eq!(calc::add(2, 2), 4);
/// ```
pub fn add(a: i64, b: i64) -> i64 {
    a - b
}

#[cfg(test)]
mod tests {
    #[test]
    fn adds() {
        assert_eq!(super::add(2, 3), 5);
    }

    #[test]
    fn nothing() {
        assert_eq!(super::add(0, 0), 0);
    }
}
"""
INTEGRATION = """use calc::add;

#[test]
fn sums() {
    assert_eq!(add(1, 1), 2);
}

#[test]
fn finds_its_folder() {
    assert!(std::path::Path::new("Cargo.toml").exists());
    assert!(std::env::var("CARGO_MANIFEST_DIR").is_ok());
}
"""
SHOP = "pub fn total(prices: &[i64]) -> i64 {\n    prices.iter().fold(0, |sum, price| calc::add(sum, *price))\n}\n"
SHOP_TEST = "#[test]\nfn totals() {\n    assert_eq!(shop::total(&[1, 2]), -3);\n}\n"


def manifest(name: str, more: str = "") -> str:
    return f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n{more}'


FILES = {
    "Cargo.toml": '[workspace]\nmembers = ["calc", "shop"]\nresolver = "2"\n',
    "calc/Cargo.toml": manifest("calc"),
    "calc/src/lib.rs": CALC,
    "calc/tests/sums.rs": INTEGRATION,
    "shop/Cargo.toml": manifest("shop", '\n[dependencies]\ncalc = { path = "../calc" }\n'),
    "shop/src/lib.rs": SHOP,
    "shop/tests/shop.rs": SHOP_TEST,
}
PATH = "calc/src/lib.rs"
ADDS, NOTHING, SUMS = "calc tests::adds", "calc tests::nothing", "calc::sums sums"
FOLDER, TOTALS = "calc::sums finds_its_folder", "shop::shop totals"


def variant(number: int, new: str) -> Variant:
    at = CALC.index("a - b")
    return Variant(number, Candidate(PATH, (Splice(at, at + 5, new),), "test", 7, 1.0))


VARIANTS = [
    variant(1, "a + b"),
    variant(2, "a + missing"),
    variant(3, "String::new()"),
    variant(4, "if a > 0 { std::process::abort() } else { a + b }"),
    variant(5, "loop { if a < -99 { break a; } }"),
]


def outcomes(answer: Answer) -> dict[str, str]:
    return {run.id: run.outcome for run in answer.runs}


@pytest.fixture(scope="module")
def job_and_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SearchJob, RustBench]]:
    with searched(tmp_path_factory.mktemp("rust"), "cargo", FILES, seconds=600.0) as (view, job):
        bench = RustBench(view, job, TreeSwitcher("rust"))
        yield job, bench
        bench.close()


@pytest.fixture(scope="module")
def bench(job_and_bench: tuple[SearchJob, RustBench]) -> RustBench:
    """With ``VARIANTS`` in it."""
    job, made = job_and_bench
    assert {ADDS, SUMS} < {failure.test_id for failure in job.failing}
    assert made.build({PATH: CALC}, VARIANTS) == {0, 1, 4, 5}
    return made


def test_number_0_is_the_program_as_it_was(bench: RustBench) -> None:
    assert outcomes(bench.run(0, [ADDS, SUMS, NOTHING], 20)) == {ADDS: "failed", SUMS: "failed", NOTHING: "passed"}


def test_each_number_is_a_program_of_its_own(bench: RustBench) -> None:
    assert outcomes(bench.run(1, [ADDS, SUMS, FOLDER], 20)) == dict.fromkeys([ADDS, SUMS, FOLDER], "passed")


def test_an_abort_hides_no_other_program(bench: RustBench) -> None:
    answer = bench.run(4, [ADDS, FOLDER], 20)
    assert answer.end == "died"
    assert outcomes(answer) == {ADDS: "lost", FOLDER: "passed"}


def test_a_hang_costs_its_limit(bench: RustBench) -> None:
    started = time.monotonic()
    answer = bench.run(5, [ADDS], 0.5)
    assert answer.end == "timeout" and outcomes(answer) == {ADDS: "lost"}
    assert time.monotonic() - started < 3


def test_other_members_are_built_when_they_are_asked_for(bench: RustBench) -> None:
    assert outcomes(bench.run(0, [TOTALS], 20)) == {TOTALS: "passed"}
    assert outcomes(bench.run(1, [TOTALS], 20)) == {TOTALS: "failed"}


def test_doc_tests_are_not_its_affair(job_and_bench: tuple[SearchJob, RustBench], bench: RustBench) -> None:
    (documented,) = [f.test_id for f in job_and_bench[0].failing if f.test_id.startswith("calc::doc")]
    assert outcomes(bench.run(0, [documented, NOTHING], 20)) == {NOTHING: "passed"}


def test_plain_text_and_back(job_and_bench: tuple[SearchJob, RustBench]) -> None:
    _, bench = job_and_bench
    assert bench.build({PATH: CALC.replace("a - b", "b + a")}, ()) == {0}
    assert outcomes(bench.run(0, [ADDS], 20)) == {ADDS: "passed"}
    assert bench.build({PATH: CALC.replace("a - b", "a - c")}, ()) == frozenset()
    assert bench.build({PATH: CALC}, VARIANTS[:1]) == {0, 1}
    assert outcomes(bench.run(0, [ADDS], 20)) == {ADDS: "failed"}
