"""One adapter a test framework, behind one protocol."""
