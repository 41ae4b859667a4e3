"""The compiled machine as LangGraph Studio's server wants it: a name in a module, made when that is imported.

Without a checkpointer: the server, or the parent graph, brings its own.
"""

from .builder import build_graph

graph = build_graph()
