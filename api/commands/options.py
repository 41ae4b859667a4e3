"""What the commands' options have in common: sections in the help, checked values, shared options."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    Type = click.ParamType[Any]
else:  # older releases of click have it without a parameter
    Type = click.ParamType

F = TypeVar("F", bound=Callable[..., Any])

NO_COLOR = "aion_r.no_color"
"""Key in click's ``ctx.meta``: ``--no-color`` was given."""


class Option(click.Option):
    """An option that knows the section of the help it stands in."""

    def __init__(self, *names: Any, section: str = "Other", **rest: Any) -> None:
        super().__init__(*names, **rest)
        self.section = section


class Command(click.Command):
    """A command whose help groups the options by section, in the order in which they are declared."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = None if isinstance(parameter, click.Argument) else parameter.get_help_record(ctx)
            if record is not None:
                sections.setdefault(getattr(parameter, "section", "Other"), []).append(record)
        widest = max((len(first) for records in sections.values() for first, _ in records), default=0)
        for section, records in sections.items():
            with formatter.section(section):
                formatter.write_dl([(first.ljust(widest), second) for first, second in records], col_max=widest + 2)


def option(*names: str, section: str = "Other", **rest: Any) -> Callable[[F], F]:
    """``click.option`` with a section."""
    return click.option(*names, cls=Option, section=section, **rest)


class Above(Type):
    """A finite number above a bound (or not below it), in words that say what is accepted."""

    def __init__(self, name: str, bound: float = 0, *, inclusive: bool = False, whole: bool = False) -> None:
        self.name = name
        self._bound, self._inclusive, self._whole = bound, inclusive, whole

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = int(value) if self._whole else float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number) or not (number >= self._bound if self._inclusive else number > self._bound):
            kind = "a whole number" if self._whole else "a number"
            self.fail(f"{value!r} is not {kind} {'from' if self._inclusive else 'above'} {self._bound:g}.", param, ctx)
        return number


class Share(Above):
    """A number from 0 to less than 1."""

    def __init__(self) -> None:
        super().__init__("share", inclusive=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        share = super().convert(value, param, ctx)
        if share >= 1:
            self.fail(f"{value!r} leaves nothing: give less than 1.", param, ctx)
        return share


class TextFile(Type):
    """The path of a file that is there, is UTF-8 and holds something."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            with open(value, encoding="utf-8") as stream:  # noqa: PTH123 - pathlib would cost each `--help` its import
                text = stream.read()
        except OSError as error:
            self.fail(f"{value} cannot be read: {error.strerror}.", param, ctx)
        except UnicodeDecodeError:
            self.fail(f"{value} is not UTF-8 text.", param, ctx)
        if not text.strip():
            self.fail(f"{value} is empty.", param, ctx)
        return str(os.path.abspath(value))  # noqa: PTH100


class Providers(Type):
    """Names of providers, separated by commas."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from ...core.settings import PROVIDER_NAMES

        names = [part.strip() for part in value.split(",") if part.strip()]
        unknown = [name for name in names if name not in PROVIDER_NAMES]
        if unknown or not names:
            what = f"unknown provider {', '.join(unknown)}" if unknown else "no provider named"
            self.fail(f"{what}: choose from {', '.join(PROVIDER_NAMES)}.", param, ctx)
        return ",".join(names)


class Folder(Type):
    """A folder that exists."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return str(click.Path(exists=True, file_okay=False, readable=True).convert(value, None, None))
        except click.BadParameter as error:
            if os.path.isfile(value):  # noqa: PTH113
                parent = os.path.dirname(value) or "."  # noqa: PTH120
                raise click.UsageError(
                    f"{value} is a file: name the folder of the project, such as {parent}.", ctx
                ) from None
            if not os.path.exists(value):  # noqa: PTH110
                raise click.UsageError(f"{value} does not exist: name the folder of the project.", ctx) from None
            raise click.UsageError(f"{error.message}", ctx) from None


def _remember_no_color(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        ctx.meta[NO_COLOR] = True


def common_options(function: F) -> F:
    """``--no-color`` and ``--debug``, which every command takes."""
    debug = option(
        "--debug", is_flag=True, expose_value=False, help="Tracebacks of internal errors (also: AION_R_DEBUG=1)."
    )
    color = option(
        "--no-color",
        is_flag=True,
        expose_value=False,
        callback=_remember_no_color,
        help="No colours (also: NO_COLOR=1).",
    )
    return color(debug(function))


def json_option(what: str) -> Callable[[F], F]:
    """``--json``: one document on stdout, everything else on stderr."""
    return option("--json", "as_json", is_flag=True, section="Output", help=f"Print {what} as one JSON document.")


def asking_options(function: F) -> F:
    """Whom to ask: shared by the commands that put a question to a model."""
    names = option(
        "--providers", section="Providers", metavar="A,B,...", type=Providers(), help="Only these, in this order."
    )
    model = option("--model", section="Providers", metavar="ID", help="With this model, instead of each one's own.")
    return names(model(function))


def budget_options(function: F) -> F:
    """What calls of models may cost, looked at before each one."""
    usd = option(
        "--budget-usd", section="Limits", metavar="X", type=Above("amount"), help="Most money for model calls."
    )
    tokens = option(
        "--budget-tokens",
        section="Limits",
        metavar="N",
        type=Above("count", whole=True),
        help="Most tokens for model calls.",
    )
    return usd(tokens(function))


def path_argument(function: F) -> F:
    """``[PATH=.]``."""
    return click.argument("path", default=".", type=Folder(), metavar="[PATH]")(function)


def test_options(function: F) -> F:
    """How the tests are found and run: shared by ``fix`` and ``test``."""
    section = "Tests"
    rows = (
        option("--framework", section=section, metavar="NAME", help="Test framework, if not to be detected."),
        option("--language", section=section, metavar="NAME", help="Language, if not to be detected."),
        option("--test-command", section=section, metavar="CMD", help="Command that runs the tests."),
        option(
            "--test-timeout",
            section=section,
            metavar="S",
            type=Above("seconds"),
            help="Seconds for one run of the tests [300].",
        ),
        option(
            "--sandbox",
            section=section,
            metavar="LEVEL",
            type=click.Choice(("auto", "overlay", "landlock", "copy", "none")),
            help="auto, overlay, landlock, copy or none [auto].",
        ),
        option(
            "--readable",
            section=section,
            metavar="PATH",
            multiple=True,
            type=click.Path(exists=True, resolve_path=True),
            help="Let the tests read PATH, too; several are fine.",
        ),
    )
    for row in reversed(rows):
        function = row(function)
    return function


test_options.__test__ = False  # type: ignore[attr-defined]  # its name starts as a test's does
