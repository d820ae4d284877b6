"""What the local platform refuses, in the platform's own words."""

from __future__ import annotations


class Refused(Exception):
    """A business error: ``field`` is the path into the mutation's input, ``code`` the platform's.

    The Admin GraphQL turns it into one of the mutation's ``userErrors``; pages show the message.
    """

    def __init__(self, message: str, *, code: str, field: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field


class OutOfStock(Refused):
    """No location (or not the wanted one) has enough; ``available`` is how many there are."""

    def __init__(self, *, variant_id: int, title: str, wanted: int, available: int) -> None:
        super().__init__(
            f"You can only add {available} {title} to the cart."
            if available
            else f"The product '{title}' is already sold out.",
            code="OUT_OF_STOCK",
        )
        self.variant_id = variant_id
        self.wanted = wanted
        self.available = available
