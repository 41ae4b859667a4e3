"""A headless Chromium: the one on PATH, else one from npm, unpacked once into a cache outside version control.

The npm package holds the program, its libraries and a font, made for machines that have none of them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CACHE = Path(os.environ.get("AION_R_BROWSER_CACHE") or Path(__file__).parents[2] / ".cache" / "browser")
PACKAGES = {"@sparticuz/chromium": "147.0.0", "axe-core": "4"}
NAMES = ("chromium", "chromium-browser", "google-chrome")
_PARTS = ("chromium.br", "fonts.tar.br", "al2023.tar.br")
_UNPACK = """
const path = require("node:path");
const home = path.resolve("node_modules/@sparticuz/chromium");
const { inflate } = require(path.join(home, "build/cjs/lambdafs.cjs"));
Promise.all(JSON.parse(process.argv[1]).map((part) => inflate(path.join(home, "bin", part)))).catch((error) => {
  console.error(error);
  process.exit(1);
});
"""
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}</dir></fontconfig>
"""
_ARGUMENTS = (
    "--headless=shell", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic",
    "--no-first-run", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def axe_source() -> str:
    """The text of axe-core, which looks for what keeps people from using a page."""
    return (_packages() / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser process of its own, with an empty profile. Where there is none and none can be had, the test fails in
    CI and is skipped elsewhere."""
    try:
        program, environment = _program()
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no Chromium on PATH, and none from npm: {error}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=list(_ARGUMENTS), env={**os.environ, **environment}
        )
        try:
            yield browser
        finally:
            browser.close()


def _program() -> tuple[str, dict[str, str]]:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found:
        return found, {}
    _packages()
    libraries = [str(CACHE / "al2023" / "lib"), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
    own = {"LD_LIBRARY_PATH": ":".join(libraries)}
    if not shutil.which("fc-list"):
        own["FONTCONFIG_PATH"] = str(CACHE / "fonts")
    return str(CACHE / "chromium"), own


def _packages() -> Path:
    """``node_modules``; the first one to ask installs and unpacks, and whoever asks meanwhile waits."""
    CACHE.mkdir(parents=True, exist_ok=True)
    wanted = json.dumps({"private": True, "dependencies": PACKAGES}, indent=1)
    with FileLock(f"{CACHE}.lock", timeout=600):
        done = CACHE / "installed.json"
        if not done.is_file() or done.read_text() != wanted:
            (CACHE / "package.json").write_text(wanted)
            _run("npm", "install", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved", "--loglevel=error")
            with tempfile.TemporaryDirectory(dir=CACHE) as folder:
                _run("node", "-e", _UNPACK, json.dumps(_PARTS), TMPDIR=folder)
                for part in Path(folder).iterdir():
                    _replace(part, CACHE / part.name)
            (CACHE / "fonts" / "fonts.conf").write_text(_FONTS.format(folder=CACHE / "fonts" / "fonts"))
            done.write_text(wanted)
    return CACHE / "node_modules"


def _replace(part: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.unlink(missing_ok=True)
    part.rename(target)


def _run(*argv: str, **variables: str) -> None:
    environment = {**os.environ, **variables}
    run = subprocess.run(argv, cwd=CACHE, env=environment, capture_output=True, text=True, timeout=500, check=False)
    if run.returncode:
        raise RuntimeError(f"{' '.join(argv[:2])} failed: {run.stdout[-2000:]}{run.stderr[-2000:]}")
