"""One file a state of the graph, named after its node."""
