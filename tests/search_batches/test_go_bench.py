"""Go's bench with the real toolchain: variants in one build, subtests, panics, hangs, several packages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aion_r.tools.search_repair import SearchJob
from aion_r.tools.search_repair.batches.golang import GoBench
from aion_r.tools.search_repair.job import Cancelled
from aion_r.tools.search_repair.model import Answer, Candidate, Splice
from aion_r.tools.search_repair.trees import TreeSwitcher
from aion_r.tools.search_repair.variants import Variant

from .searched import searched

CALC = """package calc

func Add(a, b int) int {
    return a - b
}

func Twice(a int) int {
    return Add(a, a)
}
"""
CALC_TEST = """package calc

import "testing"

func TestAdd(t *testing.T) {
    for name, row := range map[string][3]int{"none": {0, 0, 0}, "some": {2, 3, 5}} {
        t.Run(name, func(t *testing.T) {
            if got := Add(row[0], row[1]); got != row[2] {
                t.Errorf("got %d, want %d", got, row[2])
            }
        })
    }
}

func TestTwice(t *testing.T) {
    if Twice(2) != 4 {
        t.Error("not 4")
    }
}

func TestOther(t *testing.T) {}
"""
SHOP = 'package shop\n\nimport "example.com/m/calc"\n\nfunc Sum(a, b int) int { return calc.Add(a, b) }\n'
SHOP_TEST = """package shop_test

import (
    "os"
    "testing"

    "example.com/m/shop"
)

func TestSum(t *testing.T) {
    if _, err := os.Stat("shop.go"); err != nil {
        t.Fatal("not in the package's folder")
    }
    if shop.Sum(1, 1) == 2 {
        t.Error("it is 2")
    }
}
"""
FILES = {
    "go.mod": "module example.com/m\n\ngo 1.21\n", "calc/calc.go": CALC, "calc/calc_test.go": CALC_TEST,
    "shop/shop.go": SHOP, "shop/shop_test.go": SHOP_TEST,
    "apart/apart_test.go": 'package apart\n\nimport "testing"\n\nfunc TestApart(t *testing.T) {}\n',
}  # fmt: skip
SOME, TWICE = "example.com/m/calc.TestAdd/some", "example.com/m/calc.TestTwice"
OTHER, SUM, APART = "example.com/m/calc.TestOther", "example.com/m/shop.TestSum", "example.com/m/apart.TestApart"


def variant(number: int, new: str, old: str = "return a - b") -> Variant:
    at = CALC.index(old)
    return Variant(number, Candidate("calc/calc.go", (Splice(at, at + len(old), new),), "test", 4, 1.0))


VARIANTS = [
    variant(1, "return a + b"),
    variant(2, "return a +"),
    variant(3, "return undefined"),
    variant(4, 'if a == 2 { panic("no") }; return a + b'),
    variant(5, "for { }"),
    variant(6, "return a * b"),
    variant(7, "package other", "package calc"),
]


def outcomes(answer: Answer) -> dict[str, str]:
    return {run.id: run.outcome for run in answer.runs}


@pytest.fixture(scope="module")
def job_and_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SearchJob, GoBench]]:
    with searched(tmp_path_factory.mktemp("go"), "go", FILES, seconds=600.0) as (view, job):
        bench = GoBench(view, job, TreeSwitcher("go"))
        yield job, bench
        bench.close()


@pytest.fixture(scope="module")
def bench(job_and_bench: tuple[SearchJob, GoBench]) -> GoBench:
    """With ``VARIANTS`` in it."""
    job, made = job_and_bench
    assert [failure.test_id for failure in job.failing] == [SOME, TWICE]
    assert made.build({"calc/calc.go": CALC}, VARIANTS) == {0, 1, 4, 5, 6}
    return made


def test_number_0_is_the_program_as_it_was(bench: GoBench) -> None:
    assert outcomes(bench.run(0, [SOME, TWICE, OTHER], 20)) == {SOME: "failed", TWICE: "failed", OTHER: "passed"}


def test_each_number_is_a_program_of_its_own(bench: GoBench) -> None:
    assert outcomes(bench.run(1, [SOME, TWICE], 20)) == {SOME: "passed", TWICE: "passed"}
    assert outcomes(bench.run(6, [SOME, TWICE], 20)) == {SOME: "failed", TWICE: "passed"}


def test_a_panic_does_not_hide_the_tests_behind_it(bench: GoBench) -> None:
    answer = bench.run(4, [SOME, OTHER], 20)
    assert answer.end == "died"
    assert outcomes(answer)[OTHER] == "passed" and outcomes(answer)[SOME] != "passed"


def test_a_hang_costs_its_limit(bench: GoBench) -> None:
    started = time.monotonic()
    answer = bench.run(5, [OTHER, SOME], 0.5)
    assert answer.end == "timeout" and outcomes(answer)[SOME] == "lost"
    assert time.monotonic() - started < 3


def test_tests_of_packages_that_use_the_changed_one(bench: GoBench) -> None:
    assert outcomes(bench.run(0, [SUM, APART], 20)) == {SUM: "passed"}
    assert outcomes(bench.run(1, [SUM], 20)) == {SUM: "failed"}


def test_tests_that_are_not_there_are_missing(bench: GoBench) -> None:
    assert outcomes(bench.run(0, ["example.com/m/nowhere.TestX"], 20)) == {}
    assert outcomes(bench.run(0, ["example.com/m/calc.TestNothing"], 20)) == {"example.com/m/calc.TestNothing": "lost"}


def test_plain_text_and_back(job_and_bench: tuple[SearchJob, GoBench]) -> None:
    _, bench = job_and_bench
    assert bench.build({"calc/calc.go": CALC.replace("a - b", "b + a")}, ()) == {0}
    assert outcomes(bench.run(0, [SOME], 20)) == {SOME: "passed"}
    assert bench.build({"calc/calc.go": CALC.replace("a - b", "a - c")}, ()) == frozenset()
    assert bench.build({"calc/calc.go": CALC}, VARIANTS[:1]) == {0, 1}
    assert outcomes(bench.run(0, [SOME], 20)) == {SOME: "failed"}


def test_cancelling_ends_a_build(tmp_path: Path) -> None:
    with searched(tmp_path, "go", {name: FILES[name] for name in ("go.mod", "calc/calc.go", "calc/calc_test.go")}) as (
        view,
        job,
    ):
        job.cancel.set()
        bench = GoBench(view, job, TreeSwitcher("go"))
        started = time.monotonic()
        with pytest.raises(Cancelled):
            bench.build({"calc/calc.go": CALC}, VARIANTS)
        assert time.monotonic() - started < 1
        bench.close()
