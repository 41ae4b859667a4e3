"""How the reporters' lines are read: damaged ones, short ones, places of tests that told none."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from aion_r.tools.frameworks.node.node_lines import LONGEST_LINE, read_blocks
from aion_r.tools.frameworks.node.node_names import titles_of
from aion_r.tools.frameworks.node.node_records import NodeRun
from aion_r.tools.frameworks.node.node_stack import Places
from aion_r.tools.frameworks.node.node_titles import line_of_titles

SOURCE = """
const rows = ['plain', "twice"];
describe('outer', () => {
  test('plain', () => {});
  test.each([[1, 2]])('adds %i to $b', () => {});
  test(`number ${1 + 1}\\n`, () => {});
  it("it's \\"quoted\\"", () => {});
});
describe("other", () => {
  test.only("plain", () => {});
  test(variable, () => {});
});
"""


@pytest.mark.parametrize(
    ("id", "line"),
    [
        ("outer > plain", 4), ("outer > adds 1 to 2", 5), ("outer > number 2\\u000a", 6), ('outer > it\'s "quoted"', 7),
        ("other > plain", 10), ("other > plain #2", 10), ("outer >", 3), ("other > gone", None), ("", None),
    ],
)  # fmt: skip
def test_a_test_is_found_by_its_titles(id: str, line: int | None, tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(SOURCE)
    assert line_of_titles(tmp_path / "a.js", titles_of(id)) == line
    assert line_of_titles(tmp_path / "gone.js", titles_of(id)) is None


def test_blocks_hold_every_good_line_in_order(tmp_path: Path) -> None:
    lines = [json.dumps(["p", "1", f"title {n}", n]) for n in range(3_000)]
    bad = {500: b"\xff\xfe{", 900: b'"half', 1_200: b"1,2", 1_500: b"", 2_000: b"9" * 300_000, 2_500: b"[" * 5_000}
    bad[2_900] = json.dumps({"half": "\ud800"}).encode()  # good: half of a pair, as JavaScript may write it
    raw = [bad.get(n, line.encode()) for n, line in enumerate(lines)]
    (tmp_path / "lines").write_bytes(b"\n".join(raw) + b'\n["p", "1", "cut o')
    found = [record for block in read_blocks(tmp_path / "lines") for record in block]
    assert [one[3] for one in found if isinstance(one, list)] == [n for n in range(3_000) if n not in bad]
    assert [one for one in found if not isinstance(one, list)] == [{"half": "\ud800"}]


def test_an_endless_line_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b"7" * (20 * LONGEST_LINE) + b"\n[1]")
    tracemalloc.start()
    found = [record for block in read_blocks(tmp_path / "lines") for record in block]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [[1]] and peak < 5 * LONGEST_LINE
    assert list(read_blocks(tmp_path / "gone")) == []


def test_short_records_that_are_none_of_ours(tmp_path: Path) -> None:
    run = NodeRun("jest", Places.of(tmp_path))
    run.add_all([["d", "1", "a.js", ["outer"]], ["s", "1", "red", 0], ["s", "1", "green", 0], ["p", "1", "green", 1]])
    run.add_all(
        [7, None, [], ["p"], ["p", [], "x", 1], ["p", "2", "x", 1], ["p", "1", 7, 1], ["d", "3", 7, 8], [[]] * 4]
    )
    run.add_all([["p", "1", "green", 1], ["c", "1", "line\nbreak", 1], {"k": 1}])
    run.settle()
    assert run.by_status()["passed"] == [
        "a.js > outer > green",
        "a.js > outer > green #2",
        r"a.js > outer > line\u000abreak",
    ]
    assert list(run.running()) == ["a.js > outer > red"]
