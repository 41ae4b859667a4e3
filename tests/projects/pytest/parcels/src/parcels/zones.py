"""Countries and the zones that they are in."""

HOME = "NL"
_NEAR = frozenset({"BE", "DE", "FR", "LU"})


def zone_of(country: str) -> int:
    """0 at home, 1 for neighbours, 2 for the rest of the world."""
    code = country.strip().upper()
    if code == HOME:
        return 0
    return 1 if code in _NEAR else 2
