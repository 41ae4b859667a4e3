"""A scan of Python lines for text that does not parse: the broken file is the one to see into."""

from __future__ import annotations

import re

from .outline import CALL, Definition, Import, Kind, Outline, Reference

_DEFINITION = re.compile(r"^([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+(\w+)")
_IMPORT = re.compile(r"^[ \t]*import[ \t]+([\w.]+)(?:[ \t]+as[ \t]+(\w+))?")
_FROM = re.compile(r"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+\(?([\w \t,*]*)")
_CALLED = re.compile(r"\b([A-Za-z_][\w.]{0,200})[ \t]*\(")


def scan(text: str) -> Outline:
    """Definitions by indentation, imports and calls by their looks, line by line."""
    lines = text.split("\n")
    imports: list[Import] = []
    references: list[Reference] = []
    for number, line in enumerate(lines, 1):
        cut = line[:2000]
        imports.extend(_imports(cut, number))
        for name in _CALLED.findall(cut):
            references.append(Reference((*name.split("."), CALL), number, number))
    return Outline(tuple(_definitions(lines)), tuple(imports), tuple(references))


def _imports(line: str, number: int) -> list[Import]:
    if found := _IMPORT.match(line):
        return [Import(found[2] or found[1], found[1], None, number)]
    if found := _FROM.match(line):
        names = (part.split() for part in found[2].split(","))
        return [Import(words[-1], found[1], words[0], number) for words in names if words]
    return []


def _definitions(lines: list[str]) -> list[Definition]:
    found: list[Definition] = []
    opened: list[tuple[int, str, Kind, int]] = []

    def close(indent: int, last: int) -> None:
        while opened and opened[-1][0] >= indent:
            _, name, kind, line = opened.pop()
            qualname = ".".join([*(part[1] for part in opened), name])
            found.append(Definition(name, qualname, kind, line, max(line, last), line + 1))

    last = 0
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        starts = _DEFINITION.match(line)
        if starts or line[:1] not in (" ", "\t", ")", "]", "}"):
            close(indent, last)
        if starts:
            kind = Kind.CLASS if starts[2] == "class" else _kind(starts[3])
            opened.append((indent, starts[3], kind, number))
        last = number
    close(0, last)
    return sorted(found, key=lambda d: (d.line, -d.end_line))


def _kind(name: str) -> Kind:
    return Kind.TEST if name.startswith("test_") else Kind.FUNCTION
