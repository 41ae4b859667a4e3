"""Runs ``go test`` inside a view and keeps what its JSON stream says. A program of its own: standard library only.

``go_sink`` condenses the stream; what starts and what ends is on disk within a tenth of a second, so that a kill leaves
the culprit named. Shortly before the time is over the test programs are asked for their stacks (SIGQUIT), which the axe
itself would not. ``stand_in`` tells how it is called.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from ..stand_in import Settings, serve
from .go_sink import Sink

QUIET = frozenset(["-json", "--json", "-json=true", "-v", "-v=true", "-test.v"])
"""Options of the user's that are ours to give; -v would let tests print what looks like a result."""
PIECE = 1 << 17


def run_go(arguments: list[str], folder: str, settings: Settings, *, echo: bool = False) -> int:
    """Run one ``go test -json``; with ``echo`` its text goes to our stdout as plain ``go test`` would print it."""
    out = Path(settings["out"])
    with (
        (out / settings["report"]).open("ab", buffering=1 << 16) as report,
        (out / settings["stderr"]).open("ab") as errors,
    ):
        words = [settings["go"], *arguments]
        process = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=errors, bufsize=0)
        sink = Sink(report)
        over = threading.Event()
        threading.Thread(target=_watch, args=(settings, sink, over), daemon=True).start()
        assert process.stdout is not None
        unfinished = b""
        while data := process.stdout.read(PIECE):
            sink.feed(data)
            if echo:
                *lines, unfinished = (unfinished + data).split(b"\n")
                sys.stdout.writelines(map(_said, lines))
        over.set()
        sink.close()
        return process.wait()


def run_covered(arguments: list[str], folder: str, number: int, settings: Settings, *, echo: bool = False) -> int:
    """As ``run_go``, with coverage where it is asked for and the user does not measure it.

    Coverage makes every test program depend on every package: one that does not build would fail them all. Then it is
    done again without.
    """
    cover = settings["cover"][number] if number < len(settings["cover"]) else []
    if not cover or any(word.lstrip("-").startswith("cover") for word in arguments):
        return run_go(arguments, folder, settings, echo=echo)
    report = Path(settings["out"]) / settings["report"]
    before = report.stat().st_size
    status = run_go([arguments[0], *cover, *arguments[1:]], folder, settings, echo=echo)
    said = report.read_bytes()[before:] if status else b""
    if b"build failed]" not in said and b"build-fail" not in said:
        return status
    os.truncate(report, before)
    return run_go(arguments, folder, settings, echo=echo)


def _said(line: bytes) -> str:
    try:
        return str(json.loads(line).get("Output", ""))
    except (ValueError, AttributeError):
        return line.decode("utf-8", "replace") + "\n"


def _watch(settings: Settings, sink: Sink, over: threading.Event) -> None:
    limit = settings["started"] + settings["timeout"]
    dump = limit - max(1.0, min(10.0, settings["timeout"] * 0.06))
    while not over.wait(0.1):
        sink.sync()
        if time.time() >= dump:
            break
        for package in sink.silent(settings["silence"]):
            folder = _folder_of(package, settings)
            for pid in _test_programs(folder):
                _kill(pid)
    else:
        return
    for pid in _test_programs():
        _kill(pid)
    if not over.wait((limit - dump) * 0.7):
        sink.flush()


def _folder_of(package: str, settings: Settings) -> str:
    """Where the tests of ``package`` run."""
    holding = [
        (path, folder) for path, folder in settings["modules"] if package == path or package.startswith(path + "/")
    ]
    path, folder = max(holding, default=("", "."))
    return str((Path(settings["root"]) / folder / package[len(path) :].strip("/")).resolve())


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGQUIT)
    except OSError:
        return


def _test_programs(folder: str | None = None) -> list[int]:
    """Our descendants that are test programs (of ``folder``), where the system has ``/proc``."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        parents[int(entry.parent.name)] = int(fields[1])
    found = []
    for pid in parents:
        above: int | None = pid
        while above and above != os.getpid():
            above = parents.get(above)
        if (
            above
            and _link(pid, "exe").removesuffix(" (deleted)").endswith(".test")
            and folder in (None, _link(pid, "cwd"))
        ):
            found.append(pid)
    return found


def _link(pid: int, name: str) -> str:
    try:
        return str(Path(f"/proc/{pid}/{name}").readlink())
    except OSError:
        return ""


def stand_in(arguments: list[str], settings: Settings, _: Path) -> int:
    """Be ``go`` for a user's command: ``go test`` is recorded, all else is handed on."""
    if arguments[:1] != ["test"] or {"-c", "-n", "-h", "-help", "--help"}.intersection(arguments):
        os.execv(settings["go"], [settings["go"], *arguments])
    rest = [word for word in arguments[1:] if word not in QUIET]
    extra = ["-json", "-count=1"] if not any(word.lstrip("-").startswith("count=") for word in rest) else ["-json"]
    if settings["run"]:
        extra.append(f"-run={settings['run']}")
    at = rest.index("-args") if "-args" in rest else len(rest)
    chosen = [word for word in rest[:at] if not (settings["run"] and word.lstrip("-").startswith("run="))]
    return run_covered(["test", *extra, *chosen, *rest[at:]], ".", 0, settings, echo=True)


def run_steps(settings: Settings, _: Path) -> list[int]:
    """One ``go test`` for each step; their exit statuses."""
    steps = enumerate(settings["steps"])
    return [run_covered(step["arguments"], step["folder"], number, settings) for number, step in steps]


def main(arguments: list[str]) -> int:
    """See the module."""
    return serve("go", arguments, run=run_steps, be=stand_in)
