"""Fault localization: which places the failures point at."""
