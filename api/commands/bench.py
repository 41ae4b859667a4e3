"""``aion-r bench``: the user's own comparison."""

from __future__ import annotations

from typing import Any

import click

from .options import NO_COLOR, Above, Command, asking_options, common_options, json_option, option

EPILOG = """\b
Examples:
  aion-r bench providers
  aion-r bench providers --rounds 10 --plot providers.svg
  aion-r bench providers --providers groq,openai --json

\b
Exit status: 0; 1 when one does not answer; 2 wrong usage or none configured."""


GROUP_EPILOG = """\b
Examples:
  aion-r bench providers"""


@click.group(epilog=GROUP_EPILOG)
@common_options
def bench() -> None:
    """Compare what you have keys for."""


@bench.command("providers", cls=Command, epilog=EPILOG)
@option(
    "--rounds",
    section="Measuring",
    metavar="N",
    default=3,
    type=Above("rounds", 1, inclusive=True, whole=True),
    help="Times that each one is asked [3].",
)
@asking_options
@option("--plot", section="Output", metavar="FILE", help="Draw the times there, as SVG.")
@json_option("the numbers")
@common_options
@click.pass_context
def providers(
    ctx: click.Context, /, rounds: int, plot: str | None, providers: str | None, as_json: bool, **asked: Any
) -> int:
    """Ask each configured provider for the same small fix, and time it.

    Shows seconds to the first token and to the end (p50, p95), tokens a
    second, how many answers could be used, the list price of 1M tokens, and
    of a fix of your usual size. The calls cost what such fixes cost.
    """
    from .benching import show_bench

    return show_bench(
        rounds=rounds, plot=plot, names=providers, as_json=as_json, no_color=NO_COLOR in ctx.meta, **asked
    )
