"""What a model's answer may do: the edits that are read out of it, those that are not allowed, and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..core.domain import Edit, Patch
from ..core.errors import EditError, Forbidden, NoEdit
from ..providers.placeholders import Placeholders
from ..tools.edits.apply import apply_blocks
from ..tools.edits.blocks import Block
from ..tools.edits.completing import complete
from ..tools.edits.diff import compose
from ..tools.edits.reply import parse_reply
from ..tools.edits.syntax import check_syntax
from ..tools.suspicion.tampering import tampering
from .review import Review
from .turn import Turn


@dataclass(frozen=True)
class Answers:
    """Reads the answers to one request, which showed the files ``shown``. Raises ``EditError`` for its author."""

    turn: Turn
    shown: Collection[str]
    review: Review
    secrets: Placeholders

    def read(self, answer: str, objection: EditError | None = None) -> Patch:
        """The cumulative patch that ``answer`` makes; with what applied of the one before it, to which ``objection``
        was made."""
        only = next(iter(self.shown)) if len(self.shown) == 1 else None
        try:
            blocks = parse_reply(self.secrets.unmask(answer), only, self.shown)
            patch = self._allowed(self._edits(blocks, objection.edits if objection else ()))
            self.review.doubt(patch)
        except EditError as error:  # it repeats lines of the files, and goes to a model
            error.args = (self.secrets.mask(str(error)),)
            raise
        return patch

    def _edits(self, blocks: Sequence[Block], kept: Sequence[Edit]) -> Sequence[Edit]:
        check = self.turn.desk.guard.check
        if not kept:
            return apply_blocks(blocks, self.turn.current, check)
        return complete(kept, blocks, self.turn.current, check)

    def reread(self, patch: Patch) -> Patch:
        """The same of a patch that repaired these failures before."""
        for edit in patch.edits:
            self.turn.desk.guard.check(edit.path)
            if self.turn.current(edit.path) != edit.before:
                raise NoEdit(f"{edit.path} has changed since")
        return self._allowed(patch.edits)

    def _allowed(self, edits: Sequence[Edit]) -> Patch:
        for edit in edits:
            self._check(edit)
        patch = compose(self.turn.base, edits)
        if self.turn.knows(patch):
            raise NoEdit("this patch was tried before and did not help: propose another one")
        return patch

    def _check(self, edit: Edit) -> None:
        desk = self.turn.desk
        touched = None if desk.settings.allow_test_edits else desk.suite.frameworks.touches_tests(edit)
        if touched:
            raise Forbidden(touched)
        if not desk.suite.frameworks.is_test_file(edit.path) and (reason := tampering(edit)):
            raise Forbidden(reason)
        if reason := self.secrets.misplaced(edit.before, edit.after):
            raise Forbidden(f"{edit.path} was not changed: {reason}")
        wrong = check_syntax(edit.path, edit.after, edit.before) if edit.after is not None else None
        if wrong:
            raise NoEdit(f"after your edit {edit.path} does not parse: {wrong}")
