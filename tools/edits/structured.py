"""Edits given as JSON: ``{"edits": [{"path", "search", "replace"} | {"path", "content"} | …]}``, bare or in a fence."""

from __future__ import annotations

import json
import re
from typing import Any

from .blocks import Block, Delete, Rename, Replace, Unusable, WholeFile

_START = re.compile(r"[\[{]\s*(?:[\[{]\s*)?\"(?:edits|path|file|changes)\"")
_DECODER = json.JSONDecoder(strict=False)


def read_structured(text: str, path: str | None = None) -> list[Block]:
    """The blocks of the first JSON value in ``text`` that is a list of edits; empty when there is none."""
    for match in _START.finditer(text):
        try:
            value, _ = _DECODER.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        blocks = _blocks(value, path)
        if blocks:
            return blocks
    return []


def broken_structure(text: str) -> str | None:
    """Why ``text``, which starts like structured edits, is not valid JSON; ``None`` for other text."""
    body = text.strip()
    if not _START.match(body):
        return None
    try:
        _DECODER.raw_decode(body)
    except RecursionError:
        return "the JSON is nested too deeply"
    except ValueError as error:
        return f"the JSON is not valid ({error}), perhaps cut off"
    return None


def _blocks(value: Any, path: str | None) -> list[Block]:
    items = value
    if isinstance(value, dict):
        items = next((value[key] for key in ("edits", "changes") if isinstance(value.get(key), list)), [value])
    if not isinstance(items, list):
        return []
    return [block for item in items if isinstance(item, dict) for block in [_block(item, path)] if block is not None]


def _block(item: dict[str, Any], default: str | None) -> Block | None:
    path = _string(item, "path", "file", "filename", "file_path") or default
    search = _string(item, "search", "old", "old_string", "find")
    replace = _string(item, "replace", "new", "new_string", "replacement")
    content = _string(item, "content", "text", "new_content")
    target = _string(item, "rename_to", "move_to")
    if search is None and content is None and target is None and item.get("delete") is not True:
        return None
    if path is None:
        return Unusable("", "an edit in the JSON has no path")
    if item.get("delete") is True:
        return Delete(path)
    if content is not None:
        return WholeFile(path, content.replace("\r\n", "\n"))
    if search is not None:
        if replace is None:
            return Unusable(path, "an edit in the JSON has a search but no replace")
        return Replace(path, _lf(search), _lf(replace), inline=True)
    return Rename(path, target or "")


def _string(item: dict[str, Any], *names: str) -> str | None:
    return next((item[name] for name in names if isinstance(item.get(name), str)), None)


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n")
