"""What `aion-r --help` costs beside the bare import of a command line library: CPU time, rounds interleaved.

    python benchmarks/startup.py [--rounds N]

Prints a Markdown table: median CPU milliseconds (user and system, the whole process) and the ratio to `import click`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

HELP = Path(sys.executable).with_name("aion-r")
PROGRAMS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import click": [sys.executable, "-c", "import click"],
    "import typer": [sys.executable, "-c", "import typer"],
    "aion-r --help": [str(HELP), "--help"],
}


def cpu_ms(command: list[str]) -> float:
    """CPU milliseconds of one run of ``command``, start to end. Raises ``CalledProcessError`` when it fails."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return (used.ru_utime + used.ru_stime) * 1000


def measure(rounds: int) -> dict[str, float]:
    """Median per program. Each runs once unmeasured first, for the byte code; rounds take turns against drift."""
    for command in PROGRAMS.values():
        cpu_ms(command)
    taken = [{name: cpu_ms(command) for name, command in PROGRAMS.items()} for _ in range(rounds)]
    return {name: statistics.median(one[name] for one in taken) for name in PROGRAMS}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    medians = measure(parser.parse_args().rounds)
    print("| program | CPU ms | ratio |\n|---|---:|---:|")
    for name, value in medians.items():
        print(f"| `{name}` | {value:.0f} | {value / medians['import click']:.2f} |")


if __name__ == "__main__":
    main()
