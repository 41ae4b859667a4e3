"""The faces: all thin, all over the same calls."""
