"""A quick check that an edited file still reads, before any test is run. One function a suffix."""

from __future__ import annotations

import ast
import json
import tomllib
import warnings
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from .document import read_document


def check_syntax(path: str, data: bytes, before: bytes | None = None) -> str | None:
    """What is wrong with ``data`` as the file ``path``, in one line that names the line, or ``None``.

    Only languages with a row in ``CHECKS`` are judged. Python is judged by the interpreter that runs this, which may be
    older or newer than the project's own; so when ``before`` (the file as it was) does not pass either, the check says
    nothing. New syntax that a patch brings into a file which had none is still refused by an older interpreter.
    """
    check = CHECKS.get(PurePosixPath(path).suffix.lower())
    if check is None:
        return None
    problem = check(data)
    if problem is not None and before is not None and check(before) is not None:
        return None
    return problem


def _python(data: bytes) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(data)
    except SyntaxError as error:
        line = (error.text or "").strip()
        return f"line {error.lineno}: {error.msg}" + (f" in {line!r}" if line else "")
    except ValueError as error:  # null bytes
        return str(error)
    except (RecursionError, MemoryError):  # nested too deeply for this parser: not for us to judge
        return None
    return None


def _json(data: bytes) -> str | None:
    try:
        json.loads(data)
    except json.JSONDecodeError as error:
        return f"line {error.lineno}: {error.msg}"
    except UnicodeDecodeError:
        return "not UTF-8"
    except RecursionError:
        return None
    return None


def _toml(data: bytes) -> str | None:
    try:
        tomllib.loads("".join(line.text + "\n" for line in read_document(data).lines))
    except tomllib.TOMLDecodeError as error:
        return str(error)
    except RecursionError:
        return None
    return None


CHECKS: Mapping[str, Callable[[bytes], str | None]] = {
    ".py": _python,
    ".pyi": _python,
    ".json": _json,
    ".toml": _toml,
}
"""Suffix to check; a new language is one row."""
