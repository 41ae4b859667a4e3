"""Who is asked and who answered: said in traces, and in the answer itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .registry import LegSpec

if TYPE_CHECKING:
    from langchain_core.messages import AIMessageChunk
    from langchain_core.runnables import RunnableConfig


def traced(spec: LegSpec, config: RunnableConfig | None) -> RunnableConfig:
    """``config`` with who is asked, for callbacks and traces."""
    from langchain_core.runnables.config import merge_configs

    return merge_configs(config, {"metadata": {"provider": spec.provider, "model": spec.model}})


def stamped(spec: LegSpec, message: Any, whole: Any = None) -> Any:
    """``message`` with who wrote it; ``whole`` has what the pieces before it said."""
    metadata = message.response_metadata
    metadata["provider"] = spec.provider
    if not (whole and whole.response_metadata.get("model_name")):
        metadata.setdefault("model_name", spec.model)
    return message


def is_last(spec: LegSpec, piece: AIMessageChunk) -> bool:
    """Whether ``piece`` takes the stamp: the metadata of pieces are concatenated, so that only one of them may."""
    if spec.own:
        return piece.chunk_position == "last"
    return bool(piece.response_metadata.get("finish_reason"))
