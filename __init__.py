"""AION-R makes failing test suites pass."""
