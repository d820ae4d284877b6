"""The page on which a household fills one cart, inside the merchant's theme."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request
from sqlalchemy import Connection

from handcart.carts.listening import Channel, seal_ticket
from handcart.errors import BadInput, HandcartError, NotFound, StaleWrite
from handcart.households import filling, service
from handcart.households.model import Link, Role, SharedCart
from handcart.shoppers.merged import known_as
from handcart.web import handcart
from handcart.web.live import PATH as LIVE
from handcart.web.proxy import ProxyRequest, proxied

from .in_theme import SHOP_URL, as_liquid, check_form, form_of, path_of
from .looking import look
from .words import refusal

blueprint = Blueprint("household", __name__)

_FORM, _PAGE = "household form", "household"
_MOST_SEEN = 2000
_TRIES = 4


@dataclass(frozen=True, slots=True)
class Shared:
    """One shared cart as its member sees it; ``links`` only for the owner."""

    shop: str
    cart: SharedCart
    links: tuple[Link, ...]

    @property
    def seen(self) -> str:
        return json.dumps(dict(self.cart.seen), separators=(",", ":"))

    @property
    def news(self) -> str:
        """Where a page hears that somebody has changed the cart; empty while there is none."""
        if not self.cart.version:
            return ""
        app = handcart()
        ticket = seal_ticket(app.keyring, Channel(self.shop, self.cart.cart_id))
        return f"{app.settings.app_url}{LIVE}?ticket={quote(ticket)}"


@dataclass(frozen=True, slots=True)
class Asked:
    """One form that was sent: by whom, when, and what is in its fields."""

    shop: str
    customer_id: int
    at: datetime
    fields: Mapping[str, str]

    @property
    def household(self) -> str:
        return self.fields.get("household", "")

    @property
    def member_id(self) -> int:
        return _whole(self.fields.get("member", ""))

    @property
    def seen(self) -> dict[str, int]:
        return _vector(self.fields.get("seen", ""))


@blueprint.get("/proxy/household")
@proxied
def household(asked: ProxyRequest) -> Response:
    """What is shared with whom; with ``?join=SECRET`` the question whether to join."""
    asked = _as_known_now(asked)
    return _page(asked, secret=asked.params.get("join", ""))


@blueprint.post("/proxy/household/<deed>")
@proxied
def act(asked: ProxyRequest, deed: str) -> Response:
    """Do it and show the page: the platform would follow a redirect by itself, unsigned."""
    asked = _as_known_now(asked)
    fields = request.form.to_dict()
    made = ""
    try:
        if asked.customer_id is None or deed not in _DEEDS:
            raise NotFound("household_unknown")
        check_form(asked, _FORM, fields.get("form", ""))
        made = _done(deed, Asked(asked.shop, asked.customer_id, handcart().clock(), fields))
    except HandcartError as error:
        answer = _page(asked, refused=error)
        answer.status_code = error.status
        return answer
    return _page(asked, made=made)


def _as_known_now(asked: ProxyRequest) -> ProxyRequest:
    """A browser may still name a customer whom the platform has made into another one."""
    if asked.customer_id is None:
        return asked
    with handcart().db.reading() as view:
        return replace(asked, customer_id=known_as(view, asked.shop, asked.customer_id))


def _done(deed: str, asked: Asked) -> str:
    """The secret of a link that was made by it, else nothing."""
    for left in reversed(range(_TRIES)):
        try:
            with handcart().db.writing() as work:
                return _DEEDS[deed](work, asked) or ""
        except StaleWrite:
            if not left:
                raise
    raise AssertionError("unreachable")


def _begin(work: Connection, asked: Asked) -> None:
    name = asked.fields.get("name", "")
    service.begin(work, asked.shop, owner_id=asked.customer_id, name=name, at=asked.at)


def _join(work: Connection, asked: Asked) -> None:
    secret, name = asked.fields.get("join", ""), asked.fields.get("name", "")
    service.join(work, asked.shop, secret, customer_id=asked.customer_id, name=name, at=asked.at)


def _invite(work: Connection, asked: Asked) -> str:
    role = asked.fields.get("role", "")
    _, secret = service.invite(
        work, asked.shop, asked.household, customer_id=asked.customer_id, role=role, at=asked.at
    )
    return secret


def _revoke(work: Connection, asked: Asked) -> None:
    link_id = asked.fields.get("link", "")
    service.revoke(work, asked.shop, asked.household, link_id, customer_id=asked.customer_id)


def _change_role(work: Connection, asked: Asked) -> None:
    service.change_role(
        work,
        asked.shop,
        asked.household,
        asked.member_id,
        customer_id=asked.customer_id,
        role=asked.fields.get("role", ""),
    )


def _remove(work: Connection, asked: Asked) -> None:
    service.remove(
        work,
        asked.shop,
        asked.household,
        asked.member_id,
        customer_id=asked.customer_id,
        at=asked.at,
    )


def _change(work: Connection, asked: Asked) -> None:
    """Every quantity that is not what the page had shown, or the one line to take out."""
    fields = asked.fields
    if "take" in fields:
        wanted = {fields["take"]: 0}
    else:
        shown = {name[4:]: number for name, number in fields.items() if name.startswith("was:")}
        wanted = {key: _whole(fields.get(f"now:{key}", "")) for key in shown}
        wanted = {key: number for key, number in wanted.items() if str(number) != shown[key]}
    for key, quantity in wanted.items():
        filling.change(
            work,
            asked.shop,
            asked.household,
            key,
            quantity=quantity,
            seen=asked.seen,
            customer_id=asked.customer_id,
            at=asked.at,
        )


def _put_in(work: Connection, asked: Asked) -> None:
    key = asked.fields.get("key", "")
    filling.put_in(
        work, asked.shop, asked.household, key, customer_id=asked.customer_id, at=asked.at
    )


_DEEDS: Mapping[str, Callable[[Connection, Asked], str | None]] = {
    "begin": _begin,
    "join": _join,
    "link": _invite,
    "revocation": _revoke,
    "role": _change_role,
    "removal": _remove,
    "lines": _change,
    "gift": _put_in,
}


def _page(
    asked: ProxyRequest,
    *,
    secret: str = "",
    made: str = "",
    refused: HandcartError | None = None,
) -> Response:
    look(asked.shop)
    invitation = None
    try:
        invitation = _invitation(asked, secret) if secret else None
    except NotFound as error:
        refused = error
    html = render_template(
        "household.html",
        me=asked.customer_id,
        shared=_shared(asked) if asked.customer_id is not None else (),
        invitation=invitation,
        secret=secret,
        link=f"{SHOP_URL}{path_of(asked, _PAGE)}?join={made}" if made else "",
        here=path_of(asked, _PAGE),
        form=form_of(asked, _FORM),
        refused=refusal(refused) if refused else "",
    )
    return as_liquid(html)


def _invitation(asked: ProxyRequest, secret: str) -> tuple[str, Role]:
    app = handcart()
    with app.db.reading() as view:
        return service.invitation(view, asked.shop, secret, at=app.clock())


def _shared(asked: ProxyRequest) -> tuple[Shared, ...]:
    """The customer's own cart first, if they share it."""
    app, me = handcart(), asked.customer_id
    assert me is not None
    with app.db.reading() as view:
        found = []
        for one in sorted(service.mine(view, asked.shop, me), key=lambda one: one.owner_id != me):
            cart = filling.look(view, asked.shop, one.household_id, customer_id=me)
            links = (
                service.links(view, asked.shop, one.household_id, customer_id=me, at=app.clock())
                if one.owner_id == me
                else ()
            )
            found.append(Shared(asked.shop, cart, tuple(links)))
    return tuple(found)


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise BadInput("quantity_not_valid", "a whole number")
    return int(text)


def _vector(text: str) -> dict[str, int]:
    """What the page had shown, as it was sent along; BadInput for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or len(found) > _MOST_SEEN:
        raise BadInput("form_too_old", "not what this page sends")
    if not all(type(number) is int and 0 <= number < 2**53 for number in found.values()):
        raise BadInput("form_too_old", "not what this page sends")
    return found
