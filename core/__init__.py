"""The words that everyone speaks: frozen records, the error tree, the settings, the state of a run."""
