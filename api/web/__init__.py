"""The web page: static files, served by ``aion-r serve`` from ``static/``. No build step, no address outside.

``theme.css`` and ``languages.json`` are also what the HTML report of a run is made with.
"""

from __future__ import annotations

from importlib.resources import files


def static_text(name: str) -> str:
    """The text of a static file."""
    return files(__name__).joinpath("static", name).read_text(encoding="utf-8")
