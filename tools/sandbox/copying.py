"""A copy of a project, for machines that offer nothing better."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from ...core.errors import UsageError

_CACHES = frozenset(
    {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".tox", ".nox", ".hypothesis", ".git"}
)
_VENVS = (".venv", "venv")
_PACKAGES = "node_modules"
_TOOLS_OWN = frozenset({".cache", ".vite", ".vite-temp", ".vitest"})
"""What tools write among the packages."""


def copy_tree(project: Path, target: Path) -> list[str]:
    """Copy ``project`` to ``target``; returns the relative paths that could not be read and are not in the copy.

    Links stay links; an absolute one into the project leads into the copy. Left out: caches, cargo's ``target``,
    ``.git``, sockets, pipes and devices. Virtual environments, and packages in ``node_modules``, become links to the
    originals.
    Everything in the copy can be written by its owner, times and execution bits stay.
    """
    try:
        next(project.iterdir(), None)
    except OSError as error:
        raise UsageError(f"{project} cannot be read: {error.strerror}. Give yourself the right to read it.") from error
    unread: list[str] = []
    _copy_folder(project, target, project, target, unread)
    return unread


def _copy_folder(source: Path, target: Path, project: Path, copy: Path, unread: list[str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    try:
        with os.scandir(source) as entries:
            listed = list(entries)
    except OSError:
        unread.append(source.relative_to(project).as_posix())
        return
    for entry in listed:
        try:
            _copy_entry(entry, target / entry.name, project, copy, unread)
        except OSError as error:
            if error.errno is not None and not isinstance(error, PermissionError):
                raise UsageError(f"the project cannot be copied: {entry.path}: {error.strerror}") from error
            unread.append(Path(entry.path).relative_to(project).as_posix())
    _keep_times(source, target)


def _copy_entry(entry: os.DirEntry[str], target: Path, project: Path, copy: Path, unread: list[str]) -> None:
    source = Path(entry.path)
    if source == copy or copy.is_relative_to(source):
        return
    if entry.name == _PACKAGES and entry.is_dir():
        _link_packages(source, target, project, copy)
    elif entry.is_symlink():
        target.symlink_to(_moved(Path(os.readlink(source)), project, copy))  # noqa: PTH115 - resolve() is not wanted
    elif entry.is_dir():
        if _is_heavy(source):
            target.symlink_to(source)
        elif not _is_cache(source):
            _copy_folder(source, target, project, copy, unread)
    elif entry.is_file():
        shutil.copy2(source, target)
        target.chmod(stat.S_IMODE(target.stat().st_mode) | stat.S_IWUSR | stat.S_IRUSR)


def _moved(link: Path, project: Path, copy: Path) -> Path:
    return copy / link.relative_to(project) if link.is_relative_to(project) else link


def _link_packages(source: Path, target: Path, project: Path, copy: Path) -> None:
    """A folder of its own with a link for each package, since tools keep files of theirs beside them (vite does)."""
    target.mkdir()
    for entry in os.scandir(source):
        if entry.name.startswith("@") and entry.is_dir(follow_symlinks=False):
            _link_packages(Path(entry.path), target / entry.name, project, copy)
        elif entry.name not in _TOOLS_OWN:
            (target / entry.name).symlink_to(_behind(entry, project, copy))


def _behind(entry: os.DirEntry[str], project: Path, copy: Path) -> Path:
    """Where a package lies; one of the project's own, which others of it use, in the copy."""
    if not entry.is_symlink():
        return Path(entry.path)
    link = Path(entry.path).parent.resolve() / os.readlink(entry.path)  # noqa: PTH115 - it may be relative
    place = Path(os.path.normpath(link))
    own = place.is_relative_to(project) and _PACKAGES not in place.relative_to(project).parts
    return copy / place.relative_to(project) if own else place


def _is_heavy(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").is_file()


def _is_cache(folder: Path) -> bool:
    return folder.name in _CACHES or (folder.name == "target" and (folder.parent / "Cargo.toml").is_file())


def _keep_times(source: Path, target: Path) -> None:
    try:
        known = source.stat()
        target.chmod(stat.S_IMODE(known.st_mode) | stat.S_IRWXU)
        os.utime(target, ns=(known.st_atime_ns, known.st_mtime_ns))
    except OSError:
        return  # a folder's own times matter to nobody's tests


def is_editable_install(project: Path, active: str | None) -> bool:
    """Whether a virtual environment of the project, or the ``active`` one, imports the project from its own path."""
    places = [project / name for name in _VENVS] + ([Path(active)] if active else [])
    needle = os.fsencode(project)
    for place in places:
        for packages in [*place.glob("lib/python*/site-packages"), *place.glob("Lib/site-packages")]:
            files = [*packages.glob("*.pth"), *packages.glob("__editable__*.py"), *packages.glob("*.egg-link")]
            if any(needle in file.read_bytes() for file in files):
                return True
    return False
