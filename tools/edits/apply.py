"""Blocks of an answer applied to the project's files, all or with one message that says what failed and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...core.domain import Edit
from ...core.errors import EditError, Forbidden, NoEdit, NoMatch
from .blocks import Block, Delete, Rename, Replace, Unusable, WholeFile
from .document import is_binary, read_document
from .replacing import AlreadyApplied, NoChange, replace_in
from .rewriting import rewrite

Read = Callable[[str], bytes | None]


class Rejected(NoMatch):
    """Some blocks of an answer could not be applied; the message names each one and why.

    ``edits`` are what the other blocks make, ``failed`` are the blocks to ask for again.
    """

    def __init__(self, message: str, edits: tuple[Edit, ...], failed: tuple[Block, ...]) -> None:
        super().__init__(message)
        self.edits = edits
        self.failed = failed


class _Files:
    """The files as they are while blocks are applied one after the other."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._before: dict[str, bytes | None] = {}
        self._now: dict[str, bytes | None] = {}

    def get(self, path: str) -> bytes | None:
        if path not in self._now:
            self._before[path] = self._now[path] = self._read(path)
        return self._now[path]

    def put(self, path: str, data: bytes | None) -> None:
        self.get(path)
        self._now[path] = data

    def edits(self) -> tuple[Edit, ...]:
        paths = sorted(path for path, now in self._now.items() if now != self._before[path])
        return tuple(Edit(path, self._before[path], self._now[path]) for path in paths)


def apply_blocks(blocks: Sequence[Block], read: Read, check: Callable[[str], str] = str) -> tuple[Edit, ...]:
    """The edits that ``blocks`` make of the files that ``read`` gives (``None``: no such file), sorted by path.

    ``check`` normalizes a path or raises ``Forbidden`` (``Guard.check``). All blocks are tried. Blocks that change
    nothing or are applied already are passed over as long as others change something. Raises ``Forbidden`` when only
    forbidden paths failed, else ``Rejected`` (a ``NoMatch``), whose message is written for the model; ``NoEdit`` for no
    blocks at all.
    """
    if not blocks:
        raise NoEdit("There is no edit in the answer.")
    files = _Files(read)
    failed: list[tuple[Block, EditError]] = []
    idle: list[tuple[Block, EditError]] = []
    done: list[Block] = []
    for block in blocks:
        try:
            _apply(block, files, check)
            done.append(block)
        except (NoChange, AlreadyApplied) as error:
            idle.append((block, error))
        except EditError as error:
            failed.append((block, error))
    edits = files.edits()
    if not failed and edits:
        return edits
    if not failed and not idle:
        idle = [(block, NoChange("all blocks together leave the file as it was")) for block in done[-1:]]
    raise _rejection(blocks, failed + idle, done, edits)


def _apply(block: Block, files: _Files, check: Callable[[str], str]) -> None:
    if isinstance(block, Unusable):
        raise NoEdit(block.reason)
    path = check(block.path)
    data = files.get(path)
    if isinstance(block, Rename):
        _rename(path, check(block.to), files)
    elif isinstance(block, Delete):
        if data is None:
            raise NoMatch("the file to delete does not exist")
        files.put(path, None)
    elif data is not None and is_binary(data):
        raise NoMatch("the file is binary: it cannot be edited as text")
    elif isinstance(block, WholeFile):
        files.put(path, rewrite(path, block, data))
    else:
        files.put(path, _replaced(block, data))


def _replaced(block: Replace, data: bytes | None) -> bytes:
    document = replace_in(block, read_document(data) if data is not None else None)
    try:
        return document.encode()
    except UnicodeEncodeError as error:
        bad = error.object[error.start : error.end]
        raise NoMatch(f"the file is {document.encoding}, which has no {bad!r}: use an escape or plain ASCII") from None


def _rename(path: str, target: str, files: _Files) -> None:
    data = files.get(path)
    if data is None:
        raise NoMatch("the file to rename does not exist")
    if path == target:
        raise NoChange(f"the file is called {target} already")
    if files.get(target) is not None:
        raise NoMatch(f"cannot rename to {target}: that file exists")
    files.put(target, data)
    files.put(path, None)


def _rejection(
    blocks: Sequence[Block], failed: list[tuple[Block, EditError]], done: list[Block], edits: tuple[Edit, ...]
) -> EditError:
    parts = []
    for block, error in failed:
        number = f"Block {_index(blocks, block)} of {len(blocks)}" if len(blocks) > 1 else "The block"
        parts.append(f"{number} ({block.path or 'no path'}) was not applied: {error}")
    message = "\n\n".join(parts)
    if all(isinstance(error, Forbidden) for _, error in failed) and not done:
        return Forbidden(message)
    if done:
        numbers = ", ".join(f"{_index(blocks, block)} ({block.path})" for block in done)
        message += f"\n\nAlready applied, not to be repeated: {numbers}."
    return Rejected(message, edits, tuple(block for block, _ in failed))


def _index(blocks: Sequence[Block], block: Block) -> int:
    return next(number for number, other in enumerate(blocks, 1) if other is block)
