"""Which files of a Node project are tests, their data, or configure how they run and what is built for them."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

_TEST_NAME = re.compile(
    r"\.(?:test|spec|e2e|test-d|spec-d|cy)\.[cm]?[jt]sx?$|^(?:test|tests|spec|specs)\.[cm]?[jt]sx?$|\.snap$|-(?:test|spec)\.[cm]?[jt]sx?$"
)
_CONFIG = re.compile(
    r"^(?:package(?:-lock)?\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|pnpm-workspace\.yaml|yarn\.lock|bun\.lockb?|lerna\.json"
    r"|nx\.json|turbo\.json|\.npmrc|\.yarnrc(?:\.yml)?|\.pnpmfile\.cjs|\.mocharc(?:\.\w+)?|mocha\.opts|\.swcrc|\.babelrc(?:\.\w+)?"
    r"|\.nycrc(?:\.\w+)?|\.c8rc(?:\.\w+)?|(?:jest|vitest|vite|babel|mocha|karma|playwright|cypress|ts-jest|swc|nyc)"
    r"(?:[.-][\w.-]+)?\.(?:config|setup|preset|workspace|projects|shims?|base|global-?setup)(?:[.-][\w-]+)*\.(?:[cm]?[jt]s|json5?|ya?ml)"
    r"|(?:jest|vitest|vite|babel|mocha)\.(?:[\w-]+\.)*(?:config|setup|preset|workspace)\w*\.[\w]+"
    r"|(?:[jt]sconfig)(?:\.[\w.-]+)?\.json|(?:setup|global-?(?:setup|teardown))-?(?:tests?|files?|env|jest|vitest|mocha)?\.[cm]?[jt]sx?"
    r"|(?:jest|vitest|mocha|test)s?-?(?:setup|globals?|environment|transform\w*|resolver|preprocess\w*|matchers?)\.[cm]?[jt]sx?"
    r"|set-?up-?tests?\.[cm]?[jt]sx?)$",
    re.I,
)
_FOLDERS = frozenset(
    [
        "__tests__",
        "__test__",
        "__mocks__",
        "__snapshots__",
        "__fixtures__",
        "test",
        "tests",
        "spec",
        "specs",
        "e2e",
        "cypress",
    ]
)


_SOURCE = re.compile(r"\.[cm]?[jt]sx?$", re.I)


def is_file(path: Path) -> bool:
    """``Path.is_file`` for names that anybody may have made up: one that is longer than any file's is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def holds_tests(path: str) -> bool:
    """Whether a path is a script that one of the frameworks would take for a test without being told to."""
    parts = PurePosixPath(path.casefold()).parts
    return bool(_SOURCE.search(parts[-1]) and (_TEST_NAME.search(parts[-1]) or _FOLDERS.intersection(parts[:-1])))


def is_test_file(path: str) -> bool:
    """Whether a project-relative path is a test, its data or its configuration; compared without case."""
    parts = PurePosixPath(path.replace("\\", "/").casefold()).parts
    if not parts:
        return False
    name = parts[-1]
    return bool(
        _TEST_NAME.search(name) or _CONFIG.match(name) or _FOLDERS.intersection(parts[:-1]) or "node_modules" in parts
    )
