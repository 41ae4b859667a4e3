"""``aion-r look``: what is wrong with a user interface, by its screenshot."""

from __future__ import annotations

from typing import Any

import click

from .options import NO_COLOR, Command, asking_options, budget_options, common_options, json_option, option

EPILOG = """\b
Examples:
  aion-r look page.png
  aion-r look page.png --question "Is any text cut off?" --json

\b
Exit status: 0 no defect, 1 defects, or nobody answered, 2 wrong usage, not
an image, or no provider that sees, 4 the budget did not suffice."""


@click.command(cls=Command, epilog=EPILOG)
@click.argument("image")
@option("--question", metavar="TEXT", default="What is wrong here?", help="What to look for.")
@asking_options
@budget_options
@json_option("the defects")
@common_options
@click.pass_context
def look(ctx: click.Context, /, image: str, question: str, as_json: bool, **settings: Any) -> int:
    """Find the defects that IMAGE, a screenshot of a user interface, shows.

    IMAGE is a PNG, JPEG, GIF or WebP file. It is sent to the model, and to
    nobody else.
    """
    from .looking import show_defects

    return show_defects(image, question, settings, as_json=as_json, no_color=NO_COLOR in ctx.meta)
