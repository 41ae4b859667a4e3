"""Records to JSON types and back, without loss. Bytes travel as base64."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


_adapters: dict[Any, TypeAdapter[Any]] = {}


def _adapter(cls: Any) -> TypeAdapter[Any]:
    """Building one takes milliseconds, using it microseconds."""
    if cls not in _adapters:
        _adapters[cls] = TypeAdapter(cls)
    return _adapters[cls]


def dump(record: Any) -> Any:
    """``record`` (a dataclass of ``core.domain``) as dicts, lists, strings and numbers."""
    return _adapter(type(record)).dump_python(record, mode="json")


def load(cls: type[T], data: Any) -> T:
    """The inverse of ``dump``. Raises ``pydantic.ValidationError`` where ``data`` has another shape."""
    adapter: TypeAdapter[T] = _adapter(cls)
    return adapter.validate_json(data) if isinstance(data, (str, bytes)) else adapter.validate_python(data)


def dump_json(record: Any) -> bytes:
    """``record`` as one UTF-8 JSON document."""
    return _adapter(type(record)).dump_json(record)
