"""What a project with planted faults is, in any language."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class Fault:
    """``right`` stands in ``path`` of the sound project, ``wrong`` in its place in the one to be repaired."""

    path: str
    wrong: str
    right: str


@dataclass(frozen=True)
class Planted:
    """A project: its files with all ``faults`` in."""

    name: str
    framework: str
    files: dict[str, str]
    faults: tuple[Fault, ...]

    def sound(self, path: str) -> str:
        """The file as it was before."""
        text = self.files[path]
        for fault in self.faults:
            text = text.replace(fault.wrong, fault.right) if fault.path == path else text
        return text


def planted(name: str, framework: str, files: dict[str, str], *faults: tuple[str, str, str]) -> Planted:
    """``files`` are sound; ``faults`` are (path, wrong, right), each ``right`` once in its file."""
    tree = {path: dedent(text).lstrip("\n") for path, text in files.items()}
    for path, wrong, right in faults:
        assert tree[path].count(right) == 1, (name, right)
        tree[path] = tree[path].replace(right, wrong)
        assert tree[path].count(wrong) == 1, (name, wrong)
    return Planted(name, framework, tree, tuple(Fault(*fault) for fault in faults))
