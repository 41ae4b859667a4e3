"""Discounts and postage."""

BULK_QUANTITY = 10
BULK_DISCOUNT_PERCENT = 20
FREE_POSTAGE_FROM = 5000
POSTAGE = 490


def line_price(unit_price: int, quantity: int) -> int:
    """Price of one line in cents. From ``BULK_QUANTITY`` pieces on, the bulk discount is taken off."""
    price = unit_price * quantity
    if quantity > BULK_QUANTITY:
        price -= price * BULK_DISCOUNT_PERCENT // 100
    return price


def postage(total: int) -> int:
    """Cost of sending an order of ``total`` cents: nothing from ``FREE_POSTAGE_FROM`` on, and nothing for no order."""
    if total == 0 or total >= FREE_POSTAGE_FROM:
        return 0
    return POSTAGE
