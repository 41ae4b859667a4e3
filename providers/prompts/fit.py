"""A question that is too long for a model, made shorter: what matters least goes first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ...core.domain import FixRequest
from .fix import user_text

_LEAST_SOURCE = 1_000
_FRAME = 300
"""For the path, the fence and the note on what is left out."""


def fitting_text(request: FixRequest, room: int) -> str:
    """The text of ``request`` in at most ``room`` bytes of UTF-8, or the shortest that still makes sense.

    Captured output goes first, then the least suspect sources, the tests, what the last patch did, failures after the
    first; at last the most suspect source itself is cut.
    """
    text = user_text(request)
    for shorter in _shorter(request):
        if _bytes(text) <= room:
            return text
        text = shorter()
    if _bytes(text) <= room or not request.sources:
        return text
    smallest = _smallest(request)
    frame = _bytes(user_text(replace(smallest, sources=()))) + _FRAME
    source = request.sources[0].text
    characters = (room - frame) * len(source) // max(1, _bytes(source))
    return user_text(smallest, max(_LEAST_SOURCE, characters))


def _bytes(text: str) -> int:
    return len(text.encode(errors="replace"))


def _shorter(request: FixRequest) -> Iterator[Callable[[], str]]:
    quiet = replace(request, failures=tuple(replace(failure, output="") for failure in request.failures))
    yield lambda: user_text(quiet)
    for count in range(len(request.sources) - 1, 0, -1):
        yield lambda count=count: user_text(replace(quiet, sources=quiet.sources[:count]))  # type: ignore[misc]
    alone = replace(quiet, sources=quiet.sources[:1])
    yield lambda: user_text(replace(alone, tests=()))
    yield lambda: user_text(replace(alone, tests=(), feedback=""))
    yield lambda: user_text(_smallest(request))


def _smallest(request: FixRequest) -> FixRequest:
    first = tuple(replace(failure, output="") for failure in request.failures[:1])
    return replace(request, failures=first, sources=request.sources[:1], tests=(), feedback="")
