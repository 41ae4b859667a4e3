"""``aion-r generate``: code and tests from requirements."""

from __future__ import annotations

from typing import Any

import click

from .options import NO_COLOR, Above, Command, asking_options, budget_options, common_options, json_option, option

EPILOG = """\b
Examples:
  aion-r generate "A stack with push, pop and peek."
  aion-r generate "Roman numerals, both ways" --language go --out roman
  aion-r generate - --framework vitest --out cart --verify < cart.md
  aion-r generate "An LRU cache" --framework jest --verify --install

\b
Exit status: 0 generated, and with --verify all tests pass; 1 nobody answered,
or tests fail; 2 wrong usage, no provider configured, or files that are there
already; 3 the tests could not be run; 4 a limit ended it; 130 interrupted."""


@click.command(cls=Command, epilog=EPILOG)
@click.argument("text", metavar="TEXT")
@option(
    "--language",
    section="Code",
    metavar="NAME",
    help="python, javascript, typescript, go or rust [python].",
)
@option(
    "--framework",
    section="Code",
    metavar="NAME",
    help="pytest, jest, mocha, vitest, go or cargo [the language's own].",
)
@option("--out", section="Code", metavar="DIR", help="Write the files there; none may be there already.")
@option("--verify", section="Code", is_flag=True, help="Run the tests, and repair the code until they pass.")
@option("--install", section="Code", is_flag=True, help="With --verify: install missing dependencies.")
@asking_options
@option(
    "--no-cache", section="Providers", is_flag=True, default=None, help="Repair without answers that are known already."
)
@budget_options
@option("--time-limit", section="Limits", metavar="S", type=Above("seconds"), help="Most seconds, repairs included.")
@json_option("files and result")
@common_options
@click.pass_context
def generate(
    ctx: click.Context,
    /,
    text: str,
    language: str | None,
    framework: str | None,
    out: str | None,
    verify: bool,
    install: bool,
    no_cache: bool | None,
    as_json: bool,
    **settings: Any,
) -> int:
    """Write code that does what TEXT says, with tests (-: read TEXT from stdin).

    Shows the files, or writes them with --out. With --verify the tests count
    as the specification: they are run, and the code is repaired, not they.
    """
    if install and not verify:
        raise click.UsageError("--install is for the tests that --verify runs: give both.")
    from .generating import Wanted, generate_files

    given = {name: value for name, value in settings.items() if value is not None}
    if no_cache:
        given["cache"] = False
    return generate_files(Wanted(text, language, framework, out, verify, install, as_json, NO_COLOR in ctx.meta, given))
