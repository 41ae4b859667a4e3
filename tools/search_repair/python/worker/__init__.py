"""The process that runs candidates inside the project's own interpreter: Python 3.8, pytest 7, or newer, nothing else.

It is shipped to a view as one zip archive and imports nothing of this package but itself. One *master* never imports
the project; it forks a *zygote* that has collected the suite, and both fork one child a candidate.
"""
