"""What the tests ran, weighed against what their failures point at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aion_r.core.domain import StackFrame, Suspect, TestFailure
from aion_r.tools.localize import Spectrum, read_spectrum, suspects
from support.projects import write

SHOP = """from pkg.tax import flat, progressive


def total(prices, rule="flat"):
    rules = {"flat": flat, "progressive": progressive}
    amount = sum(prices)
    return amount + rules[rule](amount)


def unused(prices):
    return flat(0) + progressive(0)
"""
TAX = """def flat(amount):
    return 3


def progressive(amount):
    rate = bracket(amount)
    return amount * rate


def bracket(amount):
    if amount > 100:
        return 2
    return 1


def loaded():
    return 1


RATE = loaded()
"""
TEST = "from pkg.shop import total\n\n\ndef test_total():\n    assert total([1], 'progressive') == 5\n"
FILES = {"pkg/__init__.py": "", "pkg/shop.py": SHOP, "pkg/tax.py": TAX, "tests/test_shop.py": TEST}
FAILURE = TestFailure(
    "tests/test_shop.py::test_total", "tests/test_shop.py", 5, "assert 2 == 5", "assert ==", "5", "2",
    (StackFrame("tests/test_shop.py", 5, "test_total"),),
)  # fmt: skip
RAN = {"pkg/shop.py": [[1, 1], [4, 7], [10, 10]], "pkg/tax.py": [[1, 1], [5, 7], [10, 11], [13, 17], [20, 20]]}
BY_TEST = {
    "pkg/shop.py": [[5, 7, 1, 3]],
    "pkg/tax.py": [[2, 2, 0, 3], [6, 7, 1, 1], [11, 11, 1, 1], [13, 13, 1, 0]],
}


def coverage(failed: int, passed: int, files: dict[str, Any] = BY_TEST) -> dict[str, Any]:
    """A report's ``coverage``, as far as localization reads it."""
    ran = {path: {"ran": spans} for path, spans in RAN.items()}
    return {"files": ran, "spectrum": {"failed": failed, "passed": passed, "files": files}}


def ranked(root: Path, spectrum: Spectrum | None) -> list[Suspect]:
    def read(path: str) -> bytes | None:
        return (root / path).read_bytes() if (root / path).is_file() else None

    write(root, FILES)
    return list(suspects(root, "python", [FAILURE], lambda path: not path.startswith("tests/"), read, spectrum))


def names(found: list[Suspect]) -> list[str | None]:
    return [one.function for one in found]


def test_what_only_the_failing_test_ran_leads_what_all_ran(tmp_path: Path) -> None:
    spectrum = read_spectrum(coverage(1, 3), None)
    assert spectrum is not None
    before, after = names(ranked(tmp_path, None)), names(ranked(tmp_path, spectrum))
    assert before.index("total") < before.index("progressive")
    assert after.index("bracket") < after.index("flat")
    assert after.index("progressive") < after.index("flat")
    scores = {one.function: one.score for one in ranked(tmp_path, spectrum)}
    alone = {one.function: one.score for one in ranked(tmp_path, None)}
    assert round(scores["total"] / alone["total"], 2) == 0.65, "0.3 + 0.7 * 1 / sqrt(1 + 3)"
    assert 0 < scores["flat"] < scores["bracket"] <= 1


def test_what_no_failing_test_ran_stays_and_stands_behind(tmp_path: Path) -> None:
    lump = {"files": {path: {"ran": spans} for path, spans in RAN.items()}}
    before, after = names(ranked(tmp_path, None)), names(ranked(tmp_path, read_spectrum(None, lump)))
    assert "flat" in before
    assert after[-1] == "flat"
    assert set(before) <= set(after)


def test_what_ran_joins_what_the_source_alone_does_not_show(tmp_path: Path) -> None:
    """A call through a table of rules leads nowhere for who only reads."""
    hidden = {"pkg/shop.py": SHOP.replace('{"flat": flat, "progressive": progressive}', "RULES").replace(", prog", ""),
              "pkg/other.py": "def hidden(amount):\n    return amount\n"}  # fmt: skip
    files = {"pkg/shop.py": [[5, 7, 1, 0]], "pkg/other.py": [[2, 2, 1, 0]]}
    told = coverage(1, 0, files) | {"files": {path: {"ran": [[1, 7]]} for path in files}}
    FILES_HERE = FILES | hidden
    write(tmp_path, FILES_HERE)

    def read(path: str) -> bytes | None:
        return (tmp_path / path).read_bytes() if (tmp_path / path).is_file() else None

    def found(spectrum: Spectrum | None) -> list[str | None]:
        return names(list(suspects(tmp_path, "python", [FAILURE], lambda path: "test" not in path, read, spectrum)))

    assert "hidden" not in found(None)
    assert "hidden" in found(read_spectrum(None, told))


def test_the_coefficient_is_ochiai_s() -> None:
    spectrum = read_spectrum(coverage(2, 8, {"a.py": [[2, 3, 2, 2], [5, 5, 1, 0], [6, 6, 0, 8]]}), None)
    assert spectrum is not None
    assert spectrum.suspicious() == ["a.py"]
    assert spectrum.files["a.py"] == {2: (2, 2), 3: (2, 2), 5: (1, 0), 6: (0, 8)}
    best = {line: spectrum._ochiai(*counts) for line, counts in spectrum.files["a.py"].items()}
    assert [round(best[line], 4) for line in (2, 5, 6)] == [0.7071, 0.7071, 0.0]


def test_which_coverage_counts() -> None:
    """That of all tests where it tells them apart; else that of the failing ones, as far as the files are the same."""
    whole, alone = coverage(1, 3), coverage(1, 0, {"pkg/tax.py": [[6, 7, 1, 0]]})
    lump = {"files": {"a.py": {"ran": [[1, 2]]}, "b.py": {"ran": [[4, 4]]}}}
    assert read_spectrum(None, None) is None
    assert read_spectrum(lump, None) is None, "who failed and who passed is not told"
    assert read_spectrum(None, coverage(0, 1)) is None, "nothing failed"
    of_all, of_failing = read_spectrum(whole, alone), read_spectrum(lump, alone)
    assert of_all is not None
    assert (of_all.failed, of_all.passed) == (1, 3)
    assert of_failing is not None
    assert dict(of_failing.files) == {"pkg/tax.py": {6: (1, 0), 7: (1, 0)}}
    unchanged = read_spectrum(None, lump, ["b.py"])
    assert unchanged is not None
    assert dict(unchanged.files) == {"a.py": {1: (1, 0), 2: (1, 0)}}
