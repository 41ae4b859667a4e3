"""A quick check that an edited file still reads, before any test is run. One function a suffix."""

from __future__ import annotations

import ast
import json
import tomllib
import warnings
from collections.abc import Mapping
from importlib import import_module
from pathlib import PurePosixPath

from .document import read_document, read_text
from .grammar import Check, brackets_of, by_grammar


def check_syntax(path: str, data: bytes, before: bytes | None = None) -> str | None:
    """What is wrong with ``data`` as the file ``path``, in one line that names the place, or ``None``.

    Only languages with a row in ``CHECKS`` are judged, by the interpreter that runs this or by a grammar, which may be
    older or newer than the project's own; so when ``before`` (the file as it was) does not pass either, only brackets
    that have lost their partner are told. New syntax that a patch brings into a file which had none is still refused.
    """
    suffix = PurePosixPath(path).suffix.lower()
    check = CHECKS.get(suffix)
    problem = check(data) if check else None
    if check is None or problem is None or before is None or check(before) is None:
        return problem
    brackets = BRACKETS.get(suffix)
    return brackets(data) if brackets and brackets(before) is None else None


def _python(data: bytes) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(data)
    except SyntaxError as error:
        line = (error.text or "").strip()
        column = f", column {error.offset}" if error.offset else ""
        return f"line {error.lineno}{column}: {error.msg}" + (f" in {line!r}" if line else "")
    except ValueError as error:  # null bytes
        return str(error)
    except (RecursionError, MemoryError):  # nested too deeply for this parser: not for us to judge
        return None
    return None


def _json(data: bytes) -> str | None:
    try:
        json.loads(data)
    except json.JSONDecodeError as error:
        line = error.doc.split("\n")[error.lineno - 1].strip()
        return f"line {error.lineno}, column {error.colno}: {error.msg}" + (f" in {line[:60]!r}" if line else "")
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


def _yaml(data: bytes) -> str | None:
    try:
        yaml = import_module("yaml")  # not ours, but most environments have it
        loader = yaml.CSafeLoader  # the one in Python needs seconds for deep nesting
    except (ImportError, AttributeError):
        return None
    try:
        for _ in yaml.parse(read_text(data), Loader=loader):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        return f"{place}{error.problem or error.context}"
    except yaml.YAMLError as error:
        return str(error)
    except RecursionError:
        return None
    return None


_JAVASCRIPT = ("tree_sitter_javascript",)
_TYPESCRIPT = ("tree_sitter_typescript", "language_typescript")
_GRAMMARS: Mapping[str, tuple[str, ...]] = {
    ".js": _JAVASCRIPT,
    ".jsx": _JAVASCRIPT,
    ".mjs": _JAVASCRIPT,
    ".cjs": _JAVASCRIPT,
    ".ts": _TYPESCRIPT,
    ".mts": _TYPESCRIPT,
    ".cts": _TYPESCRIPT,
    ".tsx": ("tree_sitter_typescript", "language_tsx"),
    ".go": ("tree_sitter_go",),
    ".rs": ("tree_sitter_rust",),
}

CHECKS: Mapping[str, Check] = {
    ".py": _python,
    ".pyi": _python,
    ".json": _json,
    ".toml": _toml,
    ".yaml": _yaml,
    ".yml": _yaml,
} | {suffix: by_grammar(*grammar) for suffix, grammar in _GRAMMARS.items()}
"""Suffix to check; a new language is one row."""

BRACKETS: Mapping[str, Check] = {suffix: brackets_of(*grammar) for suffix, grammar in _GRAMMARS.items()}
"""The lesser check of a file that its grammar did not understand before."""
