"""Programs of several modules that run inside a view: packed into one file that Python runs, with nothing installed."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_MAIN = "import sys\n\nfrom frameworks.{module} import main\n\nraise SystemExit(main(sys.argv[1:]))\n"


@cache
def packed(main: str, *others: str) -> bytes:
    """A zip whose ``main(arguments) -> status`` Python runs. The modules, standard library only, are named by their
    paths below this folder (``golang/go_runner``) and keep them, so that their relative imports hold."""
    files = {"__main__.py": _MAIN.format(module=main.replace("/", ".")), "frameworks/__init__.py": ""}
    for name in (main, *others):
        folder = name.rpartition("/")[0]
        files[f"frameworks/{folder}/__init__.py".replace("//", "/")] = ""
        files[f"frameworks/{name}.py"] = (_HERE / f"{name}.py").read_text(encoding="utf-8")
    packing = io.BytesIO()
    with zipfile.ZipFile(packing, "w") as archive:
        for path, text in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(path), text)  # without the clock: equal sources make equal programs
    return packing.getvalue()
