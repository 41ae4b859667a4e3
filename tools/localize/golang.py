"""Go's front end: a package is a folder, an import path is the module's path and a folder below it."""

from __future__ import annotations

import re

from .golang_outline import GoCollector
from .outline import Chain, Outline
from .project import Project, collapse, folders_above, under
from .syntax import parser_for

_MODULE = re.compile(r"^module[ \t]+\"?([^\s\"]+)", re.MULTILINE)
_REPLACED = re.compile(r"^[ \t]*(?:replace[ \t]+)?(\S+)(?:[ \t]+v\S+)?[ \t]*=>[ \t]*(\.\S*)", re.MULTILINE)
_TEST = re.compile(r"(?<![\w/])(?:Test|Fuzz|Example|Benchmark)(?![a-z])\w*|(?<=/)Test(?![a-z])\w*")


class Go:
    """Modules and local ``replace`` directives; vendored and downloaded packages are outside the project."""

    suffixes = (".go",)
    constructors = ()
    receivers = ("self",)

    def outline(self, text: str, path: str) -> Outline:
        """Empty where the grammar is not installed."""
        parser = parser_for("tree_sitter_go")
        return GoCollector(path.endswith("_test.go")).collect(parser, text) if parser else Outline()

    def modules(self, project: Project, path: str, module: str) -> tuple[str, ...]:
        """Every file of the package but its tests."""
        folder = _folder(project, path, module)
        if folder is None:
            return ()
        return tuple(name for name in project.folder(folder, ".go") if not name.endswith("_test.go"))

    def neighbours(self, project: Project, path: str) -> tuple[str, ...]:
        """The package's other files; test files only from test files."""
        tests = path.endswith("_test.go")
        files = project.folder(folders_above(path)[0], ".go")
        return tuple(name for name in files if name != path and (tests or not name.endswith("_test.go")))

    def test_names(self, test_id: str) -> Chain:
        """``example.com/m/calc.TestAdd/one_row`` is ``("TestAdd",)``; a suite's method stands behind its suite."""
        return tuple(_TEST.findall(test_id))


def _folder(project: Project, path: str, module: str) -> str | None:
    if module.startswith("."):
        return None
    for folder in folders_above(path):
        manifest = under(folder, "go.mod")
        text = project.text(manifest) if manifest else None
        named = _MODULE.search(text[:20_000]) if text else None
        if text is None or named is None:
            continue
        known = [(named[1], "."), *_REPLACED.findall(text[:20_000])]
        for name, place in known:
            if module == name or module.startswith(name + "/"):
                return collapse(f"{folder}/{place}/{module[len(name) :]}") or ""
        return None
    return None
