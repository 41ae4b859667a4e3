"""Yarn's Plug'n'Play: no ``node_modules``, but a ``.pnp.cjs`` that tells Node in which archive a package lies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .node_project import Package

_ARCHIVES = re.compile(r'"packageLocation": "(?P<folder>(?:\.\./)+[^"]{1,1000}?/)[^/"]{1,300}\.zip/')


@dataclass(frozen=True)
class PlugAndPlay:
    """The ``.pnp.cjs`` of a project."""

    file: Path

    @classmethod
    def of(cls, package: Package) -> PlugAndPlay | None:
        """That of the package or of the project it is part of, or ``None``."""
        places = (folder / ".pnp.cjs" for folder in (package.path, package.root))
        return next((cls(place) for place in places if place.is_file()), None)

    @property
    def node_options(self) -> str:
        """What Yarn puts into ``NODE_OPTIONS``; workers and child processes need it as well."""
        loader = self.file.with_name(".pnp.loader.mjs")
        more = f' --experimental-loader "{loader.as_uri()}"' if loader.is_file() else ""
        return f'--require "{self.file}"{more}'

    def major(self, name: str) -> int | None:
        """The major version of a package, ``None`` where it is not told."""
        found = re.search(rf'\["{re.escape(name)}", \[\\?\s*\["[^"]*npm:(\d{{1,6}})\.', self._text())
        return int(found[1]) if found else None

    def archives(self) -> list[Path]:
        """The folders outside the project in which the archives lie."""
        folders = {match["folder"] for match in _ARCHIVES.finditer(self._text())}
        return sorted(path for folder in folders if (path := (self.file.parent / folder).resolve()).is_dir())

    def _text(self) -> str:
        try:
            return self.file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
