"""A project with one bug, a home, a scripted model, a cycle that uses them, and a search that is soon done."""

from support.repairing import cycle, home, project, server
from support.searching import hasty_search

__all__ = ["cycle", "hasty_search", "home", "project", "server"]
