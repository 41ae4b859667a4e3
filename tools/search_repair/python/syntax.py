"""Files that do not parse: the slip is on the line that the parser names, or just before it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..model import Candidate, Splice, apply

_REACH = 3
_SPELLINGS = (
    (r"\belse if\b", "elif"),
    (r"\belif\b", "else if"),
    (r"&&", " and "),
    (r"\|\|", " or "),
    (r"===", "=="),
    (r"!==", "!="),
    (r"\bnull\b", "None"),
    (r"\btrue\b", "True"),
    (r"\bfalse\b", "False"),
    (r"(?<![=!<>])=(?!=)", "=="),
    (r"==", "="),
    (r"\+\+", " += 1"),
    (r"--", " -= 1"),
    (r"!(?!=)", "not "),
    (r";\s*$", ":"),
    (r";\s*$", ""),
    (r"\bfunction\b", "def"),
    (r"\bfunc\b", "def"),
    (r"=>", ">="),
    (r"=<", "<="),
)


def syntax_candidates(path: str, text: str) -> Iterator[Candidate]:
    """Changes of a few characters after which the file parses, nearest to the error first."""
    error = _error(text)
    if error is None:
        return
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    seen = set()
    order = [error, error - 1, error + 1, error - 2, error + 2, error - 3]
    for distance, number in enumerate(n for n in order if 1 <= n <= len(lines)):
        content = lines[number - 1].rstrip("\r\n")
        for changed, weight in _variants(content, lines, number):
            splice = Splice(starts[number - 1], starts[number - 1] + len(content), changed)
            result = apply(text, (splice,))
            if result not in seen and _error(result) is None:
                seen.add(result)
                yield Candidate(path, (splice,), "syntax", number, weight * 0.9**distance)


def _error(text: str) -> int | None:
    try:
        ast.parse(text)
    except SyntaxError as error:
        return error.lineno or 1
    except ValueError:
        return 1
    return None


def _variants(line: str, lines: list[str], number: int) -> Iterator[tuple[str, float]]:
    bare = line.partition("#")[0].rstrip()
    if bare:
        for ending in (":", ")", "]", "}", ",", "'", '"', "):", "]:", "')", '")', "\\"):
            yield bare + ending + line[len(bare) :], 1.0
        if bare[-1] in ":)]},;(\\":
            yield bare[:-1] + line[len(bare) :], 0.8
            yield bare[:-1] + ":" + line[len(bare) :], 0.8
    for pattern, text in _SPELLINGS:
        for match in re.finditer(pattern, line):
            yield line[: match.start()] + text + line[match.end() :], 0.9
    stripped = line.lstrip()
    if stripped:
        for indent in _indents(lines, number):
            yield indent + stripped, 0.8
    for index, character in enumerate(line):
        if character in "()[]{},:'\".=":
            yield line[:index] + line[index + 1 :], 0.5
    for match in re.finditer(r"\s", stripped):
        position = len(line) - len(stripped) + match.start()
        for mark in (",", ":", " =", " in", " import", " and"):
            yield line[:position] + mark + line[position:], 0.4
    for index in range(len(line)):
        for mark in ")(][":
            yield line[:index] + mark + line[index:], 0.3
    if not bare or bare.endswith(":"):
        yield line + "\n" + line[: len(line) - len(line.lstrip())] + "    pass", 0.3


def _indents(lines: list[str], number: int) -> list[str]:
    near = lines[max(0, number - 4) : number + 3]
    found = [line[: len(line) - len(line.lstrip())] for line in near if line.strip()]
    deeper = [indent + "    " for indent in found]
    return list(dict.fromkeys(found + deeper))
