"""The MCP server: tools that run, repair and explain the tests of projects, for agents that speak the protocol."""
