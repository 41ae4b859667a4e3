import sys

import pytest

from parcels import zone_of


@pytest.mark.parametrize(("country", "zone"), [("NL", 0), ("nl ", 0), ("LU", 1), ("US", 2)])
def test_zone(country, zone):
    assert zone_of(country) == zone


@pytest.mark.skipif(sys.version_info >= (3, 0), reason="only where text is bytes")
def test_bytes():
    assert zone_of(b"NL") == 0
