"""Real Node projects: packages installed once into a cache outside version control, linked into each project."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from aion_r.core.domain import TestFailure, TestReport
from aion_r.tools.frameworks.protocol import Framework, TestJob
from aion_r.tools.frameworks.registry import detect
from aion_r.tools.sandbox.environment import scrubbed
from aion_r.tools.sandbox.protocol import Completed

CACHE = Path(os.environ.get("AION_R_NODE_CACHE") or Path(__file__).parents[2] / ".cache" / "node")
SETS = {
    "jest-29": {"jest": "29", "ts-jest": "29", "typescript": "5", "chai": "4"},
    "jest-30-swc": {"jest": "30", "@swc/core": "1", "@swc/jest": "0.2"},
    "jest-30": {"jest": "30", "@babel/preset-env": "7", "@babel/preset-typescript": "7", "chai": "4"},
    "mocha-10": {"mocha": "10", "chai": "4"},
    "mocha-11": {"mocha": "11", "chai": "6", "typescript": "5", "esbuild-register": "3", "esbuild": "0.25"},
    "mocha-11-typescript": {"mocha": "11", "typescript": "5", "tsx": "4", "ts-node": "10"},
    "vitest-3": {"vitest": "3"},
    "vitest-4": {"vitest": "4"},
    "vitest-4-coverage": {"vitest": "4", "@vitest/coverage-v8": "4"},
}
"""What is installed for a framework of one major version, and what its tests need beside it."""


def installed(name: str) -> Path:
    """The ``node_modules`` of a set; the first one to ask installs it, and whoever asks meanwhile waits."""
    folder = CACHE / name
    wanted = json.dumps({"private": True, "dependencies": SETS[name]}, indent=1)
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock", timeout=600):
        done = folder / "installed.json"
        if not done.is_file() or done.read_text() != wanted:
            folder.mkdir(exist_ok=True)
            (folder / "package.json").write_text(wanted)
            _install(folder)
            done.write_text(wanted)
    return folder / "node_modules"


def _install(folder: Path) -> None:
    argv = ["npm", "install", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved", "--loglevel=error"]
    run = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=500, check=False)
    if run.returncode:
        raise RuntimeError(f"npm could not install {folder.name}: {run.stdout[-2000:]}{run.stderr[-2000:]}")


MANAGERS = {
    "pnpm": ({"pnpm": "9"}, "pnpm/bin/pnpm.cjs", "pnpm-lock.yaml"),
    "yarn": ({"@yarnpkg/cli-dist": "4"}, "@yarnpkg/cli-dist/bin/yarn.js", "yarn.lock"),
}
"""Other package managers, npm's names for them, their programs, their lock files."""


def workspace(manager: str, files: dict[str, str]) -> Path:
    """A folder with ``files`` whose packages another manager than npm has installed, once; copy it, links kept."""
    package, program, lock = MANAGERS[manager]
    SETS[manager] = package
    tool, folder = installed(manager) / program, CACHE / f"{manager}-workspace"
    with FileLock(f"{folder}.lock", timeout=600):
        done, wanted = CACHE / f"{manager}-workspace.json", json.dumps([package, files], indent=1)
        if not done.is_file() or done.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            for name, content in {lock: "", **files}.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(content)
            _install_by(tool, folder)
            done.write_text(wanted)
    return folder


def _install_by(tool: Path, folder: Path) -> None:
    ask = ["npm", "config", "get", "registry"]
    registry = subprocess.run(ask, capture_output=True, text=True, timeout=60, check=True).stdout.strip()
    own = {"YARN_NPM_REGISTRY_SERVER": registry, "YARN_UNSAFE_HTTP_WHITELIST": "*", "YARN_ENABLE_TELEMETRY": "0",
           "YARN_ENABLE_GLOBAL_CACHE": "false", "YARN_ENABLE_IMMUTABLE_INSTALLS": "false"}  # fmt: skip
    argv = ["node", str(tool), "install", *(["--no-frozen-lockfile"] if tool.name == "pnpm.cjs" else [])]
    run = subprocess.run(
        argv, cwd=folder, env={**os.environ, **own}, capture_output=True, text=True, timeout=500, check=False
    )
    if run.returncode:
        raise RuntimeError(f"{tool.name} could not install: {run.stdout[-2000:]}{run.stderr[-2000:]}")


@dataclass
class Ran:
    """One run: what the adapter made of it, and what the framework printed."""

    framework: Framework
    job: TestJob
    completed: Completed
    report: TestReport

    @property
    def text(self) -> str:
        return self.completed.output.decode("utf-8", "replace")

    def failure(self, name: str) -> TestFailure:
        """The only failure whose id ends in ``name``."""
        (found,) = [failure for failure in self.report.failures if failure.test_id.endswith(name)]
        return found


class NodeProject:
    """A folder with linked packages, and the smallest thing that runs an adapter's command in it as a view does."""

    def __init__(self, root: Path, out: Path, packages: str | None) -> None:
        self.root, self.out = root, out
        if packages is not None:
            (root / "node_modules").symlink_to(installed(packages))

    def write(self, files: dict[str, str | bytes]) -> NodeProject:
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
        return self

    def run(
        self, ids: Sequence[str] | None = None, command: str | None = None, axe: float = 60.0, name: str | None = None
    ) -> Ran:
        """``axe`` is when the run is killed, in seconds."""
        framework, _ = detect(self.root, name)
        job = TestJob(self.root, self.out, ids, command, axe)
        wanted = framework.command(job)
        for file, content in wanted.files.items():
            (self.out / file).write_bytes(content)
        env = {**scrubbed(), **wanted.env}
        completed = _execute(wanted.argv, self.root / wanted.cwd, env, self.out / "output", axe)
        return Ran(framework, job, completed, framework.parse(job, completed))


def _execute(argv: Sequence[str], cwd: Path, env: dict[str, str], sink: Path, timeout: float) -> Completed:
    started, timed_out = time.monotonic(), False
    with sink.open("wb") as stream:
        process = subprocess.Popen(
            argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True
        )
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            _end(process)
    with sink.open("rb") as stream:
        output = stream.read(1_000_000)
    return Completed(process.returncode, output, time.monotonic() - started, timed_out)


def _end(process: subprocess.Popen[bytes]) -> None:
    """The whole group: a killed Jest leaves its workers."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def node_project(folder: Path, packages: str | None, files: dict[str, str | bytes]) -> NodeProject:
    """A project in a new folder below ``folder``, with these packages and files."""
    home = folder / f"case{len(list(folder.iterdir()))}"
    (home / "project").mkdir(parents=True)
    (home / "out").mkdir()
    return NodeProject(home / "project", home / "out", packages).write(files)


def manifest(script: str, *packages: str, **more: object) -> str:
    """A ``package.json`` whose script ``test`` is ``script`` and that depends on ``packages``."""
    return json.dumps({"scripts": {"test": script}, "devDependencies": dict.fromkeys(packages, "*"), **more})


ODD = [
    "it's",
    'a "quote"',
    "a/b",
    "(a|b)*[c]$ ^.\\",
    "line\nbreak",
    "\N{PARTY POPPER}",
    "%s %d",
    "a > b",
    "a",
    "a b",
    "\x1b[31mred",
    "x" * 3000,
]


def odd_suite(head: str = "", call: str = "test") -> str:
    """Fifteen failing tests: one of each odd name, a second one of the same name, one in a ``describe``."""
    tests = "".join(f"{call}({json.dumps(name)}, () => {{ throw new Error('no'); }});\n" for name in [*ODD, "a", "A"])
    return f"{head}\n{tests}describe('a', () => {{ {call}('b', () => {{ throw new Error('no'); }}); }});\n"
