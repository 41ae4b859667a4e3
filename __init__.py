"""AION-R makes failing test suites pass.

The public API is what ``__all__`` lists. Names are imported when they are first used: LangGraph takes more than a
second to import, and ``aion-r --help`` needs none of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .core.display import Bundle, drawn_by
from .core.watching import watched_by

if TYPE_CHECKING:
    from .api.cycle import AutocorrectionCycle as AutocorrectionCycle
    from .api.generation.asking import Generated as Generated
    from .api.generation.asking import generate_code as generate_code
    from .api.notebook import picture as picture
    from .api.notebook import runs as runs
    from .api.notebook import watch as watch
    from .api.review import Review as Review
    from .api.review import review as review
    from .api.tool import as_tool as as_tool
    from .core.domain import GeneratedCode as GeneratedCode
    from .core.errors import AionError as AionError
    from .graph.builder import build_graph as build_graph
    from .providers.llm import LLMRequest as LLMRequest
    from .providers.llm import LLMResponse as LLMResponse
    from .providers.llm import create_llm as create_llm
    from .providers.review import Finding as Finding

__all__ = [
    "AionError",
    "AutocorrectionCycle",
    "Finding",
    "Generated",
    "GeneratedCode",
    "LLMRequest",
    "LLMResponse",
    "Review",
    "as_tool",
    "build_graph",
    "create_llm",
    "generate_code",
    "picture",
    "review",
    "runs",
    "watch",
]

_HOME = {
    "AionError": ".core.errors",
    "AutocorrectionCycle": ".api.cycle",
    "Finding": ".providers.review",
    "Generated": ".api.generation.asking",
    "GeneratedCode": ".core.domain",
    "LLMRequest": ".providers.llm",
    "LLMResponse": ".providers.llm",
    "Review": ".api.review",
    "as_tool": ".api.tool",
    "build_graph": ".graph.builder",
    "create_llm": ".providers.llm",
    "generate_code": ".api.generation.asking",
    "picture": ".api.notebook",
    "review": ".api.review",
    "runs": ".api.notebook",
    "watch": ".api.notebook",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _draw(record: Any) -> Bundle:
    from .api.notebook.bundles import bundle

    return bundle(record)


def _watch_calls() -> Any:
    from .api.tracing.alone import call_watch

    return call_watch()


def _watch_run(home: Any, environment: Any) -> Any:
    from .api.watched import watch_graph

    return watch_graph(home, environment)


drawn_by(_draw)
watched_by(_watch_calls, _watch_run)
