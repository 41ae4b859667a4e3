"""Prices by weight and zone, in cents."""

from .zones import zone_of

_STEPS = ((500, 390), (2000, 695), (10_000, 1250))
_SURCHARGE = (0, 450, 1200)
HEAVIEST = 10_000


def base_price(grams: int) -> int:
    """The price of the lightest step that ``grams`` still fits in."""
    for limit, cents in _STEPS:
        if grams < limit:
            return cents
    raise ValueError(f"{grams} g is more than {HEAVIEST} g")


def price(grams: int, country: str = "NL", insured: bool = False) -> int:
    """What a parcel of ``grams`` costs to ``country``; insurance is 2 % and never less than 100."""
    if grams <= 0:
        raise ValueError("a parcel weighs something")
    total = base_price(grams) + _SURCHARGE[zone_of(country)]
    if insured:
        total += max(100, total * 2 // 100)
    return total
