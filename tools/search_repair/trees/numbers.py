"""Numbers as they are written in a source."""

from __future__ import annotations

import re

_WRITTEN = re.compile(
    r"(?P<whole>\d[\d_]*)(?P<rest>(?:\.\d+)?)(?P<suffix>_?(?:[iu](?:8|16|32|64|128|size)|f32|f64|n)?)"
)


def value_of(text: str) -> tuple[int | float, str] | None:
    """A decimal number's value and its suffix; ``None`` for other ways of writing one."""
    match = _WRITTEN.fullmatch(text)
    if match is None or (len(text) > 1 and text[0] == "0" and text[1].isdigit()):
        return None
    whole, rest = match["whole"].replace("_", ""), match["rest"]
    return (float(whole + rest) if rest else int(whole)), match["suffix"]


def written(value: int | float, suffix: str = "") -> str:
    """A number as it is written; what is below nothing has its sign."""
    return f"{value:g}{suffix}" if isinstance(value, float) and value != int(value) else f"{_plain(value)}{suffix}"


def _plain(value: int | float) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def stepped(text: str) -> list[str]:
    """The whole numbers beside a whole number."""
    found = value_of(text)
    if found is None or isinstance(found[0], float):
        return []
    return [written(found[0] + 1, found[1]), *([written(found[0] - 1, found[1])] if found[0] else ["-1"])]
