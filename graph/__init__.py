"""The repair run as a LangGraph state machine; ``studio.graph`` is the compiled one that LangGraph Studio opens."""
