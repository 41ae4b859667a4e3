"""``aion-r generate``: asked, written where that is wanted, verified by the loop, told."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...core.documents import RepairResult
from ...core.errors import AionError, UsageError
from ...core.settings import Environment, Settings, load_settings, read_environment
from ..generated import materialize
from ..generation.asking import Generated, check_configured, checked_requirements, choose_target, generate
from ..generation.placing import Placed, check_folder, place
from ..generation.target import Target
from ..generation.verifying import left_of, with_repairs
from ..screen.terminal import Terminal
from .boundary import INTERRUPTED, Boundary, hidden, hider
from .fixing import Request, ShownRun
from .generated_lines import ending, file_lines
from .interruption import run_until_done


@dataclass(frozen=True)
class Wanted:
    """The command line. ``settings`` are those that were given: whom to ask, and for how much."""

    text: str
    language: str | None
    framework: str | None
    out: str | None
    verify: bool
    install: bool
    as_json: bool
    no_color: bool
    settings: dict[str, Any]


@dataclass(frozen=True)
class _Desk:
    """One call of the command: what was asked, and where to tell it."""

    wanted: Wanted
    environment: Environment
    settings: Settings
    target: Target
    started: float = field(default_factory=time.monotonic)

    @property
    def hide(self) -> Any:
        return hider(self.environment)

    @property
    def terminal(self) -> Terminal:
        """For what is not the answer: stdout stays clean where that is printed there."""
        stream = sys.stderr if self.wanted.as_json or not self.wanted.out else sys.stdout
        return Terminal.of(stream, no_color=self.wanted.no_color, hide=self.hide)

    def run(self, text: str) -> int:
        wanted = self.wanted
        asked = generate(
            text,
            language=wanted.language,
            framework=wanted.framework,
            environment=self.environment,
            **wanted.settings,
        )
        generated = run_until_done(asked, farewell=self._farewell)
        placed: Placed | None = None
        if wanted.out:
            try:
                placed = place(generated, Path(wanted.out), self.settings.home)
            except AionError as error:
                return self._kept_for_the_user(generated, error)
        result = self._verified(generated, placed) if wanted.verify else None
        return self._told(with_repairs(generated, result), placed, result)

    def _verified(self, generated: Generated, placed: Placed | None) -> RepairResult:
        left = left_of(self.settings, generated.usage, time.monotonic() - self.started)
        code = generated.code
        given = self.wanted.settings | left | {"language": code.language, "framework": code.framework}
        with _project(generated, placed) as project:
            request = Request(
                str(project),
                given,
                apply=placed is not None,
                install=self.wanted.install,
                as_json=self.wanted.as_json,
                no_color=self.wanted.no_color,
            )
            settings = load_settings(project, self.environment, **given)
            return ShownRun(request, project, self.environment, settings, self.terminal).to_its_end()

    def _told(self, generated: Generated, placed: Placed | None, result: RepairResult | None) -> int:
        if self.wanted.as_json:
            document = generated.to_dict() | {
                "out": str(placed.folder) if placed else None,
                "run_id": placed.run_id if placed else None,
                "verified": result.to_dict() if result else None,
            }
            print(json.dumps(hidden(document, self.hide), indent=2))
        elif not placed:
            self._print(generated)
        self.terminal.lines(ending(generated, placed, result, self.terminal.room()))
        return result.exit_status if result else 0

    def _print(self, generated: Generated) -> None:
        stdout = Terminal.of(sys.stdout, no_color=self.wanted.no_color, hide=self.hide)
        for style, text in file_lines(generated.files):
            # a pipe gets the text as it is, a screen nothing that could harm it
            print(stdout.render(text, style) if stdout.width else self.hide(text))
        sys.stdout.flush()

    def _kept_for_the_user(self, generated: Generated, error: AionError) -> int:
        """Nothing was written, but it is paid for: it is shown."""
        if not self.wanted.as_json:
            self._print(generated)
        document = {} if not self.wanted.as_json else hidden(generated.to_dict(), self.hide)
        Boundary(self.wanted.as_json, debug=False).tell(error.exit_code, str(error), **document)
        return error.exit_code

    def _farewell(self) -> int:
        Boundary(self.wanted.as_json, debug=False).tell(INTERRUPTED, "interrupted: nothing was written.")
        return INTERRUPTED


def generate_files(wanted: Wanted) -> int:
    """All of it; the exit status. Raises ``AionError`` for what the boundary tells."""
    text = checked_requirements(_text(wanted.text))
    environment = read_environment(Path.cwd())
    settings = load_settings(Path.cwd(), environment, **wanted.settings)
    target = choose_target(wanted.language, wanted.framework, settings)
    if wanted.out is not None:
        check_folder(Path(wanted.out), fresh=wanted.verify)
    ready = check_configured(environment, settings)
    print(f"Asking {', then '.join(ready)} for {target.language}, tested by {target.framework.name}.", file=sys.stderr)
    return _Desk(wanted, environment, settings, target).run(text)


def _text(given: str) -> str:
    if given != "-":
        return given
    try:
        return sys.stdin.read()
    except UnicodeDecodeError:
        raise UsageError("the requirements on standard input are not UTF-8 text") from None


@contextmanager
def _project(generated: Generated, placed: Placed | None) -> Iterator[Path]:
    if placed:
        yield placed.folder.resolve()
    else:
        with materialize(None, generated.code) as folder:
            yield folder
