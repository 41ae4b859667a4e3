"""Structured answers: a function that the model must call, whose arguments are the answer."""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.errors import PydanticUserError

from ..core.errors import UsageError
from .reply import Reply

S = TypeVar("S", bound=BaseModel)

_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL)


def tool_choice(schema: type[BaseModel]) -> dict[str, Any]:
    """What to bind to a chat model so that it answers with ``schema``. Raises ``UsageError`` for what is none."""
    from langchain_core.utils.function_calling import convert_to_openai_tool

    try:
        tool = convert_to_openai_tool(schema)
    except (PydanticUserError, ValueError, TypeError) as error:
        raise UsageError(
            f"{schema!r} is no schema that a model could answer with: {str(error).splitlines()[0]}"
        ) from error
    return called(tool)


def called(tool: dict[str, Any]) -> dict[str, Any]:
    """What to bind to a chat model so that it calls ``tool``."""
    return {"tools": [tool], "tool_choice": {"type": "function", "function": {"name": tool["function"]["name"]}}}


def in_words(tool: dict[str, Any]) -> str:
    """The same as an instruction, for models that know no functions."""
    function = tool["function"]
    schema = json.dumps(function["parameters"])
    return f"Answer with nothing but JSON that fits this schema of {function['name']}:\n{schema}"


def parsed(reply: Reply, schema: type[S]) -> tuple[S | None, str]:
    """The answer as ``schema``, from the call's arguments or from JSON in the text; else ``None`` and what is wrong."""
    if reply.defect:
        return None, reply.defect
    try:
        if reply.message.tool_calls:
            return schema.model_validate(reply.message.tool_calls[0]["args"]), ""
        fenced = _FENCED.search(reply.text)
        return schema.model_validate_json(fenced.group(1) if fenced else reply.text), ""
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, item['loc'])) or 'document'}: {item['msg']}" for item in error.errors()]
        return None, f"the answer does not fit {schema.__name__}: {'; '.join(problems[:5])}"
