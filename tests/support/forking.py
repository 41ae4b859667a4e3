"""``aion-r`` in forked children of a process that has imported everything: no start-up paid twice, real kills.

Reads one JSON line a command (``argv``, ``cwd``, ``environment``, ``output``), answers with the child's process id, and
once it has ended with its wait status. Run as a program by ``support.killing``.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main() -> None:
    """Until the end of input."""
    preload()
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(json.loads(line))
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)


def preload() -> None:
    """What a run imports; nothing of it starts a thread."""
    import langchain_openai  # noqa: F401

    import aion_r.api.cli
    import aion_r.api.commands.fix
    import aion_r.api.commands.fixing
    import aion_r.api.commands.resuming
    import aion_r.api.commands.runs
    import aion_r.api.driving
    import aion_r.graph.builder
    import aion_r.graph.checkpoints
    import aion_r.tools.search_repair  # noqa: F401


def run(command: dict[str, Any]) -> None:
    """The command line, in this process, which ends with it."""
    os.setsid()
    os.environ.clear()
    os.environ.update(command["environment"])
    os.chdir(command["cwd"])
    sys.argv = ["aion-r", *command["argv"]]
    for number, name, flags in ((0, os.devnull, os.O_RDONLY), (1, "out", 0o1101), (2, "err", 0o1101)):
        descriptor = os.open(command["output"] + f".{name}" if number else name, flags, 0o600)
        os.dup2(descriptor, number)
    from aion_r.api.cli import main as command_line

    status = 1
    try:
        command_line()
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
