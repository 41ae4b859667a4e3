"""Put a candidate's code into functions that are already alive, where that means the same as importing it anew."""

from __future__ import annotations
import __future__

import ast
import gc
import os
import sys
from types import CodeType, FunctionType
from typing import Dict, Iterator, List, Optional, Set, Tuple

from .trace import Key, Places

_OPTIMIZED = 0x1  # CO_OPTIMIZED: a function's code, not a module's or a class body's


class Unswappable(Exception):
    """The change reaches beyond the code of functions: only a fresh import shows it."""


class LiveFunctions:
    """Every function object of the project that is alive, by the code it came from."""

    def __init__(self, places: Places, run_at_import: Set[Key]) -> None:
        self._places = places
        self._by_key: Dict[Key, List[FunctionType]] = {}
        self._run_at_import = run_at_import
        self._segments: Dict[Tuple[str, str, int], CodeType] = {}
        self._flags: Dict[str, int] = {}
        for thing in gc.get_objects():
            key = places.key(thing.__code__) if type(thing) is FunctionType else None
            if key is not None:
                self._by_key.setdefault(key, []).append(thing)
        self._loaded = _loaded_files()

    def prepare(self, path: str, segment: str, line: int) -> None:
        """Compile the original top-level statement once, in the parent, for all of its candidates."""
        self._compile(path, segment, line)

    def swap(self, path: str, old: str, new: str, line: int) -> None:
        """Make live functions run ``new`` where they ran ``old``. Raises ``Unswappable`` when that is not enough."""
        if os.path.realpath(path) not in self._loaded:
            return  # not imported yet: the overlay serves it when it is
        before, after = self._compile(path, old, line), _compile(path, new, line, self._flags[path])
        changes = list(self._changes(before, after, inside=False))
        for function, code in changes:
            function.__code__ = code

    def _compile(self, path: str, segment: str, line: int) -> CodeType:
        key = (path, segment, line)
        if key not in self._segments:
            if path not in self._flags:
                self._flags[path] = _future_flags(path)
            self._segments[key] = _compile(path, segment, line, self._flags[path])
        return self._segments[key]

    def _changes(self, old: CodeType, new: CodeType, inside: bool) -> Iterator[Tuple[FunctionType, CodeType]]:
        if same_code(old, new):
            return
        is_function = bool(old.co_flags & _OPTIMIZED)
        if is_function:
            yield from self._swaps(old, new, inside)
        elif not same_code(old, new, nested=False):
            raise Unswappable
        pairs = _paired(old, new)
        if pairs is None and not is_function:
            raise Unswappable
        for before, after in pairs or ():
            yield from self._changes(before, after, inside or is_function)

    def _swaps(self, old: CodeType, new: CodeType, inside: bool) -> Iterator[Tuple[FunctionType, CodeType]]:
        key = self._places.key(old)
        alive = [f for f in self._by_key.get(key, ()) if same_code(f.__code__, old)] if key else []
        if key in self._run_at_import or (not alive and not inside):
            raise Unswappable
        if alive and (old.co_name, old.co_freevars) != (new.co_name, new.co_freevars):
            raise Unswappable
        for function in alive:
            yield function, new


def same_code(a: CodeType, b: CodeType, nested: bool = True) -> bool:
    """Whether two code objects do the same, wherever their lines are; ``nested`` compares the codes inside as well."""
    if (a.co_code, a.co_names, a.co_varnames, a.co_freevars, a.co_cellvars, a.co_flags) != (
        b.co_code,
        b.co_names,
        b.co_varnames,
        b.co_freevars,
        b.co_cellvars,
        b.co_flags,
    ):
        return False
    if (a.co_argcount, a.co_kwonlyargcount, len(a.co_consts)) != (b.co_argcount, b.co_kwonlyargcount, len(b.co_consts)):
        return False
    return all(_same_constant(x, y, nested) for x, y in zip(a.co_consts, b.co_consts))


def _same_constant(x: object, y: object, nested: bool) -> bool:
    if isinstance(x, CodeType) and isinstance(y, CodeType):
        return not nested or same_code(x, y)
    return type(x) is type(y) and repr(x) == repr(y)


def _paired(old: CodeType, new: CodeType) -> Optional[List[Tuple[CodeType, CodeType]]]:
    before = [c for c in old.co_consts if isinstance(c, CodeType)]
    after = [c for c in new.co_consts if isinstance(c, CodeType)]
    if [c.co_name for c in before] != [c.co_name for c in after]:
        return None
    return list(zip(before, after))


def _compile(path: str, segment: str, line: int, flags: int) -> CodeType:
    code: CodeType = compile("\n" * (line - 1) + segment, path, "exec", flags=flags, dont_inherit=True)
    return code


def _future_flags(path: str) -> int:
    with open(path, "rb") as stream:
        source = stream.read()
    flags = 0
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags


def _loaded_files() -> Set[str]:
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return {os.path.realpath(file) for file in files if isinstance(file, str)}
