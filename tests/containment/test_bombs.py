"""Commands that take all they can get: each is stopped, with the limit named, and the machine goes on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sandbox.conftest import processes_with, python

from aion_r.core.domain import Patch
from aion_r.tools.sandbox.protocol import Completed
from aion_r.tools.sandbox.quota import Quota
from support.levels import opened

SMALL = Quota(memory_mb=200, processes=60, cpu_seconds=1, disk_mb=40)

MEMORY = "hoard = []\nwhile True: hoard.append(b'x' * (1 << 22))"
MEMORY_OF_MANY = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        hoard = bytearray(os.urandom(1 << 16)) * 800
        time.sleep(60)
time.sleep(60)
"""
SHARED = """
import os, time
hoard = bytearray(b'x' * (90 << 20))
for _ in range(5):
    if os.fork() == 0:
        time.sleep(1); os._exit(0)
for _ in range(5): os.wait()
print('shared pages are counted once')
"""
FORKS = """
import os
while True:
    try: os.fork()
    except OSError: pass
"""
MANY_FILES = """
import itertools
for n in itertools.count():
    with open('bomb%d' % n, 'wb') as f: f.write(b'x' * (8 << 20))
"""
OUT_FILES = MANY_FILES.replace("'bomb%d' % n", "__import__('sys').argv[1] + '/bomb%d' % n")
LARGE_FILE = "import signal; f = open('bomb', 'wb')\nwhile True: f.write(b'x' * (1 << 20))"
SPIN = "while True: pass"
THREADS = """
import threading, time
try:
    while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
except RuntimeError as e: print('refused')
"""


def blown(level: str, project: Path, code: str, *, quota: Quota = SMALL, timeout: float = 40.0) -> Completed:
    """How ``code`` ended in a view; nothing of it is left, and the view still works."""
    marker = f"bomb-{time.monotonic_ns()}"
    with opened(project, level, project.parent / "scratch", quota=quota).view(Patch()) as view:
        done = view.run(python(code, view.out, marker), timeout)
        assert processes_with(marker) == []
        assert view.run(python("print('next')"), 30).output == b"next\n"
    return done


@pytest.mark.parametrize("code", [MEMORY, MEMORY_OF_MANY], ids=["one process", "many processes"])
def test_memory(code: str, level: str, project: Path) -> None:
    done = blown(level, project, code)
    assert done.exceeded == "used more than 200 MB of memory", done
    assert done.output.endswith(b"[stopped: it used more than 200 MB of memory]\n")
    assert done.seconds < 40


def test_shared_memory_is_counted_once(level: str, project: Path) -> None:
    done = blown(level, project, SHARED)
    assert (done.returncode, done.exceeded) == (0, ""), done


def test_forks(level: str, project: Path) -> None:
    done = blown(level, project, FORKS)
    assert done.exceeded == "started more than 60 processes", done
    assert done.seconds < 40


def test_threads(project: Path) -> None:
    done = blown("overlay", project, THREADS, quota=Quota(memory_mb=2000, processes=60))
    assert b"refused" in done.output or done.exceeded, done


def test_many_files_in_out(level: str, project: Path) -> None:
    done = blown(level, project, OUT_FILES)
    assert done.exceeded == "wrote more than 40 MB to disk", done


@pytest.mark.parametrize("level", ["landlock", "copy"])
def test_many_files_in_the_copy(level: str, project: Path) -> None:
    assert blown(level, project, MANY_FILES).exceeded == "wrote more than 40 MB to disk"


def test_many_files_in_the_overlay(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aion_r.tools.sandbox.overlay._tmpfs_bytes", lambda: 32 << 20)
    assert b"No space left on device" in blown("overlay", project, MANY_FILES).output
    assert list(project.iterdir()) == []


def test_large_file(level: str, project: Path) -> None:
    done = blown(level, project, LARGE_FILE)
    assert done.exceeded == "wrote a file larger than it may" or b"File too large" in done.output, done


def test_processor_time(level: str, project: Path) -> None:
    done = blown(level, project, SPIN)
    assert done.exceeded == "used more processor time than it may", done
    assert done.seconds < 40


def test_endless_loop_ends_at_its_timeout(level: str, project: Path) -> None:
    done = blown(level, project, SPIN, quota=Quota(), timeout=1.0)
    assert done.timed_out and done.seconds < 20


def test_open_files(level: str, project: Path) -> None:
    code = "kept = []\ntry:\n  while True: kept.append(open('/dev/null'))\nexcept OSError as e: print(len(kept))"
    assert int(blown(level, project, code).output) <= 8192


def test_killing_what_stands_above(level: str, project: Path) -> None:
    done = blown(level, project, "import os, time; os.kill(os.getppid(), 9); time.sleep(1); print('lived')")
    assert done.returncode in (0, -9, 1), done


@pytest.mark.parametrize("where", ["out", "project"])
def test_folders_too_deep_for_a_path_are_removed(where: str, level: str, project: Path) -> None:
    code = "import os, sys\nif sys.argv[1] != '-': os.chdir(sys.argv[1])\n"
    code += "for _ in range(3000): os.mkdir('deep-folder'); os.chdir('deep-folder')"
    scratch = project.parent / "scratch"
    with opened(project, level, scratch).view(Patch()) as view:
        done = view.run(python(code, view.out if where == "out" else "-"), 60)
        assert done.returncode == 0, done
    assert list(scratch.glob("view-*")) == []
