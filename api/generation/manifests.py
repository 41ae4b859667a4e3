"""What a framework needs beside code and tests so that they run: a manifest, made here where the model gave none."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from ...core.errors import Forbidden, NoEdit
from .node_manifest import node_files
from .sources import crates, go_imports, go_package, python_imports, rust_items
from .target import Target

Files = Mapping[str, str]

_GO = "1.22"
_MODULE = "example.com/generated"
_CRATE = "generated"
_PYTEST_CONFIGURATION = ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", "setup.cfg")


def manifests(files: Files, target: Target) -> dict[str, str]:
    """The files to add to ``files``, or to put in place of the model's, so that ``target``'s framework runs the tests.

    Raises ``NoEdit`` for a manifest that cannot be read, ``Forbidden`` for one that would configure AION-R.
    """
    _check_settings(files)
    return _MAKERS[target.framework.name](files, target)


def _check_settings(files: Files) -> None:
    """What configures the loop, its isolation too, is the user's to write: in a project of any language."""
    try:
        tool = tomllib.loads(files.get("pyproject.toml", "")).get("tool")
    except tomllib.TOMLDecodeError:  # nor can settings be read from it
        return
    if isinstance(tool, dict) and "aion-r" in tool:
        raise Forbidden("pyproject.toml may not configure aion-r: leave [tool.aion-r] out")


def _pytest(files: Files, target: Target) -> dict[str, str]:
    given = files.get("pyproject.toml", "")
    table = _toml("pyproject.toml", given)
    tool = table.get("tool", {})
    if (isinstance(tool, dict) and "pytest" in tool) or any(name in files for name in _PYTEST_CONFIGURATION):
        return {}
    settings = [f"pythonpath = [{_listed(_import_roots(files))}]"]
    odd = [PurePosixPath(path).name for path in files if _is_oddly_named(path, files[path], target)]
    if odd:
        settings.append(f"python_files = [{_listed(['test_*.py', '*_test.py', *odd])}]")
    section = "[tool.pytest.ini_options]\n" + "".join(f"{line}\n" for line in settings)
    return {"pyproject.toml": f"{given.rstrip()}\n\n{section}" if given.strip() else section}


def _is_oddly_named(path: str, text: str, target: Target) -> bool:
    name = PurePosixPath(path).name
    usual = name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
    return not usual and name.endswith(".py") and target.framework.is_test_file(path) and "def test" in text


def _import_roots(files: Files) -> list[str]:
    """The folders from which every module is found by the name that another file imports it by."""
    imported = {name for path, text in files.items() if path.endswith(".py") for name in python_imports(text)}
    roots = {"."}
    for path in map(PurePosixPath, files):
        package = "__init__.py" if path.suffix == ".py" else ""
        inside = package and str(path.parent / package) in files
        if path.suffix == ".py" and not inside and path.stem in imported and path.parts[0] not in imported:
            roots.add(str(path.parent))
    if any(path.startswith("src/") for path in files) and "src" not in imported:
        roots.add("src")
    return sorted(roots)


def _go(files: Files, target: Target) -> dict[str, str]:
    if any(PurePosixPath(path).name == "go.mod" for path in files):
        return {}
    return {"go.mod": f"module {_go_module(files)}\n\ngo {_GO}\n"}


def _go_module(files: Files) -> str:
    """The path that the files import each other by, or one of ours."""
    sources = {path: text for path, text in files.items() if path.endswith(".go")}
    folders = {str(PurePosixPath(path).parent) for path in sources} - {"."}
    own = {go_package(text) for path, text in sources.items() if "/" not in path}
    for path, text in sources.items():
        outside = (go_package(text) or "").endswith("_test") and "/" not in path
        for wanted in go_imports(text):
            for folder in folders:
                if wanted.endswith(f"/{folder}"):
                    return wanted.removesuffix(f"/{folder}")
            if outside and "/" in wanted and wanted.rsplit("/", 1)[1] in own and "." in wanted.split("/")[0]:
                return wanted
    return _MODULE


def _cargo(files: Files, target: Target) -> dict[str, str]:
    if "Cargo.toml" in files:
        _toml("Cargo.toml", files["Cargo.toml"])
        return {}
    rust = {path: text for path, text in files.items() if path.endswith(".rs")}
    tests = [path for path in rust if target.framework.is_test_file(path)]
    sources = [path for path in rust if path not in tests]
    name, others = _crates(rust, tests)
    lines = ["[package]", f'name = "{name}"', 'version = "0.1.0"', 'edition = "2021"']
    top = [path for path in sources if "/" not in path and path != "build.rs"]
    if top and not {"src/lib.rs", "src/main.rs"}.intersection(sources):
        lines += ["", "[lib]", f'path = "{next((path for path in top if path == "lib.rs"), top[0])}"']
    for path in tests:
        if not re.fullmatch(r"tests/[^/]+\.rs|tests/[^/]+/.+|src/.+", path):
            lines += ["", "[[test]]", f'name = "{PurePosixPath(path).stem}"', f'path = "{path}"']
    lines += ["", "[dependencies]", *(f'{crate} = "*"' for crate in others)] if others else []
    return {"Cargo.toml": "\n".join(lines) + "\n"}


def _crates(rust: Files, tests: list[str]) -> tuple[str, list[str]]:
    """The name that tests call the code by, and the crates that are others'."""
    declared = {item for path, text in rust.items() if path not in tests for item in rust_items(text)}
    local = {item for text in rust.values() for item in rust_items(text)}
    asked = {crate: item for path in tests for crate, item in crates(rust[path]).items()}
    named = [crate for crate, item in asked.items() if item in declared]
    name = named[0] if named else _CRATE
    used = dict.fromkeys(crate for text in rust.values() for crate in crates(text))
    return name, [crate for crate in used if crate != name and crate not in local]


def _toml(name: str, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NoEdit(f"{name} cannot be read: {error}. Leave it out: it is made for you") from None


def _listed(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


_MAKERS: Mapping[str, Callable[[Files, Target], dict[str, str]]] = {
    "pytest": _pytest,
    "jest": node_files,
    "mocha": node_files,
    "vitest": node_files,
    "go": _go,
    "cargo": _cargo,
}
