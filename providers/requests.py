"""What is asked and what is answered when a provider is used directly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

from ..core.domain import Usage


@dataclass(frozen=True)
class LLMRequest:
    """One question. ``model`` replaces every leg's model; ``provider:model`` only that leg's."""

    prompt: str
    system_prompt: str | None = None
    max_tokens: int = 2000
    temperature: float = 0.2
    model: str | None = None


@dataclass(frozen=True)
class LLMResponse:
    """One answer and who gave it. ``cost`` is in US dollars, ``None`` where the model's price is unknown."""

    content: str
    provider: str
    model: str
    usage: Usage
    cost: float | None
    finish_reason: str | None


class Region(BaseModel):
    """A rectangle in fractions of the image: (0, 0) is the upper left corner, (1, 1) the lower right one."""

    left: float = Field(ge=0, le=1)
    top: float = Field(ge=0, le=1)
    right: float = Field(ge=0, le=1)
    bottom: float = Field(ge=0, le=1)


class Defect(BaseModel):
    """Something wrong with a user interface as a screenshot shows it."""

    description: str = Field(description="What is wrong, and what a user would expect")
    severity: Literal["low", "medium", "high", "critical"] = "medium"
    region: Region | None = Field(None, description="Where it is, in fractions of width and height")


class Defects(BaseModel):
    """Every visible defect of the screenshot; an empty list when there is none."""

    defects: list[Defect]
