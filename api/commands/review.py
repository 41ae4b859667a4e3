"""``aion-r review``: a security review of files."""

from __future__ import annotations

from typing import Any

import click

from .options import NO_COLOR, Command, TextFile, asking_options, budget_options, common_options, json_option, option

EPILOG = """\b
Examples:
  aion-r review app.py
  aion-r review api/*.py --patch secure.patch
  aion-r review app.py --system-prompt accessibility.txt --json

\b
Exit status: 0 no finding, 1 findings, or nobody answered, 2 wrong usage or
no provider configured, 4 the budget did not suffice."""


@click.command(cls=Command, epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@asking_options
@budget_options
@option(
    "--system-prompt",
    section="Providers",
    metavar="FILE",
    type=TextFile(),
    help="A text that replaces the preset: see docs/prompts.md.",
)
@option("--patch", section="Output", metavar="FILE", help="Write the secured code there as a diff.")
@option("--apply", section="Output", is_flag=True, help="Write the secured code to the files; undo takes it back.")
@json_option("findings and patch")
@common_options
@click.pass_context
def review(
    ctx: click.Context,
    /,
    files: tuple[str, ...],
    system_prompt: str | None,
    patch: str | None,
    apply: bool,
    as_json: bool,
    **settings: Any,
) -> int:
    """Find vulnerabilities in each FILE, and secure the code.

    Shows each finding with its severity, place and CWE, and the secured code
    as a diff. Nothing is written without --patch or --apply.
    """
    from pathlib import Path

    from .reviewing import Wanted, show_review

    asked = Wanted(system_prompt, Path(patch) if patch else None, apply, settings)
    return show_review(files, asked, as_json=as_json, no_color=NO_COLOR in ctx.meta)
