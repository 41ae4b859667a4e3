"""The Python projects of a repository, in each of which its user would call pytest: ``cd backend && pytest``.

One is enough wherever the root's own configuration covers all tests. A folder is a project of its own when its files
say so and it has tests: with a configuration of pytest's always, with packaging metadata where nothing above it
configures pytest. ``FOREIGN`` folders are somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from ..folders import walk
from ..foreign import FOREIGN, is_foreign
from .pytest_config import SKIPPED, PytestConfig, find_test_file, read_config

MANIFESTS = (
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "tox.ini",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
)
REQUIREMENTS = ("*requirements*.txt", "Pipfile")
"""What makes a project of a folder only where the root is none."""
_PASSED_OVER = SKIPPED | FOREIGN | {".venv", ".env"}
MOST_PROJECTS = 30


@dataclass(frozen=True)
class PythonProject:
    """One folder that pytest runs in, relative to the repository (``.`` is its root).

    ``reason`` says what makes it one; ``left`` are folders below it that pytest is to leave to their own projects.
    """

    folder: str = "."
    config: PytestConfig = field(default_factory=PytestConfig)
    reason: str = ""
    left: tuple[str, ...] = ()

    @property
    def options(self) -> tuple[str, ...]:
        """What pytest is told beyond its configuration."""
        return tuple(f"--ignore={PurePosixPath(folder).relative_to(self.folder)}" for folder in self.left)

    def inside(self, path: str) -> str | None:
        """``path`` (an id, too) relative to this project's folder; ``None`` for one that lies elsewhere."""
        if self.folder == ".":
            return path
        below = path.replace("\\", "/").casefold().startswith(self.folder.casefold() + "/")
        return path[len(self.folder) + 1 :] if below else None


def python_projects(root: Path, config: PytestConfig) -> tuple[PythonProject, ...]:
    """The projects below ``root``, whose own configuration is ``config``; none where ``root`` alone is one."""
    if config.source and not config.testpaths:
        return ()
    tree = _Tree(root, config)
    inner = tree.projects()
    if not inner:
        return ()
    outer = tree.outermost([project.folder for project in inner])
    return tuple(([outer] if outer else []) + inner)


def home_of(projects: Sequence[PythonProject], test_id: str) -> PythonProject | None:
    """Whose test it is: the innermost project that has its file. ``None`` where no project can be meant."""
    fitting = [one for one in projects if one.inside(test_id) is not None or one.folder == test_id]
    return max(fitting, key=lambda one: len(PurePosixPath(one.folder).parts), default=None)


class _Tree:
    """The manifests of a repository, the outer ones first."""

    def __init__(self, root: Path, config: PytestConfig) -> None:
        self._root = root
        self._config = config
        self._manifests: dict[str, set[str]] = {}
        for folder, name in walk(root, _PASSED_OVER):
            if name in MANIFESTS or name == "conftest.py" or any(fnmatchcase(name, p) for p in REQUIREMENTS):
                self._manifests.setdefault(folder, set()).add(name)

    def projects(self) -> list[PythonProject]:
        """Those below the root."""
        found: list[PythonProject] = []
        for folder in self._manifests:
            if folder == "." or is_foreign(folder) or "{" in folder or len(found) == MOST_PROJECTS:
                continue
            above = home_of(found, folder + "/") or PythonProject(config=self._config)
            project = self._project(folder, above)
            if project:
                found.append(project)
        return [_leaving(project, [one.folder for one in found]) for project in found]

    def outermost(self, folders: list[str]) -> PythonProject | None:
        """The root, where it has tests beside those of ``folders``."""
        whole = _leaving(PythonProject(config=self._config), folders)
        if self._config.source:
            return PythonProject(".", self._config, f"{self._config.source} configures pytest", whole.left)
        without = frozenset(self._root / folder for folder in folders)
        test_file = find_test_file(self._root, self._config.patterns, FOREIGN, without)
        return PythonProject(".", self._config, f"{test_file} is a pytest file", whole.left) if test_file else None

    def _project(self, folder: str, above: PythonProject) -> PythonProject | None:
        config = read_config(self._root / folder)
        if not self._stands_alone(folder, config, above):
            return None
        test_file = find_test_file(self._root / folder, config.patterns, FOREIGN)
        if test_file is None:
            return None
        if config.source:
            return PythonProject(folder, config, f"{folder}/{config.source} configures pytest")
        return PythonProject(folder, config, f"{folder}/{test_file} is a pytest file")

    def _stands_alone(self, folder: str, config: PytestConfig, above: PythonProject) -> bool:
        if above.config.source and above.config.covers(above.inside(folder) or folder):
            return False
        if config.source or above.config.source or "conftest.py" in self._manifests.get(above.folder, ()):
            return config.source is not None
        names = self._manifests[folder]
        alone = bool(names.intersection(MANIFESTS)) or not self._is_project(".")
        return alone and names != {"conftest.py"} and not (self._root / folder / "__init__.py").is_file()

    def _is_project(self, folder: str) -> bool:
        return bool(self._manifests.get(folder, set()) - {"conftest.py"})


def _leaving(project: PythonProject, folders: Iterable[str]) -> PythonProject:
    left = tuple(folder for folder in folders if folder != project.folder and project.inside(folder) is not None)
    return PythonProject(project.folder, project.config, project.reason, left)


def told(projects: Sequence[PythonProject], most: int = 4) -> str:
    """Why these are the projects, in a line."""
    reasons = [project.reason for project in projects[:most]]
    more = len(projects) - len(reasons)
    return ", ".join(reasons) + (f" and {more} more" if more else "")


def by_home(projects: Sequence[PythonProject], ids: Sequence[str]) -> Iterator[tuple[PythonProject, list[str]]]:
    """Each project with those of ``ids`` that are its own; an id that can be nobody's is sought in all of them."""
    homes = [home_of(projects, test) for test in ids]
    for project in projects:
        own = [test for test, home in zip(ids, homes, strict=True) if home is project or home is None]
        if own:
            yield project, own
