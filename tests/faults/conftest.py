"""A project with one bug, a home, a scripted model, and a cycle that uses them."""

from support.repairing import cycle, home, project, server

__all__ = ["cycle", "home", "project", "server"]
