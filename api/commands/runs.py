"""``aion-r runs``: earlier runs, listed, shown and pruned."""

from __future__ import annotations

import click

from .options import NO_COLOR, Above, Command, common_options, json_option, option

EPILOG = """\b
Examples:
  aion-r runs                     the same as: aion-r runs list
  aion-r runs show RUN
  aion-r runs prune --days 7"""


@click.group(invoke_without_command=True, epilog=EPILOG)
@common_options
@click.pass_context
def runs(ctx: click.Context, /) -> int | None:
    """List, show and prune earlier runs.

    Every run keeps its reports, patches and calls below AION_R_HOME.
    """
    if ctx.invoked_subcommand is None:
        return int(ctx.invoke(list_))
    return None


@runs.command("list", cls=Command)
@json_option("the runs")
@common_options
@click.pass_context
def list_(ctx: click.Context, /, as_json: bool = False) -> int:
    """List all runs, newest first."""
    from .run_records import show_list

    return show_list(as_json=as_json, no_color=NO_COLOR in ctx.meta)


@runs.command("show", cls=Command)
@click.argument("run")
@json_option("the run's result")
@common_options
@click.pass_context
def show(ctx: click.Context, /, run: str, as_json: bool) -> int:
    """Show one run: its numbers, its attempts, its patch.

    RUN is its id, or a beginning of it that no other run has.
    """
    from .run_records import show_run

    return show_run(run, as_json=as_json, no_color=NO_COLOR in ctx.meta)


@runs.command("prune", cls=Command)
@option(
    "--days", metavar="N", default=30, type=Above("days", 0, inclusive=True), help="Remove those older than this [30]."
)
@option("--dry-run", is_flag=True, help="Only say which.")
@json_option("the ids that were removed")
@common_options
@click.pass_context
def prune(ctx: click.Context, /, days: float, dry_run: bool, as_json: bool) -> int:
    """Remove old runs. A pruned run cannot be undone any more."""
    from .run_records import prune_runs

    return prune_runs(days, dry_run=dry_run, as_json=as_json, no_color=NO_COLOR in ctx.meta)
