"""The notebooks run from end to end in a clean kernel, and show nothing of this machine or its keys."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest

from support.kernels import run_book, shown

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SAYS = {
    "01_first_repair": "12 of 12 tests pass now",
    "02_providers_and_fallback": "Because of Rayleigh scattering. | openai | ['openai']",
    "03_inside_another_agent": "ai: Done. The tool says: repaired: 12 of 12 tests pass",
    "04_a_look_inside": "12 of 12 tests pass now",
    "05_fine_tuning_data": "--- assistant",
}
"""What only a notebook that went well says."""
MOST = dict(zip(SAYS, (25_000, 14_000, 11_000, 47_000, 2_000), strict=True))
"""Characters of output, as they would be saved."""


def test_each_notebook_is_known() -> None:
    assert [path.stem for path in NOTEBOOKS] == sorted(SAYS)
    assert sum(MOST.values()) < 100_000


@pytest.mark.parametrize("name", SAYS)
def test_the_notebook_runs(name: str, tmp_path: Path) -> None:
    folder = ROOT / "notebooks"
    book = run_book(nbformat.read(folder / f"{name}.ipynb", as_version=4), folder, tmp_path)
    cells = [cell for cell in book.cells if cell.cell_type == "code"]
    assert SAYS[name] in "".join(shown(cell) for cell in cells)
    assert [output.text for cell in cells for output in cell.outputs if output.get("name") == "stderr"] == []
    saved = json.dumps([cell.outputs for cell in cells])
    places = {str(ROOT), str(Path.home()), str(tmp_path), tempfile.gettempdir() + os.sep, sys.prefix}
    assert [place for place in places if place in saved] == []
    assert re.findall(r"not-a-real-one-?\d?", saved) == []
    assert len(saved) < MOST[name]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_is_kept_without_outputs(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    assert all(not cell.outputs and cell.execution_count is None for cell in book.cells if cell.cell_type == "code")
