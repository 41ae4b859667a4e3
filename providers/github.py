"""GitHub Models: OpenAI's protocol. The service was retired in 2026 and answers 410; its address is configurable."""

from .openai import build

__all__ = ["build"]
