"""What a Rust project's own files say: its manifests, how a test is named and selected, which files are tests.

A test's id is ``<program> <test>``. The program is named as nextest names it: ``calc`` for the library's unit tests,
``calc::smoke`` for ``tests/smoke.rs``, ``calc::bin/app``, ``calc::example/demo``, ``calc::bench/speed``, and
``calc::doc`` for doc tests. The test is the path that ``cargo test`` prints. A doc test is named by its file and item,
and by ``#2`` and so on where the item has several: its line, which cargo prints, moves with every edit above it.
The program alone stands for all of it: one that could not be built, or one without libtest's harness.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..folders import walk
from ..foreign import own_first

DOC = "doc"
_KINDS = {"bin/": "--bin", "example/": "--example", "bench/": "--bench"}
_CONFIGURATION = frozenset(
    ["cargo.toml", "cargo.lock", "rust-toolchain", "rust-toolchain.toml", "nextest.toml", "clippy.toml"]
)
_FOLDERS = frozenset(["tests", "benches", "testdata", "test_data", "snapshots", "proptest-regressions"])
_TEST_FILE = re.compile(r"(?:.*_)?tests?\.rs|test_.*\.rs|.*\.snap|.*\.proptest-regressions")


@dataclass(frozen=True)
class CargoProject:
    """``folders`` hold the manifests that one ``cargo test`` each is run for, relative to the project."""

    folders: tuple[str, ...] = ()
    whole: bool = False
    """The manifest joins a workspace and names no default members: all are tested."""
    name: str = ""
    tested: str | None = None


def read_project(root: Path) -> CargoProject:
    """The manifest in the root, else those in its folders. Broken manifests count: cargo says what is wrong."""
    if (root / "Cargo.toml").is_file():
        manifest = _manifest(root / "Cargo.toml")
        workspace = manifest.get("workspace")
        whole = isinstance(workspace, dict) and "default-members" not in workspace
        package = manifest.get("package")
        name = str(package.get("name", "")) if isinstance(package, dict) else "a workspace"
        return CargoProject((".",), whole, name, _tested(root))
    folders = own_first(folder for folder, name in walk(root) if name == "Cargo.toml")
    outer = tuple(one for one in folders if not any(one.startswith(other + "/") for other in folders))
    return CargoProject(outer, False, "", _tested(root) if outer else None)


def _manifest(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, tomllib.TOMLDecodeError):
        return {}


def _tested(root: Path) -> str | None:
    """The first Rust file that holds a test."""
    for folder, name in walk(root):
        if name.endswith(".rs"):
            try:
                with (root / folder / name).open("rb") as stream:
                    text = stream.read(500_000)
            except OSError:
                continue
            if re.search(rb"#\[(?:\w+::)*(?:test|rstest|test_case)\b|#!?\[cfg\(test\)\]|^\s*//[/!] ```", text, re.M):
                return f"{folder}/{name}".removeprefix("./")
    return None


def test_id(program: str, name: str) -> str:
    """The id of a test; that of its program where ``name`` is empty."""
    return f"{program} {name}" if name else program


def split_id(identifier: str) -> tuple[str, str]:
    """The program and the test's name."""
    program, _, name = identifier.partition(" ")
    return program, name


def steps_for(ids: Iterable[str]) -> list[list[str]]:
    """The arguments that make ``cargo test`` build and start no more programs than the ids need."""
    packages: dict[str, dict[str, list[str]]] = {}
    for identifier in ids:
        program, name = split_id(identifier)
        package, _, target = program.partition("::")
        packages.setdefault(package, {}).setdefault(target, []).append(name)
    steps = []
    for package, targets in packages.items():
        flags = [flag for target in targets if target != DOC for flag in _flags(target)]
        if flags:
            steps.append(["-p", package, *flags])
        if DOC in targets:
            steps.append(["-p", package, "--doc", "--", *_filters(targets[DOC])])
    return steps


def _flags(target: str) -> list[str]:
    if not target:
        return ["--lib"]
    return next(
        ([flag, target[len(kind) :]] for kind, flag in _KINDS.items() if target.startswith(kind)), ["--test", target]
    )


def _filters(names: list[str]) -> list[str]:
    """Words that the wanted doc tests contain. rustdoc splits its arguments at blanks, so a name cannot be one."""
    if not all(names):
        return []
    words = [(name.partition(" #")[0].rpartition(" - ")[2].split() or [""])[-1] for name in names]
    files = [name.partition(" - ")[0].removesuffix(" -").split()[-1] for name in names]
    return list(
        dict.fromkeys(
            word if word not in ("", "-") and word[0] != "<" else file for word, file in zip(words, files, strict=True)
        )
    )


def is_test_file(path: str) -> bool:
    """Whether ``path`` holds nothing but tests or their data, or what decides what is built and run.

    Unit tests inside source files are ``cargo_guard``'s affair.
    """
    parts = PurePosixPath(path.replace("\\", "/").casefold()).parts
    if not parts:
        return False
    if parts[-1] in _CONFIGURATION or ".cargo" in parts[:-1] or _TEST_FILE.fullmatch(parts[-1]):
        return True
    return bool(_FOLDERS.intersection(parts[:-1]))
