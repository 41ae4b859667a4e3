"""LangGraph's own server with our graphs, and a project with one bug."""

from support.studio_server import project, studio

__all__ = ["project", "studio"]
