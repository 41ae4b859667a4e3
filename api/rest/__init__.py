"""The REST server: routes, the queue of runs, their processes and event logs, and who may ask for what.

Each run is a process of its own (``worker``), which writes its events to a log in the run's folder. The server reads
them from there for whoever listens: what was told is on the disk, nobody who reads slowly fills its memory, a run that
crashes takes nothing with it, and one that computes delays no answer.
"""
