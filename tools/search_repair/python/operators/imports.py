"""Imports that are missing, and imports of what is not there."""

from __future__ import annotations

import ast
import difflib
import re
import sys
from collections.abc import Iterator

from .misspelt import matching
from .registry import Rewrite, Site, operator

_HOMES = {
    "datetime": ("datetime",),
    "date": ("datetime",),
    "timedelta": ("datetime",),
    "timezone": ("datetime",),
    "defaultdict": ("collections",),
    "Counter": ("collections",),
    "OrderedDict": ("collections",),
    "deque": ("collections",),
    "namedtuple": ("collections",),
    "Path": ("pathlib",),
    "Decimal": ("decimal",),
    "ROUND_HALF_UP": ("decimal",),
    "Fraction": ("fractions",),
    "dataclass": ("dataclasses",),
    "field": ("dataclasses",),
    "asdict": ("dataclasses",),
    "replace": ("dataclasses",),
    "reduce": ("functools",),
    "partial": ("functools",),
    "wraps": ("functools",),
    "lru_cache": ("functools",),
    "cached_property": ("functools",),
    "chain": ("itertools",),
    "product": ("itertools",),
    "permutations": ("itertools",),
    "combinations": ("itertools",),
    "groupby": ("itertools",),
    "islice": ("itertools",),
    "accumulate": ("itertools",),
    "count": ("itertools",),
    "zip_longest": ("itertools",),
    "contextmanager": ("contextlib",),
    "suppress": ("contextlib",),
    "ABC": ("abc",),
    "abstractmethod": ("abc",),
    "Enum": ("enum",),
    "auto": ("enum",),
    "itemgetter": ("operator",),
    "attrgetter": ("operator",),
    "sleep": ("time",),
    "sqrt": ("math",),
    "floor": ("math",),
    "ceil": ("math",),
    "pi": ("math",),
    "gcd": ("math",),
    "log": ("math",),
    "heappush": ("heapq",),
    "heappop": ("heapq",),
    "bisect_left": ("bisect",),
    "bisect_right": ("bisect",),
    "insort": ("bisect",),
    "deepcopy": ("copy",),
    "mean": ("statistics",),
    "median": ("statistics",),
    "Optional": ("typing",),
    "List": ("typing",),
    "Dict": ("typing",),
    "Any": ("typing",),
    "Union": ("typing",),
    "Tuple": ("typing",),
    "Callable": ("typing",),
    "Iterable": ("typing",),
    "Iterator": ("typing",),
    "NamedTuple": ("typing",),
    "StringIO": ("io",),
    "BytesIO": ("io",),
    "uuid4": ("uuid",),
    "randint": ("random",),
    "Thread": ("threading",),
    "Lock": ("threading",),
    "dedent": ("textwrap",),
    "pprint": ("pprint",),
}


_NAME_ERROR = re.compile(r"name '(\w+)' is not defined")


_IMPORT_NAME = re.compile(r"cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'")


_MEANT = re.compile(r"Did you mean: '(\w+)'")


@operator(
    "import",
    ast.Module,
    weight=1.0,
    examples=(),
)
def missing_import(site: Site) -> Iterator[Rewrite]:
    """The import that a ``NameError`` asks for."""
    for error in matching(site, "NameError", "UnboundLocalError"):
        found = _NAME_ERROR.search(error.message)
        if not found:
            continue
        name = found.group(1)
        position = _import_position(site)
        newline = site.source.newline
        lines = [f"import {name}"] if name in sys.stdlib_module_names else []
        lines += [f"from {module} import {name}" for module in _HOMES.get(name, ())]
        lines += [
            f"from .{statement.module} import {name}" for statement in _relative_imports(site) if statement.module
        ]
        for line in lines:
            yield site.splice(position, position, line + newline, 2.5)
        yield from _more_names(site, name)


def _relative_imports(site: Site) -> list[ast.ImportFrom]:
    return [s for s in site.source.tree.body if isinstance(s, ast.ImportFrom) and s.level == 1]


def _more_names(site: Site, name: str) -> Iterator[Rewrite]:
    """One more name from a module that is imported from already."""
    for statement in site.source.tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module != "__future__":
            last = statement.names[-1]
            end = site.source.span(last)[1]
            likely = statement.module in _HOMES.get(name, ()) or statement.module not in sys.stdlib_module_names
            yield site.splice(end, end, f", {name}", 2.0 if likely else 0.3)


def _import_position(site: Site) -> int:
    body = site.source.tree.body
    imports = [s for s in body if isinstance(s, ast.Import | ast.ImportFrom)]
    if imports:
        return site.source.line_start((imports[-1].end_lineno or 0) + 1)
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return site.source.line_start((first.end_lineno or 0) + 1)
    return 0


@operator(
    "wrong import",
    ast.ImportFrom,
    ast.Import,
    weight=1.0,
    examples=(
        ("from .a import x\n", "from a import x\n"),
        ("from a import x\n", "from .a import x\n"),
        ("from math import x\n", "import math\n"),
    ),
)
def wrong_import(site: Site) -> Iterator[Rewrite]:
    """An import of a name that the module does not have, or of a module that is not there."""
    node = site.node
    if isinstance(node, ast.ImportFrom):
        yield from _other_names(site, node)
        yield from _other_level(site, node)
        if node.module and not node.level:
            yield site.splice(*site.source.span(node), f"import {node.module}", 0.5)
    else:
        assert isinstance(node, ast.Import)
        name = node.names[0].name
        if name in ("datetime", "pprint", "copy", "time", "glob"):
            yield site.splice(*site.source.span(node), f"from {name} import {name}", 0.8)
        for error in matching(site, "ModuleNotFoundError"):
            if name in error.message:
                for other in difflib.get_close_matches(name, sorted(sys.stdlib_module_names), n=3, cutoff=0.6):
                    yield site.splice(*site.source.span(node), f"import {other} as {name}", 0.3)
                    yield site.splice(*site.source.span(node), f"import {other}", 1.5)
                yield site.splice(*site.source.span(node), f"from . import {name}", 1.5)


def _other_names(site: Site, node: ast.ImportFrom) -> Iterator[Rewrite]:
    for error in matching(site, "ImportError"):
        found = _IMPORT_NAME.search(error.message)
        for alias in node.names:
            if not found or alias.name != found.group(1):
                continue
            start = site.source.span(alias)[0]
            close = difflib.get_close_matches(alias.name, error.names, n=5, cutoff=0.4)
            meant = _MEANT.findall(error.message)
            for other in dict.fromkeys([*meant, *close]):
                yield site.splice(start, start + len(alias.name), other, 2.0)
                if not alias.asname:
                    yield site.splice(start, start + len(alias.name), f"{other} as {alias.name}", 1.9)
            for index, other in enumerate([n for n in error.names if not n.startswith("_")][:40]):
                if not alias.asname:
                    yield site.splice(start, start + len(alias.name), f"{other} as {alias.name}", 0.5 * 0.98**index)
            for home in _HOMES.get(alias.name, ()):
                yield site.splice(*site.source.span(node), f"from {home} import {alias.name}", 2.0)


def _other_level(site: Site, node: ast.ImportFrom) -> Iterator[Rewrite]:
    text = site.source.text
    start = text.find("from", site.source.span(node)[0]) + 5
    failed = any(True for _ in matching(site, "ModuleNotFoundError", "ImportError"))
    factor = 1.5 if failed else 0.2
    if node.level:
        yield site.splice(start, start + node.level, "", factor)
        yield site.splice(start, start, ".", factor)
        if node.level > 1:
            yield site.splice(start, start + 1, "", factor)
    else:
        yield site.splice(start, start, ".", factor)
        yield site.splice(start, start, "..", factor * 0.7)
    if node.module:
        module = text.find(node.module, start)
        for other in (
            difflib.get_close_matches(node.module, sorted(sys.stdlib_module_names), n=3, cutoff=0.6) if failed else ()
        ):
            yield site.splice(module, module + len(node.module), other, 1.2)
        imported = [
            s.module
            for s in site.source.tree.body
            if isinstance(s, ast.ImportFrom) and s.module and s.module != node.module
        ]
        for other in imported[:8]:
            yield site.splice(module, module + len(node.module), other, 0.6 if failed else 0.1)
