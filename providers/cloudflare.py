"""Cloudflare Workers AI, at the account's address for OpenAI's protocol."""

from .openai import build

__all__ = ["build"]
