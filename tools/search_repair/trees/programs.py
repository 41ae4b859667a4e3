"""Which candidates are programs of their own: they parse, and no other one made the same tokens before."""

from __future__ import annotations

import hashlib
import re

from ..model import Candidate, apply
from .tree import Node, Tree

_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|[\w$]+|[^\w\s])""", re.DOTALL
)


_QUALIFIED = re.compile(r"\b([a-z]\w*)\.")


class Programs:
    """Remembers by their hashes the programs that were met."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self._items: dict[Node, bytes] = {}

    def admit(self, tree: Tree, candidate: Candidate) -> bool:
        """Whether a candidate parses (where the file did) and is neither the original nor one met before."""
        item = _item(tree, candidate)
        before = tree.text[item.start : item.end]
        moved = tuple(type(s)(s.start - item.start, s.end - item.start, s.text) for s in candidate.splices)
        after = apply(before, moved)
        key = _key(tree.path, item, after)
        if item not in self._items:
            self._items[item] = _key(tree.path, item, before)
        if key in self._seen or key == self._items[item]:
            return False
        self._seen.add(key)
        if tree.grammar.family == "go" and _loses_import(tree, candidate):
            return False
        return item.broken or tree.sound(after)


def _item(tree: Tree, candidate: Candidate) -> Node:
    """The top-level item that holds all of a candidate's splices, else the whole file."""
    first, last = candidate.splices[0].start, candidate.splices[-1].end
    return next(
        (node for node in tree.root.children if node.start < last and first < node.end and node.holds(first, last)),
        tree.root,
    )


def _loses_import(tree: Tree, candidate: Candidate) -> bool:
    """Whether a package is not used any more, which Go does not compile."""
    gone = "".join(tree.text[s.start : s.end] for s in candidate.splices)
    packages = set(_QUALIFIED.findall(gone)) - {name for s in candidate.splices for name in _QUALIFIED.findall(s.text)}
    imported = {name for name in packages if re.search(rf'["/]{name}"', tree.text)}
    text = apply(tree.text, candidate.splices) if imported else ""
    return any(not re.search(rf"\b{name}\.", text) for name in imported)


def _key(path: str, item: Node, text: str) -> bytes:
    tokens = [token for token in _TOKEN.findall(text) if token]
    return hashlib.blake2b(
        f"{path}\0{item.start}\0{' '.join(tokens)}".encode("utf-8", "replace"), digest_size=12
    ).digest()
