"""Kills write-backs for real: ``kill_driver.py FOLDER steps|random COUNT``. Prints one JSON line a kill.

A forked child writes (or undoes) and is killed by SIGKILL, either just before its n-th system call or after a random
delay; the parent then recovers, and says what the tree holds. Run by ``test_kills.py`` in a process of its own, because
it forks.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from aion_r.core.domain import Edit, Patch
from aion_r.tools.workspace import Workspace

BEFORE = {"a.py": b"a = 1\n" * 2000, "sub/b.py": b"b = 1\n", "gone.py": b"g\n"}
PATCH = Patch(
    (
        Edit("a.py", BEFORE["a.py"], b"a = 2\n" * 3000),
        Edit("sub/b.py", BEFORE["sub/b.py"], b""),
        Edit("gone.py", BEFORE["gone.py"], None),
        Edit("new/deep/n.py", None, b"n\n"),
    )
)
AFTER = {edit.path: edit.after for edit in PATCH.edits if edit.after is not None}
CALLS = ("open", "fsync", "replace", "unlink", "mkdir", "rmdir", "fchmod", "close")


def main() -> None:
    folder, kind, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    for undoing in (False, True):
        for number in range(count):
            survived = one_kill(folder / f"{kind}-{undoing}-{number}", kind, number, undoing)
            if survived and kind == "steps":
                break


def one_kill(folder: Path, kind: str, number: int, undoing: bool) -> bool:
    root, journal = folder / "project", folder / "journal"
    for path, data in BEFORE.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    (root / "a.py").chmod(0o751)
    workspace = Workspace(root)
    if undoing:
        workspace.write_back(PATCH, journal)
    work = (lambda: workspace.undo(journal)) if undoing else (lambda: workspace.write_back(PATCH, journal))
    child = os.fork()
    if child == 0:
        run_child(work, number if kind == "steps" else None)
    if kind == "random":
        time.sleep(random.random() * 0.012)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    torn = state(root)
    for name in ("journal", "journal.undo"):
        workspace.recover(folder / name)
    line = {
        "at": number,
        "undoing": undoing,
        "killed": os.WIFSIGNALED(status),
        "torn": torn,
        "state": state(root),
        "mode": oct((root / "a.py").stat().st_mode & 0o777),
        "again": again(workspace, journal, undoing),
        "left": sorted(p.name for p in folder.iterdir() if p.name.endswith(".tmp")),
    }
    print(json.dumps(line))
    shutil.rmtree(folder)
    return not os.WIFSIGNALED(status)


def run_child(work: Callable[[], object], limit: int | None) -> None:
    seen = [0]

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            if seen[0] == limit:
                os.kill(os.getpid(), signal.SIGKILL)
            seen[0] += 1
            return real(*args, **kwargs)

        return call

    for name in CALLS:
        setattr(os, name, counted(getattr(os, name)))
    work()
    os._exit(0)


def again(workspace: Workspace, journal: Path, undoing: bool) -> str:
    """Whether the interrupted work can be finished afterwards."""
    if undoing:
        workspace.undo(journal)
    else:
        workspace.write_back(PATCH, journal)
    return state(workspace.root)


def state(root: Path) -> str:
    """``old``, ``new``, or what is wrong."""
    files = {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    folders = {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_dir()}
    if files == BEFORE and folders == {"sub"}:
        return "old"
    if files == AFTER and folders == {"sub", "new", "new/deep"}:
        return "new"
    return f"torn: {sorted(files)} {sorted(folders)}"


if __name__ == "__main__":
    main()
