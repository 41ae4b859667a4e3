"""``aion-r test``: run and parse only."""

from __future__ import annotations

from typing import Any

import click

from .options import NO_COLOR, Command, common_options, json_option, path_argument, test_options

EPILOG = """\b
Examples:
  aion-r test
  aion-r test shop --test-timeout 60
  aion-r test --json

\b
Exit status: 0 green, 1 red, 2 wrong usage, 3 the tests could not be run."""


@click.command(cls=Command, epilog=EPILOG)
@path_argument
@test_options
@json_option("the report")
@common_options
@click.pass_context
def test(ctx: click.Context, /, path: str, as_json: bool, **options: Any) -> int:
    """Run the tests of the project in PATH (default: this folder).

    Shows what fails, where, and what was expected. Nothing is repaired, and
    nothing in PATH is written.
    """
    from .testing import show_tests

    given = {name: value for name, value in options.items() if value not in (None, ())}
    return show_tests(path, given, as_json=as_json, no_color=NO_COLOR in ctx.meta)


test.__test__ = False  # type: ignore[attr-defined]  # its name starts as a test's does
