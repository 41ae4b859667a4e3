"""The commands of ``aion-r``: one file declares each, one does its work. Only the command that is run is imported."""
