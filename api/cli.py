"""The command line: what ``aion-r`` is. Each command is a module of its own, imported when it is used.

A new command is one module with a click command named as in the contract, and one row in ``COMMANDS``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from .commands.boundary import Boundary, take_signals
from .commands.options import common_options


@dataclass(frozen=True)
class Row:
    """One command: where it lives, and the line that ``aion-r --help`` shows without importing it."""

    name: str
    module: str
    help: str
    section: str


COMMANDS = {
    row.name: row
    for row in (
        Row("fix", ".commands.fix", "Repair a project: make its failing tests pass.", "Repair"),
        Row("generate", ".commands.generate", "Write code with tests from requirements.", "Repair"),
        Row("undo", ".commands.undo", "Put the files of a repair back, byte for byte.", "Repair"),
        Row("test", ".commands.test", "Run the tests and show what fails.", "Look"),
        Row("review", ".commands.review", "Find vulnerabilities in files, and secure the code.", "Look"),
        Row("look", ".commands.look", "Find the defects that a screenshot shows.", "Look"),
        Row("providers", ".commands.providers", "Show which model providers are configured.", "Look"),
        Row("bench", ".commands.bench", "Compare the providers that you have keys for.", "Look"),
        Row("runs", ".commands.runs", "List, show, resume, export and prune earlier runs.", "Look"),
        Row("serve", ".commands.serve", "Serve the REST API and the web page.", "Serve"),
        Row("mcp", ".commands.mcp", "Serve other agents over MCP: stdio or HTTP.", "Serve"),
    )
}
"""Every command, in the order of ``--help``."""

EPILOG = """\b
Examples:
  aion-r fix                        repair the project in this folder
  aion-r fix shop --no-apply        only show the patch
  aion-r fix --providers offline    without any model
  aion-r test --json                what fails, for scripts
  aion-r undo                       take the last repair back

\b
Exit status of fix: 0 repaired or already green, 1 not repaired, 2 wrong
usage, 3 tests could not be run, 4 a limit ended it, 130 interrupted."""


class Program(click.Group):
    """The group that imports a command's module only when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        row = COMMANDS.get(name)
        if row is None:
            return None
        command: click.Command = getattr(import_module(row.module, __package__), row.name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section in dict.fromkeys(row.section for row in COMMANDS.values()):
            with formatter.section(section):
                formatter.write_dl([(row.name, row.help) for row in COMMANDS.values() if row.section == section])

    def main(  # type: ignore[override]  # click's own signature has overloads for the return type
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> Any:
        """Run, and leave by ``SystemExit`` with the contract's status; nothing else ever gets out."""
        boundary = Boundary.of(args)
        run = super().main
        boundary.run(lambda: run(args, prog_name or "aion-r", **(extra | {"standalone_mode": False})))


@click.command(
    cls=Program,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
)
@click.version_option(package_name="aion-r", message="aion-r %(version)s")
@common_options
def program() -> None:
    """Make failing test suites pass.

    Runs the tests, asks a model or the built-in offline search for a fix,
    and writes it only when all tests pass.
    """


def main() -> None:
    """The console script."""
    take_signals()
    program.main()
