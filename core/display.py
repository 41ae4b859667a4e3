"""How records show themselves in a notebook. What they look like there is the faces' affair: ``api`` says who draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Bundle = dict[str, Any]
"""MIME type → text, as Jupyter's front ends take it."""
Draw = Callable[[Any], Bundle]


def _undrawn(record: Any) -> Bundle:
    """Nobody draws: front ends then show ``repr``."""
    return {}


_draw: Draw = _undrawn


def drawn_by(draw: Draw) -> None:
    """From here on ``draw`` gives the bundle of every ``Drawn`` record."""
    global _draw
    _draw = draw


class Drawn:
    """Something that a notebook shows as a table or a picture, and a terminal in a few words."""

    __slots__ = ()

    def _repr_mimebundle_(self, **kwargs: Any) -> Bundle:
        return _draw(self)

    def _repr_html_(self) -> str | None:
        return _draw(self).get("text/html")
