"""What it costs to send a parcel."""

from .rates import price
from .zones import zone_of

__all__ = ["price", "zone_of"]
