"""Which file a line of a model's answer names: a heading, a fence's info string, a first comment."""

from __future__ import annotations

import re
from collections.abc import Collection

_LABEL = re.compile(r"^(?:(?:file|path|filename|file name|file path|filepath)\s*[:=]\s*)", re.IGNORECASE)
_BULLET = re.compile(r"^(?:#{1,6}\s+|[-*+]\s+|\d+[.)]\s+|>\s+)+")
_REMARK = re.compile(r"\s+(?:\([^()]*\)|\[[^\[\]]*\])\s*:?$")
_QUOTED = re.compile(r"(?<!`)`([^`\n]+)`(?!`)|\*\*([^*\n]+)\*\*")
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9_+-]{0,11}$")
_BARE_NAMES = {"makefile", "dockerfile", "gemfile", "rakefile", "procfile", "jenkinsfile", "license", "readme"}
_COMMENT = re.compile(r"^\s*(?:#|//|--|;|%|/\*|<!--)\s*(.*?)\s*(?:\*/|-->)?\s*$")
_KEYED = re.compile(r"^(?:path|file|filename|title|name)=(.+)$", re.IGNORECASE)


def looks_like_path(text: str) -> bool:
    """Whether ``text``, with no decoration left, can only be meant as a file's path."""
    if not text or len(text) > 400 or "://" in text or text.endswith((".", ",", ";", "/", "!", "?")):
        return False
    if re.search(r"[<>|*\"'`{}=;]|\s{2}|\(\)", text):
        return False
    name = re.split(r"[/\\]", text)[-1]
    has_extension = bool(_EXTENSION.search(name)) or (name.startswith(".") and len(name) > 2)
    if re.search(r"\s", text):  # a sentence may end like a file name: spaces need a clear shape
        return has_extension and not re.search(r"[:,] ", text) and text.count(" ") <= (6 if "/" in text else 2)
    return has_extension or name.lower() in _BARE_NAMES or bool(re.match(r"^[\w.@+-]*([/\\][\w.@+-]+)+$", text))


def path_of_line(line: str, known: Collection[str] = ()) -> str | None:
    """The path that a line of prose announces, or ``None``.

    ``known`` are paths shown to the model: a line that mentions exactly one of them names it, whatever else it says.
    """
    text = _BULLET.sub("", line.strip())
    bare = _bare(text)
    if bare in known or looks_like_path(bare):
        return bare
    quoted = {found for match in _QUOTED.finditer(text) if looks_like_path(found := _bare(match[1] or match[2]))}
    if len(quoted) == 1 and (not known or quoted <= set(known) or text.endswith(":")):
        return quoted.pop()  # else a sentence that mentions some other file, a test perhaps
    mentioned = {path for path in known if re.search(rf"(?<![\w/.-]){re.escape(path)}(?![\w/-])", text)}
    return mentioned.pop() if len(mentioned) == 1 else None


def _bare(text: str) -> str:
    """``text`` without bold, backticks, label, remark and trailing colon, in whatever order they were put on."""
    previous = ""
    while text != previous:
        previous = text
        text = _LABEL.sub("", _REMARK.sub("", text.strip()))
        text = text.removesuffix(":").strip()
        for mark in ("**", "__", "`", "*", '"', "'"):
            if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
                text = text[len(mark) : -len(mark)]
                break
        else:
            text = re.sub(r"^\*\*([^*]+):\*\*\s*", r"\1: ", text)
    return text


def split_info(info: str) -> tuple[str, str | None]:
    """A fence's info string as (language, path): ``python x.py``, ``py:x.py``, ``src/x.py``, ``go path="x.go"``."""
    info = info.strip().strip("{}").strip()
    language, path = "", None
    match = re.match(r"^(\S+?):(\S.*)$", info)
    if match and looks_like_path(match[2].strip()) and not re.match(r"^[A-Za-z]$", match[1]):
        return match[1].lower(), match[2].strip()
    for index, token in enumerate(info.split()):
        keyed = _KEYED.match(token)
        if keyed:
            return language, keyed[1].strip("\"'")
        if looks_like_path(token.strip("\"'`()")):
            rest = " ".join(info.split()[index:]).strip("\"'`()")
            path = rest if looks_like_path(rest) else token.strip("\"'`()")
            return language, path
        language = language or token.lower()
    return language, path


def path_of_comment(line: str, known: Collection[str] = ()) -> str | None:
    """The path that a first line gives as a comment, or bare: ``# src/x.py``, ``// file: x.go``, ``src/x.py``."""
    match = _COMMENT.match(line)
    text = _bare(match[1] if match else line.strip())
    if text in known:
        return text
    if " " in text or not looks_like_path(text) or not _EXTENSION.search(text):
        return None
    return text if match or "/" in text else None
