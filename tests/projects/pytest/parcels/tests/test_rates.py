import pytest

from parcels import price


@pytest.mark.parametrize(
    ("grams", "cents"),
    [(1, 390), (499, 390), (500, 390), (501, 695), (2000, 695), (2001, 1250)],
    ids=["one gram", "just below", "limit of step [1]", "just above", "limit of step [2]", "heavy"],
)
def test_steps(grams, cents):
    assert price(grams) == cents


class TestBorders:
    @pytest.mark.parametrize("country", ["be", " DE ", "FR"])
    def test_neighbours(self, country):
        assert price(100, country) == 840

    def test_far_away(self):
        assert price(100, "JP") == 1590

    def test_insurance_has_a_least_price(self):
        assert price(100, insured=True) == 490


def test_too_heavy():
    with pytest.raises(ValueError, match="more than 10000"):
        price(10_001)


def test_weightless():
    with pytest.raises(ValueError):
        price(0)
