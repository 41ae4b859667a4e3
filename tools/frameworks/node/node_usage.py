"""Which packages of a project a Node test framework tests, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..foreign import is_foreign
from ..protocol import Detection
from .node_folders import has_tests, nested
from .node_project import Package, packages
from .node_scripts import find_call

_TYPED = ("tsconfig.json", "tsconfig.base.json")


@dataclass
class NodeUsage:
    """One framework by its name. ``left`` are folders of packages that another framework tests."""

    name: str = ""
    left: frozenset[str] = frozenset()

    def configured(self, package: Package) -> str | None:
        """The package's own configuration of this framework, in words, or ``None``."""
        raise NotImplementedError

    def detect(self, root: Path) -> Detection | None:
        """By scripts, configuration and declared dependencies, of the root, then of its packages."""
        used = self.used(root)
        if not used:
            return None
        package, reason, confidence = used[0]
        if is_foreign(package.folder):
            confidence = min(confidence, 0.3)
        typed = any((package.path / name).is_file() for name in _TYPED) or any(
            (root / name).is_file() for name in _TYPED
        )
        more = f" (and {len(used) - 1} more packages)" if len(used) > 1 else ""
        return Detection(self.name, "typescript" if typed else "javascript", reason + more, confidence)

    def used(self, root: Path) -> list[tuple[Package, str, float]]:
        """The packages to run in, with the reasons. A root that is set up itself covers all the others."""
        found = self._uses(root)
        top = [one for one in found if one[0].folder == "."]
        if top and (top[0][2] > 0.85 or len(found) == 1):
            return top
        inner = [one for one in found if one[0].folder != "."]
        return inner or top

    def claims(self, root: Path) -> dict[str, float]:
        """The folders of all packages that seem to use the framework, and how sure that is."""
        return {package.folder: confidence for package, _, confidence in self._uses(root)}

    def _uses(self, root: Path) -> list[tuple[Package, str, float]]:
        def among(candidates: Iterable[Package]) -> list[tuple[Package, str, float]]:
            own = [package for package in candidates if package.folder not in self.left]
            return [(package, *use) for package in own if (use := self._use(package))]

        return among(packages(root)) or among(nested(root))

    def _use(self, package: Package) -> tuple[str, float] | None:
        where = "package.json" if package.folder == "." else f"{package.folder}/package.json"
        configuration = self.configured(package)
        call = find_call(package.scripts, self.name)
        if call is not None and call.script == "test":
            return f"the script test of {where} runs {self.name}", 0.96
        if configuration:
            return f"{configuration} configures {self.name}", 0.9
        if call is not None:
            return f"the script {call.script} of {where} runs {self.name}", 0.88
        if self.name in package.declared:
            return f"{where} depends on {self.name}", 0.7 if has_tests(package.path) else 0.4
        return None
