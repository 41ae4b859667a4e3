"""What the wheel installs: everything it needs, nothing else, and it works far from the checkout."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from support.requirements import canonical, declared, extras

if TYPE_CHECKING:
    from .conftest import InstalledWheel

FLOORS = ("api", "core", "graph", "nodes", "providers", "tools")
PACKAGE_DATA = (".sh", ".md", ".txt", ".json", ".js", ".mjs", ".cjs", ".go", ".rs", ".html", ".css", ".svg", ".toml")

GUESTS = re.compile(
    r"aion_r/tools/(frameworks/python/"
    r"pytest_(plugin|session|values|expectation|operands|watchdog|coverage|statements|folders)"
    r"|search_repair/python/worker/\w+)\.py"
)
"""Modules that only the interpreter of a project under repair imports, which has pytest and may be Python 3.8."""

FACES = re.compile(r"aion_r/api/(rest|mcp_server)/|aion_r/api/tracing/(calls|export|logs|spans)")
"""Modules that an extra is for, and that nothing imports unless they are asked for."""

IMPORT_ALL = """
import importlib, json, sys
found = {name: importlib.import_module(name).__file__ for name in json.loads(sys.stdin.read())}
print(json.dumps(found))
"""


def test_every_source_file_is_in_the_wheel(wheel: InstalledWheel, files: list[str]) -> None:
    ours = [name for name in files if name.split("/")[0] in FLOORS or "/" not in name]
    sources = {f"aion_r/{name}" for name in ours if name.endswith(".py")}
    data = {f"aion_r/{name}" for name in ours if "/" in name and name.endswith(PACKAGE_DATA)}
    assert "aion_r/core/domain.py" in sources
    assert {"aion_r/py.typed", *sources, *data} <= set(wheel.names)


def test_nothing_else_is_in_the_wheel(wheel: InstalledWheel) -> None:
    tops = {PurePosixPath(name).parts[0] for name in wheel.names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"aion_r"}
    seconds = {PurePosixPath(name).parts[1] for name in wheel.names if name.startswith("aion_r/")}
    assert seconds == {*FLOORS, "__init__.py", "__main__.py", "py.typed"}


def test_every_module_imports_from_the_wheel(wheel: InstalledWheel) -> None:
    places = imported(wheel, [name for name in wheel.names if name.endswith(".py")], wheel.extras)
    assert "aion_r.core.settings" in places
    assert {name: file for name, file in places.items() if not Path(file).is_relative_to(wheel.site)} == {}


def test_all_but_some_faces_import_without_extras(wheel: InstalledWheel) -> None:
    places = imported(wheel, [name for name in wheel.names if name.endswith(".py") and not FACES.match(name)])
    assert {"aion_r.api.cli", "aion_r.api.commands.serve", "aion_r.api.commands.mcp"} <= places.keys()


def imported(wheel: InstalledWheel, names: list[str], *more: Path) -> dict[str, str]:
    """Where each module of ``names`` was found, by a Python that has ``more`` folders on its path."""
    modules = sorted(_module(name) for name in names if not GUESTS.fullmatch(name))
    done = subprocess.run(
        [str(wheel.bin / "python"), "-c", IMPORT_ALL], input=json.dumps(modules), cwd=wheel.elsewhere,
        env={"PYTHONPATH": os.pathsep.join(map(str, more)), "PATH": os.defpath}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_guests_speak_the_oldest_python_they_visit(wheel: InstalledWheel) -> None:
    guests = [name for name in wheel.names if GUESTS.fullmatch(name)]
    assert guests
    for name in guests:
        tree = ast.parse((wheel.site / name).read_text(encoding="utf-8"), name, feature_version=(3, 8))
        relative = [node.level for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert max(relative, default=0) <= 1, f"{name} imports from a floor that does not travel with it"


def test_every_import_is_declared(wheel: InstalledWheel, root: Path) -> None:
    homes = metadata.packages_distributions()
    owners = {canonical(requirement.name) for requirement in declared(root) + extras(root)}
    undeclared = {
        (name, module)
        for name in wheel.names
        if name.endswith(".py") and not GUESTS.fullmatch(name)
        for module in _imports((wheel.site / name).read_text(encoding="utf-8"))
        if module not in sys.stdlib_module_names and not owners & {canonical(home) for home in homes.get(module, [])}
    }
    assert undeclared == set()


def test_the_command_is_installed(wheel: InstalledWheel) -> None:
    done = wheel.run("aion-r", "--help")
    assert done.returncode == 0, done.stderr
    assert all(command in done.stdout for command in ("fix", "test", "providers"))


def test_python_dash_m_is_the_command(wheel: InstalledWheel) -> None:
    done = wheel.run("python", "-m", "aion_r", "fix", "--help")
    assert done.returncode == 0, done.stderr
    assert "--providers" in done.stdout


def test_the_wheel_keeps_the_import_contract(wheel: InstalledWheel, root: Path) -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    command = [str(linter), "--config", str(root / "pyproject.toml"), "--no-cache"]
    done = subprocess.run(command, cwd=wheel.site, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def _imports(source: str) -> set[str]:
    """Top-level names that ``source`` imports absolutely, wherever in it."""
    nodes = list(ast.walk(ast.parse(source)))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    dotted = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return {name.split(".")[0] for name in plain + dotted}


def _module(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
