"""Code that is not on disk yet: written to a project of its own, and its repaired text taken back."""

from __future__ import annotations

import ast
import dataclasses
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from ..core.documents import RepairResult
from ..core.domain import GeneratedCode
from ..core.errors import UsageError

_MAIN = {
    "python": "main.py",
    "javascript": "index.js",
    "typescript": "index.ts",
    "go": "main.go",
    "rust": "src/lib.rs",
}
_TESTS = {
    "python": "test_main.py",
    "javascript": "index.test.js",
    "typescript": "index.test.ts",
    "go": "main_test.go",
    "rust": "tests/main.rs",
}


@contextmanager
def materialize(project: str | Path | None, code: GeneratedCode | None) -> Iterator[Path]:
    """The folder to repair: ``project``, or ``code`` written to ``project`` or to a folder that goes with the block.

    Raises ``UsageError`` when neither is given, or the folder is not there, or ``code`` would overwrite files.
    """
    if code is None:
        if project is None:
            raise UsageError("give the path of a project, or a GeneratedCode")
        yield _existing(Path(project))
    elif project is not None:
        _write(Path(project), code)
        yield Path(project).resolve()
    else:
        with tempfile.TemporaryDirectory(prefix="aion-r-code-") as folder:
            _write(Path(folder), code)
            yield Path(folder).resolve()


def with_final_code(result: RepairResult, code: GeneratedCode | None) -> RepairResult:
    """``result`` with the repaired text of ``code.code`` as its ``final_code`` (as given, where nothing changed it)."""
    if code is None or not code.code or not isinstance(result.final_code, dict):
        return result
    return dataclasses.replace(result, final_code=result.final_code.get(main_file(code), code.code))


def main_file(code: GeneratedCode) -> str:
    """The path that ``code.code`` has among ``code.files``, or gets: for Python the module that the tests import."""
    held = [path for path, text in code.files.items() if text == code.code]
    if held:
        return held[0]
    if code.language == "python":
        wanted = [name for name in _imported(code) if not {f"{name}.py", f"{name}/__init__.py"} & set(code.files)]
        if wanted:
            return f"{wanted[0]}.py"
    if code.language not in _MAIN:
        raise UsageError(f"language {code.language!r} is not one of {', '.join(_MAIN)}")
    return _MAIN[code.language]


def _test_files(code: GeneratedCode) -> dict[str, str]:
    if isinstance(code.tests, dict):
        return code.tests
    return {_TESTS.get(code.language, "test_main.py"): code.tests} if code.tests else {}


def _imported(code: GeneratedCode) -> Iterator[str]:
    for text in _test_files(code).values():
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                top = name.partition(".")[0]
                if top not in sys.stdlib_module_names and top != "pytest":
                    yield top


def _existing(path: Path) -> Path:
    if not path.exists():
        raise UsageError(f"{path} does not exist: give the folder of a project")
    if not path.is_dir():
        raise UsageError(f"{path} is not a folder: give the folder of the project, not a file in it")
    return path.resolve()


def _write(folder: Path, code: GeneratedCode) -> None:
    files = dict(code.files) | _test_files(code)
    if code.code:
        files[main_file(code)] = code.code
    if not files:
        raise UsageError("the GeneratedCode holds no code and no files")
    for name in files:
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or "\\" in name or not name.strip():
            raise UsageError(f"{name!r} is not a path inside the project")
        target = folder / pure
        if target.exists():
            raise UsageError(f"{target} is there already: give a new or empty folder")
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
