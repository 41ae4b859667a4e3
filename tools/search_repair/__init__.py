"""The offline search: single edits on the syntax tree, tried by a warm interpreter."""
