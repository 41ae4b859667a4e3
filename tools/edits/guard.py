"""Which paths a fix may touch. Every refusal says why, in words that a model can act on."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

from ...core.errors import Forbidden
from .protected import compile_globs, protected_reason

_DRIVE = re.compile(r"^[A-Za-z]:")
_DEVICES = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.IGNORECASE)


class Guard:
    """Checks paths of edits against one project.

    ``is_test_file`` says whether a project-relative path holds tests or configures them; ``protect`` are the user's
    globs of files to leave alone, ``lock`` those of files whose fix is written beside them as a suggestion.
    """

    def __init__(
        self,
        root: Path,
        is_test_file: Callable[[str], bool],
        protect: Iterable[str] = (),
        lock: Iterable[str] = (),
        allow_test_edits: bool = False,
    ) -> None:
        self._root = Path(os.path.realpath(root))
        self._is_test_file = is_test_file
        self._protect = compile_globs(protect)
        self._lock = compile_globs(lock)
        self._allow_test_edits = allow_test_edits

    def check(self, path: str) -> str:
        """``path`` as the project spells it: relative, with ``/``, symlinks to files resolved. Raises ``Forbidden``."""
        parts = _parts(path)
        self._check_rules("/".join(parts), exists=True)
        real = self._resolve(parts)
        self._check_rules(real, exists=os.path.lexists(self._root / real))
        return real

    def may_edit(self, path: str) -> bool:
        """Whether ``check`` lets ``path`` through."""
        try:
            self.check(path)
        except Forbidden:
            return False
        return True

    def locked(self, path: str) -> bool:
        """Whether the user locked ``path``: it is not overwritten, its fix goes into a file beside it."""
        return bool(self._lock(path))

    def _check_rules(self, path: str, exists: bool) -> None:
        reason = protected_reason(path)
        if reason:
            raise Forbidden(f"{path} may not be changed: {reason}. Fix the project's own source instead.")
        if glob := self._protect(path):
            raise Forbidden(f"{path} may not be changed: the user protects {glob}.")
        if not exists and any(_foreign_to_windows(part) for part in path.split("/")):
            raise Forbidden(f"{path}: Windows does not allow this name, and the project may be used there.")
        # A new file's name is judged case-blind as well: on some systems it is another file's name.
        spellings = {path} if exists else {path, path.casefold()}
        if not self._allow_test_edits and any(self._is_test_file(spelling) for spelling in spellings):
            raise Forbidden(
                f"{path} may not be changed: it holds or configures tests. Fix the code under test instead."
            )

    def _resolve(self, parts: list[str]) -> str:
        """The real project-relative path, parent by parent, so that nothing is followed out of the project."""
        folder = self._root
        for index, part in enumerate(parts):
            last = index == len(parts) - 1
            entry = folder / self._spelling(folder, part, "/".join(parts[: index + 1]))
            mode = _mode(entry)
            shown = "/".join(parts[: index + 1])
            if mode is not None and stat.S_ISLNK(mode):
                entry = self._follow(entry, shown, last, parts[index + 1 :])
                mode = _mode(entry)
            _check_kind(mode, shown, last)
            folder = entry
        return folder.relative_to(self._root).as_posix()

    def _spelling(self, folder: Path, part: str, shown: str) -> str:
        """``part`` as the folder spells it. A name that differs from an existing one by case only is refused."""
        try:
            names = [entry.name for entry in folder.iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return part
        except OSError as error:
            raise Forbidden(f"{shown} cannot be looked up: {error.strerror}.") from None
        if part in names:
            return part
        same = [name for name in names if unicodedata.normalize("NFC", name) == unicodedata.normalize("NFC", part)]
        if len(same) == 1:
            return same[0]
        alike = [name for name in names if _folded(name) == _folded(part)]
        if alike:
            raise Forbidden(f"{shown} differs only in spelling from the existing {alike[0]}: use that name exactly.")
        return part

    def _follow(self, entry: Path, shown: str, last: bool, rest: list[str]) -> Path:
        try:
            real = Path(os.path.realpath(entry, strict=True))
        except (OSError, RuntimeError):
            raise Forbidden(f"{shown} is a symbolic link that leads nowhere.") from None
        if not real.is_relative_to(self._root):
            raise Forbidden(f"{shown} is a symbolic link that leads out of the project.")
        if not last:
            instead = "/".join([real.relative_to(self._root).as_posix(), *rest])
            raise Forbidden(f"{shown} is a symbolic link to a folder: use {instead} instead.")
        return real


def _parts(path: str) -> list[str]:
    """The path's names. Raises ``Forbidden`` for whatever is not a plain relative path."""
    if not path.strip():
        raise Forbidden("The path is empty: give the file's path relative to the project.")
    bad = sorted({c for c in path if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")})
    if bad:
        raise Forbidden(f"{path!a} holds control or invisible characters ({', '.join(map(ascii, bad))}).")
    if path.startswith(("/", "~")) or _DRIVE.match(path):
        raise Forbidden(f"{path} is absolute: give the path relative to the project.")
    if "\\" in path:
        raise Forbidden(f"{path} holds a backslash: write / between folders.")
    if path.endswith("/"):
        raise Forbidden(f"{path} is a folder: name a file.")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise Forbidden(f"{path} holds '..': give the path relative to the project.")
    for part in parts:
        _check_part(path, part)
    if not parts:
        raise Forbidden(f"{path} is a folder: name a file.")
    return parts


def _check_part(path: str, part: str) -> None:
    if part != part.rstrip(". ") or part != part.lstrip(" "):
        raise Forbidden(f"{path}: a name may not start with a blank or end with a dot or a blank.")
    if len(part.encode("utf-8", "replace")) > 255:
        raise Forbidden(f"{path[:60]}…: a name is longer than file systems allow.")
    if os.name == "nt" and _foreign_to_windows(part):
        raise Forbidden(f"{path}: Windows does not allow this name.")


def _foreign_to_windows(part: str) -> bool:
    """A device's name, or one that reaches into another file (``app.py:stream``)."""
    return bool(_DEVICES.match(part) or re.search(r'[:*?"<>|]', part))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _mode(entry: Path) -> int | None:
    try:
        return entry.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Forbidden(f"{entry.name} cannot be looked up: {error.strerror}.") from None


def _check_kind(mode: int | None, shown: str, last: bool) -> None:
    if mode is None:
        return
    if last and stat.S_ISDIR(mode):
        raise Forbidden(f"{shown} is a folder: name a file.")
    if last and not stat.S_ISREG(mode):
        raise Forbidden(f"{shown} is no regular file (a device, pipe or socket).")
    if not last and not stat.S_ISDIR(mode):
        raise Forbidden(f"{shown} is not a folder.")
