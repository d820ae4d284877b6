"""The storefront's carts: what each Ajax call does to one (shopify.dev, "Cart API reference").

Only a change that can be seen later is an event: the first one is ``carts/create``, the others
``carts/update``; a call that changes nothing sends nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from .. import payloads
from ..catalogue import full_title
from ..inventory import available
from ..world import Cart, CartLine, World


class CartRefused(Exception):
    """An error in the words of the Ajax API: HTTP ``status`` and the three fields of its body."""

    def __init__(self, status: int, message: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.message = message
        self.description = description

    @property
    def body(self) -> dict[str, object]:
        status: object = "bad_request" if self.status == 400 else self.status
        return {"status": status, "message": self.message, "description": self.description}


@dataclass(frozen=True, slots=True)
class Item:
    """What somebody wants to add."""

    variant_id: int
    quantity: int = 1
    properties: Mapping[str, str] = field(default_factory=dict)
    selling_plan: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one line; None leaves that part of it as it is."""

    quantity: int | None = None
    properties: Mapping[str, str] | None = None
    selling_plan: int | None = None


def shown_token(cart: Cart) -> str:
    """``<token>?key=<secret>``: the value of the ``cart`` cookie and of ``cart.token``."""
    return f"{cart.token}?key={cart.secret}"


def find(world: World, shown: str) -> Cart | None:
    """The cart whose token and key ``shown`` holds; without the right key there is none."""
    token, _, key = shown.partition("?key=")
    cart = world.carts.get(token)
    if cart is None or not hmac.compare_digest(cart.secret.encode(), key.encode()):
        return None
    return cart


def begin(world: World) -> Cart:
    """A new, empty cart; nobody hears of it before something is in it."""
    at = world.stamp()
    cart = Cart(world.new_token("cart"), world.new_token("cart key"), at, at)
    world.carts[cart.token] = cart
    return cart


def consume(world: World, cart: Cart) -> None:
    """The cart became an order: its token is never seen again."""
    world.carts.pop(cart.token, None)


def add(world: World, cart: Cart, items: Sequence[Item]) -> list[CartLine]:
    """Add to the lines of the same variant and properties, new lines first; the lines touched.

    Several items are added all or none. Of one item that is short, what there is is added, and
    CartRefused (422) still says so: a client has to read the cart again.
    """
    with _changing(world, cart):
        for item in items:
            _known(world, item.variant_id)
            if item.quantity < 1:
                raise CartRefused(422, "Cart Error", "Quantity must be 1 or greater.")
        if len(items) > 1:
            _refuse_short(world, cart, items)
        return [_add(world, cart, item) for item in items]


def update(
    world: World,
    cart: Cart,
    *,
    updates: Mapping[str, int] | Sequence[int] = (),
    note: str | None = None,
    attributes: Mapping[str, str | None] | None = None,
) -> None:
    """Set many quantities at once without asking the stock; None or "" ends an attribute."""
    with _changing(world, cart):
        pairs = _by_line(cart, updates)
        for name, _ in pairs:
            if _line(cart, name) is None:
                _known(world, _variant_in(name))
        for name, quantity in pairs:
            _set_or_add(world, cart, name, quantity)
        _drop_empty(cart)
        if note is not None:
            cart.note = note or None
        for key, text in (attributes or {}).items():
            cart.attributes.pop(key, None)
            if text:
                cart.attributes[key] = text


def change(world: World, cart: Cart, name: str, change: Change) -> None:
    """Change the line called ``name`` (its key or variant); the stock is asked when it grows."""
    with _changing(world, cart):
        line = _line(cart, name)
        if line is None:
            raise no_such_line()
        if change.properties is not None:
            line.properties = dict(change.properties)
        if change.selling_plan is not None:
            line.selling_plan = change.selling_plan
        _identify(cart, line)
        if change.quantity is not None:
            _set_quantity(world, cart, line, change.quantity)
        _drop_empty(cart)


def clear(world: World, cart: Cart) -> None:
    """Take out every line; note and attributes stay."""
    with _changing(world, cart):
        cart.lines.clear()


def name_of(cart: Cart, position: int) -> str:
    """The key of the line at ``position``, counted from 1."""
    if not 1 <= position <= len(cart.lines):
        raise no_such_line()
    return cart.lines[position - 1].key


def no_such_line() -> CartRefused:
    text = "no valid id or line parameter"
    return CartRefused(400, text, text)


@contextmanager
def _changing(world: World, cart: Cart) -> Iterator[None]:
    """Tell the webhooks afterwards, if anything is different, even when a refusal is on its way."""
    with world.action():
        before = _state(cart)
        try:
            yield
        finally:
            if _state(cart) != before:
                first = cart.updated_at == cart.created_at
                cart.updated_at = world.stamp(cart.updated_at)
                world.emit("carts/create" if first else "carts/update", payloads.cart(world, cart))


def _state(cart: Cart) -> object:
    return json.dumps(
        [
            [[line.key, line.quantity] for line in cart.lines],
            cart.note,
            sorted(cart.attributes.items()),
        ]
    )


def _known(world: World, variant_id: int) -> None:
    if variant_id not in world.variants:
        raise CartRefused(404, "Cart Error", "Cannot find variant")


def _variant_in(name: str) -> int:
    """The variant of ``<variant>`` or ``<variant>:<hash>``, or 0."""
    head = name.partition(":")[0]
    return int(head) if head.isascii() and head.isdigit() and len(head) < 20 else 0


def _line(cart: Cart, name: str) -> CartLine | None:
    """By key, else the first line of that variant."""
    for line in cart.lines:
        if line.key == name:
            return line
    if ":" in name:
        return None
    return next((line for line in cart.lines if line.variant_id == _variant_in(name)), None)


def _by_line(cart: Cart, updates: Mapping[str, int] | Sequence[int]) -> list[tuple[str, int]]:
    if isinstance(updates, Mapping):
        return list(updates.items())
    return [(line.key, quantity) for line, quantity in zip(cart.lines, updates, strict=False)]


def _set_or_add(world: World, cart: Cart, name: str, quantity: int) -> None:
    line = _line(cart, name)
    if line is not None:
        line.quantity = max(0, quantity)
    elif quantity > 0:
        _insert(cart, Item(_variant_in(name), quantity))


def _add(world: World, cart: Cart, item: Item) -> CartLine:
    line = _same(cart, item)
    if line is None:
        room = _room(world, cart, item.variant_id)
        if room <= 0:
            raise _short(world, cart, item.variant_id, room)
        line = _insert(cart, Item(item.variant_id, 0, item.properties, item.selling_plan))
    try:
        _set_quantity(world, cart, line, line.quantity + item.quantity)
    finally:
        _drop_empty(cart)
    return line


def _same(cart: Cart, item: Item) -> CartLine | None:
    key = _key(cart, item.variant_id, item.properties, item.selling_plan)
    return next((line for line in cart.lines if line.key == key), None)


def _insert(cart: Cart, item: Item) -> CartLine:
    key = _key(cart, item.variant_id, item.properties, item.selling_plan)
    line = CartLine(key, item.variant_id, item.quantity, dict(item.properties), item.selling_plan)
    cart.lines.insert(0, line)
    return line


def _identify(cart: Cart, line: CartLine) -> None:
    """Give the line the key of what it is now, and unite it with a line that is the same."""
    line.key = _key(cart, line.variant_id, line.properties, line.selling_plan)
    for other in [each for each in cart.lines if each is not line and each.key == line.key]:
        line.quantity += other.quantity
        cart.lines.remove(other)


def _key(
    cart: Cart, variant_id: int, properties: Mapping[str, str], selling_plan: int | None
) -> str:
    text = json.dumps([cart.token, variant_id, sorted(properties.items()), selling_plan])
    return f"{variant_id}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _set_quantity(world: World, cart: Cart, line: CartLine, quantity: int) -> None:
    """Take what there is and raise 422 when that is less than ``quantity``; less always goes."""
    room = _room(world, cart, line.variant_id)
    if quantity <= line.quantity or quantity - line.quantity <= room:
        line.quantity = max(0, quantity)
        return
    line.quantity += max(0, room)
    raise _short(world, cart, line.variant_id, room)


def _room(world: World, cart: Cart, variant_id: int) -> int:
    """How many more units of a variant can be had, beside those in the cart."""
    held = sum(line.quantity for line in cart.lines if line.variant_id == variant_id)
    return available(world, variant_id) - held


def _short(world: World, cart: Cart, variant_id: int, room: int) -> CartRefused:
    """shopify.dev changelog of 4 March 2025 has the words."""
    text = "The maximum quantity of this item is already in your cart."
    if room > 0:
        text = f"Only {room} items were added to your cart."
    elif not available(world, variant_id):
        text = f"The product '{full_title(world, world.variants[variant_id])}' is already sold out."
    return CartRefused(422, "Cart Error", text)


def _refuse_short(world: World, cart: Cart, items: Sequence[Item]) -> None:
    wanted: dict[int, int] = {}
    for item in items:
        wanted[item.variant_id] = wanted.get(item.variant_id, 0) + item.quantity
    for variant_id, quantity in wanted.items():
        if quantity > _room(world, cart, variant_id):
            raise _short(world, cart, variant_id, 0)


def _drop_empty(cart: Cart) -> None:
    cart.lines[:] = [line for line in cart.lines if line.quantity > 0]
