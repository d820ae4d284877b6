"""From a cart to an order: contact, delivery or pickup, and a payment that is only a test."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from .. import orders
from ..catalogue import full_title
from ..inventory import active, missing_at
from ..refusals import Refused
from ..site import here, local_path
from ..world import Address, Cart, Location, Order, OrderLine, Pickup, Shipping
from . import carts, collecting, session
from .cart_json import cart_json
from .collecting import Promise, Slot, Wish
from .layout import page, pickup_of

blueprint = Blueprint("checkout", __name__)
blueprint.after_request(session.remember_cart)

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_REQUIRED = {
    "first_name": "First name",
    "last_name": "Last name",
    "address1": "Address",
    "city": "City",
    "zip": "Postal code",
}
PICKUP_TIMES = {
    "ONE_HOUR": "Usually ready in 1 hour",
    "TWO_HOURS": "Usually ready in 2 hours",
    "FOUR_HOURS": "Usually ready in 4 hours",
    "TWENTY_FOUR_HOURS": "Usually ready in 24 hours",
    "TWO_TO_FOUR_DAYS": "Usually ready in 2-4 days",
    "FIVE_OR_MORE_DAYS": "Usually ready in 5+ days",
}


@dataclass(frozen=True, slots=True)
class Counter:
    """A location that offers pickup, what it lacks of this cart, and what the app promises."""

    location: Location
    missing: tuple[str, ...]
    promise: Promise | None = None

    @property
    def slots(self) -> tuple[Slot, ...]:
        return self.promise.slots if self.promise else ()

    @property
    def ready(self) -> str:
        if self.promise:
            return self.promise.ready
        return PICKUP_TIMES.get(self.location.pickup_time or "", "")


@dataclass(slots=True)
class Form:
    """What the shopper filled in, and what is wrong with it."""

    values: Mapping[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        return self.values.get(name, "").strip()

    @property
    def wish(self) -> Wish:
        location = self.get("location")
        return Wish(location, self.get(f"slot-{location}"))

    def note(self, name: str, problem: str) -> None:
        """``problem`` stands beside the field, if it is one."""
        if problem:
            self.problems[name] = problem


@blueprint.get("/checkout")
def show() -> str | Response:
    cart = session.cart()
    if cart is None or not cart.lines:
        return redirect("/cart", 303)
    wish, form = collecting.wish_of(cart), Form(_known_values() | _chosen(cart))
    problem = collecting.keep(collecting.basket_of(cart), wish)
    if problem:
        form.problems["delivery"] = problem
    return _page(cart, form)


@blueprint.get("/cart/<permalink>")
def permalink(permalink: str) -> Response:
    """``/cart/<variant>:<quantity>,…`` replaces the lines and opens the checkout."""
    pairs = [pair.split(":") for pair in permalink.split(",")]
    if not all(len(pair) == 2 and all(each.isdigit() for each in pair) for pair in pairs):
        abort(404)
    world = here().world
    cart = session.cart_or_new()
    with world.action():
        carts.clear(world, cart)
        carts.update(world, cart, updates={pair[0]: int(pair[1]) for pair in pairs})
    return redirect("/cart" if request.args.get("storefront") == "true" else "/checkout", 303)


@blueprint.post("/checkout")
def pay() -> str | Response | tuple[str, int]:
    """Place the order once, however often the button is pressed."""
    world, form = here().world, Form(request.form.to_dict())
    cart = session.cart()
    if _sold(form) is None and cart is not None and cart.lines:
        _keep(cart, form)
    with world.lock:
        sold = _sold(form)
        if sold is not None:
            return redirect(f"/orders/{sold.token}", 303)
        cart = session.cart()
        if cart is None or not cart.lines:
            return redirect("/cart", 303)
        order = _try_to_place(cart, form)
    if order is None:
        return _page(cart, form), 422
    return redirect(f"/orders/{order.token}", 303)


@blueprint.get("/orders/<token>")
def order(token: str) -> str:
    with here().world.lock:
        found = here().world.order_by_token(token)
        if found is None:
            abort(404)
        return page(
            "order",
            "order",
            order=found,
            pickup=pickup_of(found),
            steps=_steps(found),
            sold=_is_just_sold(found),
        )


def _is_just_sold(order: Order) -> bool:
    """Once for each order: the page after the payment, and not when it is looked at again."""
    shown: set[int] = here().world.admin_state.setdefault("thanked", set())
    first = order.id not in shown
    shown.add(order.id)
    return first


@blueprint.get("/checkout/sign-in")
def sign_in() -> Response:
    return redirect(f"/account/login?return_url={local_path('/checkout', '/')}", 303)


def _sold(form: Form) -> Order | None:
    """The order that this checkout became when the button was pressed before."""
    with here().world.lock:
        number = here().sold.get(form.get("checkout"))
        return here().world.orders.get(number) if number is not None else None


def _keep(cart: Cart, form: Form) -> None:
    """What is to be collected is kept, where the shopper chose more than the platform offers."""
    before, basket = collecting.wish_of(cart), collecting.basket_of(cart)
    wish = form.wish
    if form.get("delivery") == "pickup":
        if wish.slot or before.location:
            form.note("delivery", collecting.keep(basket, wish))
    elif before.location:
        collecting.let_go(basket)


def _try_to_place(cart: Cart, form: Form) -> Order | None:
    """The order, or None with the form saying why not."""
    _check(form)
    if form.problems:
        return None
    try:
        return _place(cart, form)
    except Refused as error:
        form.note("delivery", error.message)
        return None


def _page(cart: Cart, form: Form) -> str:
    promises = collecting.promises(collecting.basket_of(cart))
    with here().world.lock:
        return page(
            "checkout",
            "checkout",
            cart=cart_json(here().world, cart),
            checkout=cart.token,
            form=form,
            counters=_counters(cart, promises),
            shipping=Shipping(Address("", "", "", "", "", "")).price,
        )


def _known_values() -> dict[str, str]:
    customer = session.customer()
    if customer is None:
        return {}
    address = customer.address
    return {
        "email": customer.email,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "address1": address.address1 if address else "",
        "city": address.city if address else "",
        "zip": address.zip if address else "",
    }


def _chosen(cart: Cart) -> dict[str, str]:
    """The store and the slot that the cart names."""
    wish = collecting.wish_of(cart)
    if not wish.location:
        return {}
    return {
        "delivery": "pickup",
        "location": wish.location,
        f"slot-{wish.location}": wish.slot,
    }


def _counters(cart: Cart, promises: Mapping[int, Promise]) -> list[Counter]:
    """Those that have everything come first."""
    world = here().world
    wanted: dict[int, int] = {}
    names: dict[int, str] = {}
    for line in cart.lines:
        variant = world.variants[line.variant_id]
        item_id = variant.inventory_item_id
        wanted[item_id] = wanted.get(item_id, 0) + line.quantity
        names[item_id] = full_title(world, variant)
    found = [
        Counter(
            one,
            tuple(names[item] for item in missing_at(world, one.id, wanted)),
            promises.get(one.id),
        )
        for one in active(world)
        if one.pickup_time
    ]
    return sorted(found, key=lambda each: bool(each.missing))


def _check(form: Form) -> None:
    if not _MAIL.fullmatch(form.get("email")):
        form.problems["email"] = "Enter an email address."
    if form.get("delivery") == "pickup":
        if not form.get("location").isdigit():
            form.problems["delivery"] = "Choose a store."
        return
    for name, label in _REQUIRED.items():
        if not form.get(name):
            form.problems[name] = f"{label} is needed."


def _place(cart: Cart, form: Form) -> Order:
    world, customer = here().world, session.customer()
    order = orders.place(
        world,
        lines=[
            OrderLine(line.variant_id, line.quantity, dict(line.properties)) for line in cart.lines
        ],
        email=form.get("email"),
        phone=form.get("phone"),
        delivery=_delivery(form),
        customer_id=customer.id if customer else None,
        cart_token=cart.token,
        note=cart.note,
        note_attributes=dict(cart.attributes),
        locale=session.language(),
    )
    carts.consume(world, cart)
    session.leave_cart()
    here().sold[cart.token] = order.id
    return order


def _delivery(form: Form) -> Shipping | Pickup:
    if form.get("delivery") == "pickup":
        return Pickup(int(form.get("location")))
    return Shipping(
        Address(
            first_name=form.get("first_name"),
            last_name=form.get("last_name"),
            address1=form.get("address1"),
            city=form.get("city"),
            zip=form.get("zip"),
            country_code=here().world.shop.country_code,
            phone=form.get("phone"),
        )
    )


def _steps(order: Order) -> str:
    """Where the order is, in the words the platform's own order page uses."""
    if order.cancelled_at:
        return "Canceled"
    if order.fulfillment_status == "fulfilled":
        return "Picked up" if pickup_of(order) else "On its way"
    opened = here().world.fulfillment_orders_of(order.id)
    if any(each.method == "PICK_UP" and each.prepared_at for each in opened):
        return "Ready for pickup"
    return "Confirmed"
