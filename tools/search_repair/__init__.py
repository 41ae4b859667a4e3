"""The offline search: repairing code with no model, by trying small edits on a project that stays loaded."""

from .engine import search, search_in_turn
from .job import SearchJob, SearchProgress, SearchResult

__all__ = ["SearchJob", "SearchProgress", "SearchResult", "search", "search_in_turn"]
