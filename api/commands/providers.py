"""``aion-r providers``: what is configured, in order."""

from __future__ import annotations

import click

from .options import NO_COLOR, Command, Providers, common_options, json_option, option

EPILOG = """\b
Examples:
  aion-r providers
  aion-r providers --check
  aion-r providers --providers groq,openai --json

\b
Exit status: 0; 1 when --check found one that does not answer; 2 wrong usage."""


@click.command(cls=Command, epilog=EPILOG)
@option("--check", section="Providers", is_flag=True, help="Call each one with a tiny request.")
@option(
    "--providers", "names", section="Providers", metavar="A,B,...", type=Providers(), help="Only these, in this order."
)
@option("--model", section="Providers", metavar="ID", help="With this model, instead of each one's own.")
@json_option("the rows")
@common_options
@click.pass_context
def providers(ctx: click.Context, /, check: bool, names: str | None, model: str | None, as_json: bool) -> int:
    """Show the model providers in the order in which they are asked.

    For each one its model, and which variable of which file its key came
    from; never the key.
    """
    from .provider_rows import show_providers

    return show_providers(check=check, names=names, model=model, as_json=as_json, no_color=NO_COLOR in ctx.meta)
