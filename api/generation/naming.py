"""Names for blocks that came without one, where there is one of code and one of tests: small models forget them."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

from ...tools.edits.blocks import Block, WholeFile
from ...tools.edits.fences import Fence, split_fences
from .sources import crates, go_package, holds_tests, is_source, specifiers
from .target import Target

_INFOS: Mapping[str, tuple[str, ...]] = {
    "python": ("python", "py", "python3"),
    "javascript": ("javascript", "js", "node", "jsx", "mjs"),
    "typescript": ("typescript", "ts", "tsx"),
    "go": ("go", "golang"),
    "rust": ("rust", "rs"),
}

Names = tuple[str, str]
"""Of the code, and of its tests."""


def name_blocks(text: str, named: Sequence[Block], target: Target) -> tuple[WholeFile, ...]:
    """The unnamed blocks of code in ``text`` as files, beside those ``named`` already.

    None where it is not plain which of them is what: the model is asked again.
    """
    if any(is_source(target.language, block.path) for block in named):
        return ()
    said = text.rpartition("</think>")[2].replace("\r\n", "\n")
    pieces = split_fences(said.split("\n"))
    fences = [piece for piece in pieces if isinstance(piece, Fence) and piece.closed]
    bodies = ["".join(f"{line}\n" for line in f.lines) for f in _in_language(fences, target.language)]
    bodies = [body for body in dict.fromkeys(bodies) if body.strip()]
    tests = [body for body in bodies if holds_tests(target.language, body)]
    code = [body for body in bodies if body not in tests]
    if target.language == "rust" and not code and len(tests) == 1:  # unit tests inside the source
        return (WholeFile("src/lib.rs", tests[0]),)
    if len(code) != 1 or len(tests) != 1:
        return ()
    code_name, test_name = _NAMES[target.language](code[0], tests[0], target.framework.name)
    return WholeFile(code_name, code[0]), WholeFile(test_name, tests[0])


def _in_language(fences: Sequence[Fence], language: str) -> list[Fence]:
    """Those that say so; where none does, those that say nothing."""
    infos = [(fence.info.split() or [""])[0].lower() for fence in fences]
    said = [fence for fence, info in zip(fences, infos, strict=True) if info in _INFOS[language]]
    return said or [fence for fence, info in zip(fences, infos, strict=True) if not info]


def _python(code: str, tests: str, framework: str) -> Names:
    stem = next((name for name in _modules(tests) if name not in sys.stdlib_module_names | {"pytest"}), "main")
    return f"{stem}.py", f"test_{stem}.py"


def _modules(text: str) -> list[str]:
    """The modules that ``text`` imports, in order."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError):
        return []
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return [name for name in names if "." not in name]


def _node(suffix: str) -> Callable[[str, str, str], Names]:
    def names(code: str, tests: str, framework: str) -> Names:
        relative = next((one for one in specifiers(tests) if one.startswith(".")), "./index")
        path = re.sub(r"\.[cm]?[jt]sx?$", "", re.sub(r"^(?:\.{1,2}/)+", "", relative))
        if not re.fullmatch(r"[\w-]+(?:/[\w-]+)*", path):
            path = "index"
        folder = "test/" if relative.startswith("../") else ""
        return f"{path}{suffix}", f"{folder}{PurePosixPath(path).name}.test{suffix}"

    return names


def _go(code: str, tests: str, framework: str) -> Names:
    stem = go_package(code) or "main"
    return f"{stem}.go", f"{stem}_test.go"


def _rust(code: str, tests: str, framework: str) -> Names:
    return "src/lib.rs", f"tests/{next(iter(crates(tests)), 'main')}.rs"


_NAMES: Mapping[str, Callable[[str, str, str], Names]] = {
    "python": _python,
    "javascript": _node(".js"),
    "typescript": _node(".ts"),
    "go": _go,
    "rust": _rust,
}
