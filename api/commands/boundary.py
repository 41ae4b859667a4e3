"""Where the command line ends: every way out becomes the contract's exit status, one clear line and, with ``--json``,
one document. No traceback unless asked for, and no key in any of it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import click

from ..hiding import hidden as hidden
from ..hiding import hider as hider

INTERRUPTED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""Those that interrupt."""
REPORT_AT = "Please report it with the command and the output of --debug: see CONTRIBUTING.md."
_STOP_REASONS = {2: "usage", 3: "tests_not_run", 4: "limit", INTERRUPTED: "interrupted"}


@dataclass(frozen=True)
class Boundary:
    """How this invocation wants to hear of failures: read from its arguments before click parses them."""

    as_json: bool
    debug: bool

    @classmethod
    def of(cls, args: Sequence[str] | None) -> Boundary:
        """From the command line, and ``AION_R_DEBUG``."""
        words = list(sys.argv[1:] if args is None else args)
        words = words[: words.index("--")] if "--" in words else words
        debug = os.environ.get("AION_R_DEBUG", "").lower() not in ("", "0", "false", "no")
        return cls("--json" in words, debug or "--debug" in words)

    def run(self, work: Callable[[], Any]) -> NoReturn:
        """Call ``work``; its return value, an ``int`` or ``None``, is the exit status. Always raises ``SystemExit``."""
        be_tolerant()
        try:
            status = work()
            sys.stdout.flush()
        except BrokenPipeError:
            close_quietly()
            sys.exit(1)
        except click.exceptions.Exit as leaving:
            sys.exit(leaving.exit_code)
        except click.ClickException as error:
            self._usage(error)
        except (KeyboardInterrupt, click.Abort):
            self.fail(INTERRUPTED, "Interrupted.")
        except Exception as error:  # noqa: BLE001 - the outermost frame of the program: it tells and leaves
            self._failed(error)
        sys.exit(status if isinstance(status, int) else 0)

    def fail(self, status: int, message: str, **more: Any) -> NoReturn:
        """Tell ``message``, as a document too where that is wanted, and leave with ``status``."""
        self.tell(status, message, **more)
        sys.exit(status)

    def tell(self, status: int, message: str, **more: Any) -> None:
        """One line on stderr; with ``--json`` the document of a run that went wrong on stdout."""
        try:
            click.echo(f"aion-r: {message}", err=True)
            if self.as_json:
                reason = _STOP_REASONS.get(status, "error")
                document = {"success": False, "outcome": "error", "stop_reason": reason, "message": message}
                click.echo(json.dumps(document | more, indent=2))
                sys.stdout.flush()
        except BrokenPipeError:
            close_quietly()

    def _usage(self, error: click.ClickException) -> NoReturn:
        message = hide_keys(error.format_message().replace("\n", " "))
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            click.echo(error.format_message(), err=True)
            sys.exit(error.exit_code)
        context = getattr(error, "ctx", None)
        hint = f" See {context.command_path} --help." if context else ""
        self.fail(2 if isinstance(error, click.UsageError) else error.exit_code, message + hint)

    def _failed(self, error: Exception) -> NoReturn:
        from ...core.errors import AionError

        if self.debug:
            import traceback

            click.echo(hide_keys("".join(traceback.format_exception(error))), err=True, nl=False)
        message = hide_keys(str(error))
        if isinstance(error, AionError):
            self.fail(error.exit_code, message)
        if isinstance(error, OSError) and error.filename is not None:
            self.fail(1, f"{error.filename}: {error.strerror}.")
        self.fail(1, f"internal error: {type(error).__name__}: {message}. {REPORT_AT}")


def hide_keys(text: str) -> str:
    """``text`` without any key of the environment or of the ``.env`` files of the current folder."""
    from pathlib import Path

    from ...core.errors import AionError
    from ...core.settings import Environment, Source, read_environment
    from ...providers.masking import mask, secrets_of

    try:
        environment = read_environment(Path.cwd())
    except (AionError, OSError):
        environment = Environment((Source("environment", dict(os.environ)),))
    return mask(text, secrets_of(environment))


def leave_now(number: int, frame: object) -> NoReturn:
    """The handler of ``SIGNALS`` while there is nothing to wind down. Not an exception: an import may swallow those."""
    Boundary.of(None).tell(INTERRUPTED, "interrupted: nothing was changed.")
    os._exit(INTERRUPTED)


def take_signals() -> None:
    """From now on Ctrl-C and SIGTERM end the process as the contract says."""
    for number in SIGNALS:
        signal.signal(number, leave_now)


def be_tolerant() -> None:
    """A character that the terminal's encoding lacks is shown as an escape; it does not end the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def close_quietly() -> None:
    """After a broken pipe: nothing more reaches it, and the interpreter's last flush finds no fault."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):  # a stream that a test put there has no descriptor
        return
