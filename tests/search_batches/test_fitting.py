"""Which variants of a batch are built together, with a compiler that complains of what it is told to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aion_r.tools.search_repair.batches.fitting import Complaints, Fitting
from aion_r.tools.search_repair.model import Candidate, Splice
from aion_r.tools.search_repair.variants import Switched, Variant

SOURCES = {"a.x": "one\n"}


class OneLineEach:
    """A switcher: variant N stands alone in line N + 1. Those in ``outside`` cannot be switched."""

    def __init__(self, outside: Sequence[int] = ()) -> None:
        self.outside = frozenset(outside)

    def switched(self, path: str, text: str, variants: Sequence[Variant]) -> Switched:
        inside = [variant.number for variant in variants if variant.number not in self.outside]
        lines = {number: range(at, at + 1) for at, number in enumerate(inside, 2)}
        left_out = frozenset(variant.number for variant in variants) & self.outside
        return Switched(path, text + "".join(f"{number}\n" for number in inside), lines, left_out)


class Compiler:
    """Complains of the ``wrong`` numbers, and of the whole where a ``hidden`` one is in it."""

    def __init__(self, wrong: Sequence[int] = (), hidden: Sequence[int] = (), broken: bool = False) -> None:
        self.wrong, self.hidden, self.broken = wrong, hidden, broken
        self.built: list[list[int]] = []

    def __call__(self, texts: Mapping[str, str]) -> Complaints | None:
        numbers = [int(line) for line in texts["a.x"].split("\n")[1:-1]]
        self.built.append(numbers)
        places = [("a.x", at) for at, number in enumerate(numbers, 2) if number in self.wrong]
        if places or self.broken or set(numbers).intersection(self.hidden):
            return Complaints(tuple(places))
        return None


def fit(compiler: Compiler, count: int, outside: Sequence[int] = ()) -> frozenset[int]:
    candidates = [Candidate("a.x", (Splice(0, 0, str(n)),), "test", 1, 1.0) for n in range(count)]
    variants = [Variant(number, candidate) for number, candidate in enumerate(candidates, 1)]
    return Fitting(SOURCES, OneLineEach(outside), compiler).fit(variants)


def test_what_the_compiler_names_is_dropped_and_the_rest_built_at_once() -> None:
    compiler = Compiler(wrong=(3, 7))
    assert fit(compiler, 9) == {0, 1, 2, 4, 5, 6, 8, 9}
    assert compiler.built == [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 4, 5, 6, 8, 9]]


def test_what_nobody_names_is_found_by_halves() -> None:
    compiler = Compiler(hidden=(6,))
    assert fit(compiler, 8) == {0, 1, 2, 3, 4, 5, 7, 8}
    assert compiler.built[-1] == [1, 2, 3, 4, 5, 7, 8]


def test_what_cannot_be_switched_is_missing() -> None:
    assert fit(Compiler(), 4, outside=(2,)) == {0, 1, 3, 4}


def test_sources_that_do_not_compile_have_not_even_number_0() -> None:
    compiler = Compiler(broken=True)
    assert fit(compiler, 40) == frozenset()
    assert len(compiler.built) <= 3


def test_nothing_but_the_sources() -> None:
    compiler = Compiler()
    assert fit(compiler, 0) == {0}
    assert compiler.built == [[]]


def test_a_compiler_that_names_one_at_a_time_does_not_cost_everything() -> None:
    class Slow(Compiler):
        def __call__(self, texts: Mapping[str, str]) -> Complaints | None:
            said = super().__call__(texts)
            return Complaints(said.places[:1]) if said else None

    compiler = Slow(wrong=range(11, 41))
    built = fit(compiler, 40)
    assert {0, *range(1, 8)} <= built <= set(range(11))
    assert len(compiler.built) < 25
