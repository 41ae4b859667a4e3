"""Runs as a notebook shows them, and as a terminal does where there is no notebook.

``watch`` shows a run while it goes on, ``runs`` lists what was run before, ``picture`` draws a graph. Results and
reports show themselves: see ``bundles``.
"""

from .drawing import Picture, picture
from .earlier import Runs, runs
from .live import watch

__all__ = ["Picture", "Runs", "picture", "runs", "watch"]
