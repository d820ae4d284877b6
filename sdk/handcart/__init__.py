"""Handcart: carts that follow the shopper, orders that wait at the counter."""
