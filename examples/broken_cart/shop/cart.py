"""What a customer is about to buy."""

from dataclasses import dataclass, field

from shop.pricing import line_price


@dataclass
class Cart:
    """Articles by name, each with its unit price in cents and how many of it."""

    lines: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, article: str, unit_price: int, quantity: int = 1) -> None:
        """Put ``quantity`` more of ``article`` into the cart, at the newest price."""
        if quantity < 1:
            raise ValueError("quantity must be positive")
        _, present = self.lines.get(article, (unit_price, 0))
        self.lines[article] = (unit_price, present + quantity)

    def remove(self, article: str, quantity: int = 1) -> None:
        """Take ``quantity`` of ``article`` out again; with the last piece its line goes."""
        unit_price, present = self.lines[article]
        if quantity >= present:
            del self.lines[article]
            return
        self.lines[article] = (unit_price, present + quantity)

    def total(self) -> int:
        """Sum of all lines in cents, discounts taken off."""
        return sum(line_price(unit_price, quantity) for unit_price, quantity in self.lines.values())
