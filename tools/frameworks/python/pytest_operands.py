"""The operands of a failed assertion that pytest did not rewrite. Runs in the project's interpreter, Python 3.8.

That is so under ``--assert=plain`` and in helper modules that are no tests. Nothing is run again that could do
anything: names, constants, displays, plain attributes, items of built-in containers and ``len`` of them are read, and
everything else (calls, properties, descriptors, containers of the project's own) stays unknown.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import types
from types import FrameType
from typing import Any, Callable, Dict

_CONTAINERS = (list, tuple, dict, str, bytes, range)
_NUMBERS = (int, float, complex, bool)
_MOST = 1_000
"""Elements of a display that are read."""


class Unknown(Exception):
    """The value cannot be told without running code."""


def rewritten(frame: FrameType) -> bool:
    """Whether pytest has rewritten the assertions of the frame's module, and so told their operands itself."""
    return "@pytest_ar" in frame.f_globals


def operand(node: ast.AST, frame: FrameType) -> Any:
    """The value of an expression in ``frame``. Raises ``Unknown``."""
    read = _READERS.get(type(node))
    if read is None:
        raise Unknown
    return read(node, frame)


def _constant(node: Any, frame: FrameType) -> Any:
    return node.value


def _name(node: Any, frame: FrameType) -> Any:
    for names in (frame.f_locals, frame.f_globals, vars(builtins)):
        if node.id in names:
            return names[node.id]
    raise Unknown


def _attribute(node: Any, frame: FrameType) -> Any:
    """Out of the object's own dictionary or a slot; what would run code is told by ``getattr_static``."""
    owner = operand(node.value, frame)
    try:
        found = inspect.getattr_static(owner, node.attr)
    except AttributeError:
        raise Unknown from None
    if isinstance(found, types.MemberDescriptorType) or type(found).__name__ == "_tuplegetter":
        return getattr(owner, node.attr)
    if hasattr(type(found), "__get__") and not isinstance(owner, (type, types.ModuleType)):
        raise Unknown
    return found


def _item(node: Any, frame: FrameType) -> Any:
    holder, key = operand(node.value, frame), operand(node.slice, frame)
    if type(holder) not in _CONTAINERS or not isinstance(key, (str, bytes, int, float, slice, type(None))):
        raise Unknown
    try:
        return holder[key]
    except (LookupError, TypeError, ValueError):
        raise Unknown from None


def _slice(node: Any, frame: FrameType) -> slice:
    return slice(*(None if part is None else operand(part, frame) for part in (node.lower, node.upper, node.step)))


def _elements(kind: Callable[[Any], Any]) -> Callable[[Any, FrameType], Any]:
    def read(node: Any, frame: FrameType) -> Any:
        if len(node.elts) > _MOST:
            raise Unknown
        try:
            return kind([operand(element, frame) for element in node.elts])
        except TypeError:  # unhashable
            raise Unknown from None

    return read


def _mapping(node: Any, frame: FrameType) -> Dict[Any, Any]:
    if None in node.keys or len(node.keys) > _MOST:
        raise Unknown
    try:
        return {operand(key, frame): operand(value, frame) for key, value in zip(node.keys, node.values)}
    except TypeError:
        raise Unknown from None


def _signed(node: Any, frame: FrameType) -> Any:
    value = operand(node.operand, frame)
    if type(value) not in _NUMBERS or not isinstance(node.op, (ast.USub, ast.UAdd)):
        raise Unknown
    return -value if isinstance(node.op, ast.USub) else value


def _length(node: Any, frame: FrameType) -> int:
    if len(node.args) != 1 or node.keywords or operand(node.func, frame) is not len:
        raise Unknown
    value = operand(node.args[0], frame)
    if type(value) not in (*_CONTAINERS, set, frozenset):
        raise Unknown
    size: int = len(value)
    return size


_READERS: Dict[type, Callable[[Any, FrameType], Any]] = {
    ast.Constant: _constant, ast.Name: _name, ast.Attribute: _attribute, ast.Subscript: _item, ast.Slice: _slice,
    ast.List: _elements(list), ast.Tuple: _elements(tuple), ast.Set: _elements(set), ast.Dict: _mapping,
    ast.UnaryOp: _signed, ast.Call: _length,
}  # fmt: skip
if hasattr(ast, "Index"):  # Python 3.8 wraps an index
    _READERS[ast.Index] = lambda node, frame: operand(node.value, frame)
