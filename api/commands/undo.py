"""``aion-r undo``: the files as they were before a run."""

from __future__ import annotations

import click

from .options import NO_COLOR, Command, common_options

EPILOG = """\b
Examples:
  aion-r undo                         the last repair of this project
  aion-r undo 20261122-174005-3f9a1c  that run"""


@click.command(cls=Command, epilog=EPILOG)
@click.argument("run", default="", metavar="[RUN]")
@common_options
@click.pass_context
def undo(ctx: click.Context, /, run: str) -> int:
    """Put the files that RUN has written back, byte for byte.

    RUN defaults to the last run that wrote to the project in this folder.
    Refuses, and changes nothing, when a file was edited since.
    """
    from .undoing import undo_run

    return undo_run(run, no_color=NO_COLOR in ctx.meta)
