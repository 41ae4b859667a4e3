"""The built wheel, in an environment that has never heard of this checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from support.requirements import closure, declared, extras, installed_entries

ROOT = Path(__file__).resolve().parents[2]


def tracked_files() -> list[str]:
    """What a commit of everything here would hold, relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in listing.split("\0") if name and (ROOT / name).is_file()]


@dataclass(frozen=True)
class InstalledWheel:
    """``names`` are the wheel's entries, ``site`` its unpacked files, ``extras`` a folder with what all extras add,
    ``elsewhere`` a folder far from the checkout."""

    names: tuple[str, ...]
    site: Path
    extras: Path
    bin: Path
    elsewhere: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment (``python``, ``aion-r``) in ``elsewhere``, with none of our variables."""
        program, *arguments = command
        environment = {"PATH": f"{self.bin}{os.pathsep}/usr/bin:/bin", "HOME": str(self.elsewhere)}
        return subprocess.run(
            [str(self.bin / program), *arguments], cwd=self.elsewhere, env=environment, capture_output=True, text=True
        )


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def files() -> list[str]:
    return tracked_files()


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> InstalledWheel:
    """Built once a session, whichever xdist worker comes first."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "wheel"
    with FileLock(f"{shared}.lock"):
        if not (shared / "ready").exists():
            _build(shared)
            (shared / "ready").touch()
    environment = shared / "environment"
    with zipfile.ZipFile(next((shared / "dist").glob("aion_r-*.whl"))) as archive:
        names = tuple(archive.namelist())
    return InstalledWheel(names, _site(environment), shared / "extras", environment / "bin", shared / "elsewhere")


def _build(shared: Path) -> None:
    shutil.rmtree(shared, ignore_errors=True)
    (shared / "elsewhere").mkdir(parents=True)
    for name in tracked_files():  # in a copy: a build leaves its traces, and reuses those of an earlier one
        target = shared / "source" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(shared / "dist")]
    _check([*build, str(shared / "source")])
    environment = shared / "environment"
    _check([sys.executable, "-m", "venv", "--without-pip", str(environment)])
    site = _site(environment)
    wheel_file = next((shared / "dist").glob("aion_r-*.whl"))
    into = ["--python", str(environment / "bin" / "python")]
    _check([*pip, *into, "install", "--no-deps", "--no-index", str(wheel_file)])
    _lend(site, closure(declared(ROOT)))
    (shared / "extras").mkdir()
    _lend(shared / "extras", closure(extras(ROOT)) - closure(declared(ROOT)))


def _site(environment: Path) -> Path:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return environment / "lib" / version / "site-packages"


def _lend(site: Path, names: set[str]) -> None:
    """Link what the project declares that it needs, instead of installing it once more.

    Only that: what merely our development tools bring must not be there. A ``.pth`` file naming the whole folder would
    also bring the checkout in again, through its editable install.
    """
    here = Path(sysconfig.get_path("purelib"))
    for entry in {entry for name in names for entry in installed_entries(name)}:
        if (here / entry).exists() and not (site / entry).exists():
            (site / entry).symlink_to(here / entry)


def _check(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
