"""``aion-r runs``: earlier runs, listed, shown, resumed, exported and pruned."""

from __future__ import annotations

from typing import Any

import click

from .options import NO_COLOR, Above, Command, Share, common_options, json_option, option

EPILOG = """\b
Examples:
  aion-r runs                     the same as: aion-r runs list
  aion-r runs show RUN
  aion-r runs resume RUN
  aion-r runs prune --days 7
  aion-r runs export --out pairs.jsonl"""

TUNED = "gpt-4o-mini-2024-07-18"

RESUME_EPILOG = """\b
Examples:
  aion-r runs resume RUN                  asks, if the run asks before it writes
  aion-r runs resume RUN --accept
  aion-r runs resume RUN --reject "keep the signature of total()"

\b
Exit status: that of aion-r fix."""

EXPORT_EPILOG = """\b
Examples:
  aion-r runs export --out pairs.jsonl
  aion-r runs export --out pairs.jsonl --start --wait
  OPENAI_MODEL=ft:… aion-r fix              with the tuned model

\b
Exit status: 0; 1 when no run makes a pair, or the job failed; 2 wrong usage."""


@click.group(invoke_without_command=True, epilog=EPILOG)
@common_options
@click.pass_context
def runs(ctx: click.Context, /) -> int | None:
    """List, show, resume, export and prune earlier runs.

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


@runs.command("resume", cls=Command, epilog=RESUME_EPILOG)
@click.argument("run")
@option("--accept", section="Answer", is_flag=True, help="Yes to the patch that waits for approval.")
@option("--reject", section="Answer", metavar="REASON", help='No, and why: a model tries again. "": the run ends.')
@json_option("the result")
@common_options
@click.pass_context
def resume(ctx: click.Context, /, run: str, accept: bool, reject: str | None, as_json: bool) -> int:
    """Go on with a run that was killed, interrupted or waits for approval.

    RUN is its id, or a beginning of it that no other run has. It goes on as
    it was asked for, and no answer is paid for twice; where the project has
    changed meanwhile it starts again from a test run.
    """
    from ...core.decisions import Action, Decision
    from .resuming import resume_run

    if accept and reject is not None:
        raise click.UsageError("--accept and --reject contradict each other: give one of them.")
    decision = Decision(Action.ACCEPT) if accept else None
    decision = decision if reject is None else Decision(Action.REJECT, reject.strip())
    return resume_run(run, decision, as_json=as_json, no_color=NO_COLOR in ctx.meta)


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


@runs.command("export", cls=Command, epilog=EXPORT_EPILOG)
@option("--format", "form", section="File", metavar="NAME", default="openai-chat", type=click.Choice(("openai-chat",)),
        help="openai-chat: JSON Lines of messages [openai-chat].")  # fmt: skip
@option("--out", section="File", metavar="FILE", required=True, help="Where the pairs go.")
@option("--validation", section="File", metavar="SHARE", default=0.1, type=Share(), help="Put apart to judge by [0.1].")
@option("--seed", section="File", metavar="N", default=0, type=int, help="Which ones: the same seed, the same [0].")
@option("--upload", section="Tuning", is_flag=True, help="Send the files to OpenAI, or to OPENAI_BASE_URL.")
@option("--start", section="Tuning", is_flag=True, help="Send them and start a tuning job. It costs money.")
@option("--wait", section="Tuning", is_flag=True, help="Wait for the end of the job, and name the tuned model.")
@option("--model", section="Tuning", metavar="ID", default=TUNED, help=f"Model to tune [{TUNED}].")
@option("--suffix", section="Tuning", metavar="NAME", default="aion-r", help="Part of the tuned model's name [aion-r].")
@option(
    "--training-price",
    "price",
    section="Tuning",
    metavar="X",
    type=Above("dollars", 0, inclusive=True),
    help="US dollars for 1M training tokens, for the estimate.",
)
@json_option("what was written and started")
@common_options
@click.pass_context
def export(ctx: click.Context, /, form: str, out: str, as_json: bool, **wanted: Any) -> int:
    """Write what repaired failures before as pairs to tune a model with.

    Each run that ended with all tests passing, and was not undone, gives one:
    the prompt as the model got it, and the fix as the answer. Secrets are
    taken out. Nothing leaves this machine without --upload or --start.
    """
    from pathlib import Path

    from .tuning_data import Export
    from .tuning_data import export as write_and_send

    return write_and_send(Export(Path(out), **wanted), as_json=as_json, no_color=NO_COLOR in ctx.meta)
