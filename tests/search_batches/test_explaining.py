"""What a repair is said to do."""

from __future__ import annotations

from aion_r.tools.search_repair.explaining import explain
from aion_r.tools.search_repair.model import Candidate, Splice


def test_a_step_of_several_lines_is_told_in_one() -> None:
    text = "\tx = a\n"
    candidate = Candidate("a.go", (Splice(1, 6, "if a > x {\n\t\tx = a\n\t}"),), "extreme", 1, 1.0)
    assert explain({"a.go": text}, [candidate]) == "extreme at a.go:1: `x = a` becomes `if a > x { x = a }`"
