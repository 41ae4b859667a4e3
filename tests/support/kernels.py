"""Notebooks in a real kernel: a clean process, no key, folders of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

_KEYS = ("KEY", "TOKEN", "BASE_URL")


@contextmanager
def kernel(book: NotebookNode, folder: Path, home: Path, **variables: str) -> Iterator[NotebookClient]:
    """The client of a running kernel that stands in ``folder``; its runs are kept in ``home``."""
    plain = {name: value for name, value in os.environ.items() if not name.endswith(_KEYS)}
    ours = {"AION_R_HOME": str(home), "IPYTHONDIR": str(home / "ipython"), "PYTHONDONTWRITEBYTECODE": "1"}
    (home / "ipython").mkdir(parents=True, exist_ok=True)
    # Sockets, not ports, which workers would snatch from one another. Their path must be a short one.
    sockets = Path(tempfile.mkdtemp(prefix="k"))
    manager = AsyncKernelManager(kernel_name="python3", transport="ipc", connection_file=str(sockets / "k.json"))
    manager.ip = str(sockets / "k")
    client = NotebookClient(book, km=manager, timeout=120, resources={"metadata": {"path": str(folder)}})
    try:
        with client.setup_kernel(cleanup_kc=True, env=plain | ours | variables):
            yield client
    finally:
        shutil.rmtree(sockets, ignore_errors=True)


def run_book(book: NotebookNode, folder: Path, home: Path) -> NotebookNode:
    """``book`` with the outputs of all its cells. Raises ``CellExecutionError`` where one fails."""
    with kernel(book, folder, home) as client:
        for index, cell in enumerate(book.cells):
            client.execute_cell(cell, index)
    return book


def book_of(*cells: str) -> NotebookNode:
    """A notebook with these cells of code."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


def shown(cell: NotebookNode, kind: str = "text/plain") -> str:
    """What a cell showed: its streams, and the data of type ``kind``."""
    return "".join(
        output.text if output.output_type == "stream" else output.get("data", {}).get(kind, "")
        for output in cell.outputs
    )
