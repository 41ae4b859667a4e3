"""Python for the offline search: candidates from the syntax tree, tried in a warm pytest."""
