"""pytest, in the interpreter of the project under repair."""
