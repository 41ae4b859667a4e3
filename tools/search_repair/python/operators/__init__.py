"""The small changes that repair code, as data: each one names its nodes, its weight and its own before and after."""
