import pytest

from shop.cart import Cart
from shop.pricing import line_price, postage


@pytest.fixture
def cart():
    cart = Cart()
    cart.add("pen", 150, quantity=5)
    cart.add("book", 1200)
    return cart


def test_an_empty_cart_costs_nothing():
    assert Cart().total() == 0


def test_articles_add_up(cart):
    assert cart.total() == 1950


def test_adding_an_article_again_adds_to_its_quantity(cart):
    cart.add("pen", 150, quantity=3)
    assert cart.lines["pen"] == (150, 8)


def test_removing_pieces_leaves_the_rest(cart):
    cart.remove("pen", quantity=2)
    assert cart.lines["pen"] == (150, 3)


def test_removing_the_last_piece_removes_the_line(cart):
    cart.remove("book")
    assert list(cart.lines) == ["pen"]


def test_quantity_must_be_positive(cart):
    with pytest.raises(ValueError, match="positive"):
        cart.add("pen", 150, quantity=0)


@pytest.mark.parametrize(("quantity", "price"), [(9, 900), (10, 800), (11, 880)])
def test_ten_pieces_and_more_are_cheaper(quantity, price):
    assert line_price(100, quantity) == price


@pytest.mark.parametrize(("total", "cost"), [(0, 0), (4999, 490), (5000, 0)])
def test_large_orders_are_sent_free(total, cost):
    assert postage(total) == cost
