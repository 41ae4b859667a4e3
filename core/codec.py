"""Records to JSON types and back, without loss. Bytes travel as base64."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


@cache
def _adapter(cls: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(cls)


def dump(record: Any) -> Any:
    """``record`` (a dataclass of ``core.domain``) as dicts, lists, strings and numbers."""
    return _adapter(type(record)).dump_python(record, mode="json")


def load(cls: type[T], data: Any) -> T:
    """The inverse of ``dump``. Raises ``pydantic.ValidationError`` where ``data`` has another shape."""
    return _adapter(cls).validate_json(data) if isinstance(data, (str, bytes)) else _adapter(cls).validate_python(data)


def dump_json(record: Any) -> bytes:
    """``record`` as one UTF-8 JSON document."""
    return bytes(_adapter(type(record)).dump_json(record))
