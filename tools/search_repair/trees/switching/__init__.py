"""Many variants in one source text, one of them in force at a time: the bodies of functions, several times over."""

from .switcher import TreeSwitcher

__all__ = ["TreeSwitcher"]
