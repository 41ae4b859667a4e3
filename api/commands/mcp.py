"""``aion-r mcp``: the tools for other agents, over MCP."""

from __future__ import annotations

from typing import Any

import click

from .options import (
    Above,
    Command,
    asking_options,
    budget_options,
    common_options,
    option,
)

EPILOG = """\b
Examples:
  aion-r mcp                            for a client that starts it (stdio)
  aion-r mcp --root ~/code --no-apply   projects in there, patches only
  aion-r mcp --http --port 8081         http://127.0.0.1:8081/mcp

\b
Other machines reach it with --host; they must send the secret in
AION_R_SERVE_TOKEN as a bearer token. See docs/agents.md."""


@click.command(cls=Command, epilog=EPILOG)
@option("--root", "roots", section="Server", metavar="DIR", multiple=True, help="Only projects below it (repeatable).")
@option("--http", section="Server", is_flag=True, help="Streamable HTTP at /mcp instead of stdio.")
@option("--host", section="Server", default="127.0.0.1", metavar="NAME", help="Address to listen on [127.0.0.1].")
@option("--port", section="Server", default=8081, type=click.IntRange(0, 65535), metavar="N", help="Port [8081].")
@option("--no-apply", section="Runs", is_flag=True, help="Never write a project, only show patches.")
@option("--approve", section="Runs", is_flag=True, help="A person decides before anything is written.")
@option("--time-limit", section="Runs", metavar="S", type=Above("seconds"), help="Most seconds for one repair.")
@option("--test-timeout", section="Runs", metavar="S", type=Above("seconds"), help="Seconds for one run of the tests.")
@option(
    "--sandbox",
    section="Runs",
    metavar="LEVEL",
    type=click.Choice(("auto", "overlay", "landlock", "copy", "none")),
    help="auto, overlay, landlock, copy or none [auto].",
)
@option("--require-sandbox", section="Runs", is_flag=True, default=None, help="Refuse to run without isolation.")
@asking_options
@budget_options
@common_options
@click.pass_context
def mcp(
    ctx: click.Context,
    /,
    roots: tuple[str, ...],
    http: bool,
    host: str,
    port: int,
    no_apply: bool,
    approve: bool,
    **settings: Any,
) -> int:
    """Serve run_tests, fix_tests, explain_failure and undo_fix over MCP.

    Speaks the protocol on stdin and stdout, for a client that starts it.
    Projects must lie below a --root (or AION_R_ROOTS; default: this folder).
    """
    from .serving_mcp import Wanted, serve

    given = {name: value for name, value in settings.items() if value is not None}
    return serve(Wanted(roots, given, apply=not no_apply, approve=approve, http=http, host=host, port=port))
