"""The trace that a request is part of, by its W3C headers: handed to the run, and kept with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request

Caller = tuple[str, str]
"""``traceparent`` and ``tracestate``; empty where there is no valid one."""
NOBODY: Caller = ("", "")
LONGEST_STATE = 512
"""Characters of a ``tracestate`` that is handed on: https://www.w3.org/TR/trace-context/#tracestate-limits."""
_PARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-[0-9a-f]{2}(?P<more>-.*)?"
)
_MEMBER = re.compile(r"[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]")
_MOST_MEMBERS = 32


def caller_of(parents: Sequence[str], states: Sequence[str]) -> Caller:
    """From the headers of those names. What is wrong counts as absent, and without a parent there is no state."""
    if len(parents) != 1 or not _is_parent(parents[0].strip()):
        return NOBODY
    members = [part for one in states for part in (member.strip() for member in one.split(",")) if part]
    state = ",".join(members)
    good = len(members) <= _MOST_MEMBERS and len(state) <= LONGEST_STATE and all(map(_MEMBER.fullmatch, members))
    return parents[0].strip(), state if good else ""


def _is_parent(text: str) -> bool:
    found = _PARENT.fullmatch(text)
    if found is None or len(text) > LONGEST_STATE or found["version"] == "ff":
        return False
    if found["version"] == "00" and found["more"]:
        return False
    return bool(found["trace"].strip("0") and found["span"].strip("0"))


async def _caller(request: Request) -> Caller:  # a plain function would be called in a thread
    return caller_of(request.headers.getlist("traceparent"), request.headers.getlist("tracestate"))


TracedCaller = Annotated[Caller, Depends(_caller)]
"""In a route's arguments: who asked."""
