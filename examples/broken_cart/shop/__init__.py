"""A small shop: a cart, the prices of its lines, the cost of sending it."""
