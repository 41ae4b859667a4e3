"""``aion-r fix``: the options, and the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .options import (
    Above,
    Command,
    Providers,
    TextFile,
    budget_options,
    common_options,
    json_option,
    option,
    path_argument,
    test_options,
)

if TYPE_CHECKING:
    from .fixing import Request

EPILOG = """\b
Examples:
  aion-r fix                              the project in this folder
  aion-r fix --providers offline          no model, no network
  aion-r fix --providers groq,offline --budget-usd 0.10
  aion-r fix --no-apply --patch fix.diff  only write a patch
  aion-r fix --branch fix/cart --approve  ask, then commit on a new branch
  aion-r fix --test-command "make check" --time-limit 600
  aion-r fix --json > result.json         for scripts

\b
Exit status: 0 repaired or already green, 1 not repaired, 2 wrong usage,
3 the tests could not be run, 4 a limit ended it, 130 interrupted."""

_KNOWN = (
    "apply_partial", "approve", "commit", "branch", "install", "ci", "patch", "report", "as_json",
)  # fmt: skip
"""Options of the command line alone; all others are settings."""


@click.command(cls=Command, epilog=EPILOG)
@path_argument
@test_options
@option("--require-sandbox", section="Tests", is_flag=True, default=None, help="Refuse to run without isolation.")
@option("--install", section="Tests", is_flag=True, help="Install missing dependencies, then go on.")
@option("--allow-network", section="Tests", is_flag=True, default=None, help="Let the tests reach the network.")
@option(
    "--providers",
    section="Models",
    metavar="A,B,...",
    type=Providers(),
    help="Use these, in this order; offline alone: no model.",
)
@option("--model", section="Models", metavar="ID", help="Model to ask, instead of each provider's own.")
@option(
    "--samples",
    section="Models",
    metavar="N",
    type=Above("count", 1, inclusive=True, whole=True),
    help="Answers to ask for at once [1].",
)
@option(
    "--system-prompt",
    section="Models",
    metavar="FILE",
    type=TextFile(),
    help="Instructions that replace the built-in ones.",
)
@option("--no-cache", section="Models", is_flag=True, default=None, help="Ask again, even where an answer is known.")
@option(
    "--max-iterations",
    section="Limits",
    metavar="N",
    type=Above("count", 1, inclusive=True, whole=True),
    help="Most fixes to try [5].",
)
@option(
    "--min-improvement",
    section="Limits",
    metavar="PCT",
    type=Above("percent", 0, inclusive=True),
    help="Less than this per cent is a stall [5].",
)
@budget_options
@option("--time-limit", section="Limits", metavar="S", type=Above("seconds"), help="Most seconds for the whole run.")
@option("--protect", section="Files", metavar="GLOB", multiple=True, help="Never change these (repeatable).")
@option("--lock", section="Files", metavar="GLOB", multiple=True, help="Never overwrite these, suggest (repeatable).")
@option("--allow-test-edits", section="Files", is_flag=True, default=None, help="Let fixes change tests, too.")
@option("--no-apply", section="Files", is_flag=True, help="Do not write the project, keep the patch.")
@option("--apply-partial", section="Files", is_flag=True, help="Write the best patch, even if some still fail.")
@option("--approve", section="Files", is_flag=True, help="Show the diff and ask before writing.")
@option("--commit", section="Files", is_flag=True, help="Commit what was written with git.")
@option("--branch", section="Files", metavar="NAME", default="", help="Commit it on a new branch.")
@option("--patch", section="Output", metavar="FILE", help="Write the patch to FILE as well.")
@option("--report", section="Output", metavar="FILE", help="Write a report: FILE.html, .md, .sarif or .json.")
@option("--ci", section="Output", is_flag=True, help="Annotations and a job summary for a CI service.")
@json_option("the result")
@common_options
@click.pass_context
def fix(ctx: click.Context, /, path: str, **options: Any) -> int:
    """Repair the project in PATH (default: this folder).

    Runs its tests, asks the configured models, and the built-in offline
    search last, for a fix, and writes it only when all tests pass. Until
    then nothing in PATH is touched.
    """
    from .fixing import fix_project
    from .options import NO_COLOR

    return fix_project(_request(path, options, no_color=NO_COLOR in ctx.meta))


def _request(path: str, options: dict[str, Any], *, no_color: bool) -> Request:
    from .fixing import Request

    if options["no_apply"]:
        for name in ("apply_partial", "approve", "commit", "branch"):
            if options[name]:
                given = f"--{name.replace('_', '-')}"
                raise click.UsageError(f"--no-apply and {given} contradict each other: give one of them.")
    known = {name: options.pop(name) for name in _KNOWN}
    apply = not options.pop("no_apply")
    settings = {name: value for name, value in options.items() if value not in (None, ())}
    if settings.pop("no_cache", False):
        settings["cache"] = False
    return Request(path=path, settings=settings, apply=apply, no_color=no_color, **known)
