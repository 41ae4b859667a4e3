"""Whether a missing Python package alone explains a red suite: no code change repairs that, and no model is asked.

A module that merely looks missing may be the bug itself (``import jsn``). So a name counts as a dependency only when
the project declares it, or when it resembles nothing that could have been meant.
"""

from __future__ import annotations

import difflib
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from ....core.domain import TestReport

_MISSING = re.compile(r"ModuleNotFoundError: No module named '([^'\n]+)'")
_PLUGINS = re.compile(r"Missing required plugins: ([^\n]+)")
_OPTIONS = re.compile(r"unrecognized arguments: ([^\n]+)")
_PLUGIN_OF_OPTION = {
    "--cov": "pytest-cov", "-n": "pytest-xdist", "--numprocesses": "pytest-xdist", "--dist": "pytest-xdist",
    "--timeout": "pytest-timeout", "--reruns": "pytest-rerunfailures", "--asyncio-mode": "pytest-asyncio",
    "--ds": "pytest-django", "--reuse-db": "pytest-django", "--benchmark": "pytest-benchmark", "--html": "pytest-html",
    "--randomly-seed": "pytest-randomly", "--mypy": "pytest-mypy", "--flake8": "pytest-flake8",
    "--snapshot-update": "syrupy", "--doctest-plus": "pytest-doctestplus", "--nbval": "nbval",
}  # fmt: skip
_FIXTURE = re.compile(r"fixture '(\w+)' not found")
_PLUGIN_OF_FIXTURE = {
    "mocker": "pytest-mock", "benchmark": "pytest-benchmark", "httpx_mock": "pytest-httpx", "snapshot": "syrupy",
    "requests_mock": "requests-mock", "freezer": "pytest-freezer", "faker": "Faker", "django_db_setup": "pytest-django",
    "rf": "pytest-django", "aiohttp_client": "pytest-aiohttp", "httpserver": "pytest-httpserver",
    "datadir": "pytest-datadir", "qtbot": "pytest-qt", "respx_mock": "respx", "responses": "responses",
}  # fmt: skip
_ASYNC = re.compile(r"async def functions are not natively supported")
_DISTRIBUTION_OF_MODULE = {
    "yaml": "PyYAML", "PIL": "Pillow", "cv2": "opencv-python", "sklearn": "scikit-learn", "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil", "dotenv": "python-dotenv", "jwt": "PyJWT", "OpenSSL": "pyOpenSSL", "attr": "attrs",
    "git": "GitPython", "serial": "pyserial", "Crypto": "pycryptodome", "MySQLdb": "mysqlclient", "google": "protobuf",
    "psycopg2": "psycopg2-binary", "skimage": "scikit-image", "zmq": "pyzmq", "docx": "python-docx",
    "magic": "python-magic", "usb": "pyusb", "win32api": "pywin32", "pkg_resources": "setuptools",
    "jose": "python-jose",
    "multipart": "python-multipart", "slugify": "python-slugify", "rest_framework": "djangorestframework",
}  # fmt: skip
NEAR_MISS = 0.8
"""Similarity from which on a name is taken for a misspelling."""


def missing_dependency(root: Path, report: TestReport, beside: Path | None = None) -> str | None:
    """The distribution (as an installer knows it) whose absence explains every failure of ``report``, or ``None``.

    ``beside`` is the repository that the project in ``root`` is a part of: what lies there is not missing either.
    """
    if not report.failures:
        return None
    names: set[str | None] = set()
    ours = project_modules(beside) if beside else set()
    for message in dict.fromkeys(failure.message for failure in report.failures):
        names.add(_explains(root, message, ours))
        if len(names) > 1 or None in names:
            return None
    return names.pop()


def _explains(root: Path, text: str, ours: set[str]) -> str | None:
    if text.rstrip().endswith(": No module named pytest"):
        return "pytest"
    module = _MISSING.search(text)
    if module:
        return _distribution(root, module.group(1).partition(".")[0], ours)
    plugins = _PLUGINS.search(text)
    if plugins:
        return plugins.group(1).split(",")[0].strip()
    options = _OPTIONS.search(text)
    if options:
        return next((found for word in options.group(1).split() if (found := _plugin_of_option(word))), None)
    fixture = _FIXTURE.search(text)
    if fixture:
        return _PLUGIN_OF_FIXTURE.get(fixture.group(1))
    if _ASYNC.search(text):
        return next((name for name in declared(root) if name in ("pytest-asyncio", "anyio", "pytest-trio")), None)
    return None


def _plugin_of_option(word: str) -> str | None:
    option = word.partition("=")[0]
    exact = _PLUGIN_OF_OPTION.get(option)
    return exact or next((plugin for name, plugin in _PLUGIN_OF_OPTION.items() if option.startswith(name + "-")), None)


def _distribution(root: Path, module: str, ours: set[str]) -> str | None:
    ours = ours | project_modules(root)
    if module in sys.stdlib_module_names or module in ours:
        return None
    known = _DISTRIBUTION_OF_MODULE.get(module)
    names = {normalized(name): name for name in declared(root)}
    for candidate in (module, known or module, f"python-{module}", f"py{module}"):
        if normalized(candidate) in names:
            return names[normalized(candidate)]
    likely = [*sys.stdlib_module_names, *ours, *_imported(names)]
    return None if difflib.get_close_matches(module, likely, 1, NEAR_MISS) else known or module


def _imported(names: dict[str, str]) -> Iterator[str]:
    """The modules that the declared distributions are likely to provide."""
    modules = {normalized(distribution): module for module, distribution in _DISTRIBUTION_OF_MODULE.items()}
    for name in names:
        yield modules.get(name, name.replace("-", "_"))


def normalized(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def project_modules(root: Path) -> set[str]:
    """The top-level modules and packages that the project itself holds, in its root and in ``src`` and the like."""
    found = set()
    for folder in (root, root / "src", root / "lib", root / "python", root / "tests", root / "test"):
        try:
            entries = list(folder.iterdir())
        except OSError:
            continue
        found |= {entry.stem for entry in entries if entry.suffix == ".py"}
        found |= {entry.name for entry in entries if entry.name.isidentifier() and _holds_python(entry)}
    return found


def _holds_python(folder: Path) -> bool:
    return folder.is_dir() and next(folder.glob("*.py"), None) is not None


def declared(root: Path) -> list[str]:
    """The distributions named in the project's metadata and requirement files."""
    return [match.group(0) for line in _requirements(root) if (match := re.match(r"[A-Za-z0-9][\w.-]*", line.strip()))]


def _requirements(root: Path) -> Iterator[str]:
    for path in sorted(
        [*root.glob("*requirements*.txt"), *root.glob("requirements/*.txt"), *root.glob("*requirements*.in")]
    ):
        yield from _lines(path)
    for name in ("setup.py", "setup.cfg"):
        for line in _lines(root / name):
            yield from re.findall(r"[A-Za-z0-9][\w.-]+(?=\s*(?:[<>=!~;\[\"']|$))", line)
    yield from _pyproject(root / "pyproject.toml")
    yield from _table(root / "Pipfile", ("packages",), ("dev-packages",))


def _pyproject(path: Path) -> Iterator[str]:
    data = _toml(path)
    project, groups = _mapping(data.get("project")), _mapping(data.get("dependency-groups"))
    optional = project.get("optional-dependencies")
    lists = [project.get("dependencies"), *groups.values(), *(optional.values() if isinstance(optional, dict) else ())]
    for entries in lists:
        yield from (entry for entry in entries if isinstance(entry, str)) if isinstance(entries, list) else ()
    poetry = ("tool", "poetry")
    yield from _table(path, (*poetry, "dependencies"), (*poetry, "dev-dependencies"))
    tool = data.get("tool")
    more = (
        tool.get("poetry", {}).get("group", {})
        if isinstance(tool, dict) and isinstance(tool.get("poetry"), dict)
        else {}
    )
    for group in more if isinstance(more, dict) else ():
        yield from _table(path, (*poetry, "group", group, "dependencies"))


def _table(path: Path, *sections: tuple[str, ...]) -> Iterator[str]:
    for section in sections:
        data: object = _toml(path)
        for key in section:
            data = data.get(key) if isinstance(data, dict) else None
        yield from (str(name) for name in data) if isinstance(data, dict) else ()


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads("\n".join(_lines(path)))
    except tomllib.TOMLDecodeError:
        return {}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
