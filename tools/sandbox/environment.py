"""What a view's commands see of the user's environment: an allow-list, and never what looks like a secret."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from .protocol import Command

_ALLOWED = frozenset(
    [
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TMPDIR",
        "TEMP",
        "TMP",
        "CI",
        "COLUMNS",
        "LINES",
        "PWD",
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
        "CONDA_DEFAULT_ENV",
        "PYTHONPATH",
        "PYTHONHOME",
        "PYENV_ROOT",
        "PYENV_VERSION",
        "PYTHONHASHSEED",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONPYCACHEPREFIX",
        "PYTHONUTF8",
        "PYTHONIOENCODING",
        "PYTHONWARNINGS",
        "DJANGO_SETTINGS_MODULE",
        "PYTEST_ADDOPTS",
        "PYTEST_PLUGINS",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "GOPATH",
        "GOROOT",
        "GOCACHE",
        "GOMODCACHE",
        "GOFLAGS",
        "GOPROXY",
        "GONOSUMDB",
        "GOPRIVATE",
        "GOSUMDB",
        "GOTOOLCHAIN",
        "GOBIN",
        "GOOS",
        "GOARCH",
        "GO111MODULE",
        "GOWORK",
        "CGO_ENABLED",
        "CC",
        "CXX",
        "AR",
        "CFLAGS",
        "CXXFLAGS",
        "LDFLAGS",
        "PKG_CONFIG_PATH",
        "CARGO_HOME",
        "CARGO_TARGET_DIR",
        "CARGO_INCREMENTAL",
        "CARGO_BUILD_JOBS",
        "CARGO_NET_OFFLINE",
        "RUSTUP_HOME",
        "RUSTUP_TOOLCHAIN",
        "RUSTFLAGS",
        "RUSTDOCFLAGS",
        "RUST_BACKTRACE",
        "RUSTC_WRAPPER",
        "NODE_PATH",
        "NODE_ENV",
        "NODE_OPTIONS",
        "NVM_DIR",
        "NVM_BIN",
        "VOLTA_HOME",
        "FNM_DIR",
        "COREPACK_HOME",
        "PNPM_HOME",
        "JAVA_HOME",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "NIX_PATH",
        "LOCALE_ARCHIVE",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "SYSTEMROOT",
        "SYSTEMDRIVE",
        "WINDIR",
        "COMSPEC",
        "PATHEXT",
        "USERPROFILE",
        "APPDATA",
        "LOCALAPPDATA",
        "PROGRAMDATA",
        "PROGRAMFILES",
        "NUMBER_OF_PROCESSORS",
        "PROCESSOR_ARCHITECTURE",
        "OS",
        "HOMEDRIVE",
        "HOMEPATH",
    ]
)
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|AUTH|^(AWS|GOOGLE|GCP|AZURE)_", re.IGNORECASE)
_LOGIN = re.compile(r"//[^/\s@]+@")


def scrubbed(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The allowed part of ``environ`` (``os.environ`` by default), with ``TERM=dumb`` and nothing else added.

    A value that holds a URL with a login in it is left out whatever its name.
    """
    source = os.environ if environ is None else environ
    kept = {name: value for name, value in source.items() if is_allowed(name) and not _LOGIN.search(value)}
    kept["TERM"] = "dumb"
    return kept


def is_allowed(name: str) -> bool:
    """Whether a variable may be seen by tests, judged by its name."""
    upper = name.upper()
    return (upper in _ALLOWED or upper.startswith("LC_")) and not _SECRET.search(upper)


_FOLDERS = [
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "GOPATH",
    "GOROOT",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "NVM_DIR",
    "PYENV_ROOT",
    "JAVA_HOME",
]
_VENVS = (".venv", "venv", "env")
_PROGRAMS = ("python", "python3", "node", "npm", "pnpm", "yarn", "go", "cargo")
_PATHS = ["PATH", "PYTHONPATH", "NODE_PATH", "LD_LIBRARY_PATH"]


def needed_folders(command: Command, env: Mapping[str, str], own: tuple[Path, ...]) -> list[Path]:
    """Folders that ``command`` must read to start at all (its program, what the variables name) and those it asks for.

    Outer folders come before inner ones. Folders inside ``own`` (the view's root and ``out``) are left out.
    """
    named = [env[name] for name in _FOLDERS if name in env]
    for name in _PATHS:
        named += env.get(name, "").split(os.pathsep)
    folders = {Path(entry) for entry in named if entry.startswith("/")} | set(command.readable)
    program = Path(command.argv[0])
    if program.is_absolute():
        folders |= {program.parent, program.resolve().parent}
    folders |= _behind_links(folders | {place / name / "bin" for place in own[:1] for name in _VENVS})
    folders |= {folder.parent for folder in folders if folder.name == "bin"}
    known = {folder if is_folder(folder) else folder.parent for folder in folders}
    return sorted(f for f in known if is_folder(f) and not any(f.is_relative_to(place) for place in own))


def _behind_links(folders: set[Path]) -> set[Path]:
    # A virtual environment's interpreter, and what version managers put on PATH, are links to where the program lives.
    links = [folder / name for folder in folders for name in _PROGRAMS if os.path.islink(folder / name)]  # noqa: PTH114
    real = [link.resolve() for link in links]
    return {file.parent for file in real if file.name.startswith(_PROGRAMS) and is_folder(file.parent)}


def is_folder(path: Path) -> bool:
    """Whether ``path`` is a folder, as far as we may know."""
    try:
        return path.is_dir()
    except OSError:  # below a folder that is closed to us, such as another user's home on PATH
        return False
