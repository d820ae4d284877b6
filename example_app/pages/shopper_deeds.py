"""What a shopper can do with their pickup, by the word in its address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from handcart.errors import NotFound
from handcart.pickups import PageLink, Pickup, acts, elsewhere, exchanging, proxies, shipping
from handcart.web import handcart

from .forms import address_of, chosen_of, sends_all, store_of


def do(
    work: Connection, link: PageLink, deed: str, *, form: Mapping[str, str], at: datetime
) -> None:
    """Raises NotFound for a word that is none of the shopper's."""
    shop, pickup_id, note = link.shop, link.pickup_id, form.get("note", "")
    if deed == "on-my-way":
        acts.set_off(work, shop, pickup_id, note=note, by=link.by, at=at)
    elif deed == "here":
        acts.arrive(work, shop, pickup_id, note=note or None, by=link.by, at=at)
    elif deed == "slot":
        slot = _moment(form.get("slot", ""))
        acts.choose_slot(work, shop, pickup_id, starts_at=slot, by=link.by, at=at)
    elif deed == "send":
        proxies.name_proxy(work, shop, pickup_id, name=form.get("name", ""), by=link.by, at=at)
    elif deed == "send-nobody":
        number = form.get("proxy", "")
        proxy_id = int(number) if number.isdecimal() and len(number) < 9 else 0
        proxies.revoke_proxy(work, shop, pickup_id, proxy_id=proxy_id, by=link.by, at=at)
    elif deed == "bring":
        place = store_of(form)
        elsewhere.bring(work, shop, pickup_id, from_location_id=place, by=link.by, at=at)
    elif deed == "elsewhere":
        place = store_of(form)
        elsewhere.collect_at(work, shop, pickup_id, location_id=place, by=link.by, at=at)
    elif deed == "substitute":
        line_id, variant_id = chosen_of(form)
        exchanging.accept(
            work, shop, pickup_id, line_id=line_id, variant_id=variant_id, by=link.by, at=at
        )
    elif deed == "ship":
        _ship(work, link, form=form, at=at)
    elif deed in _PLAIN:
        _PLAIN[deed](work, shop, pickup_id, by=link.by, at=at)
    else:
        raise NotFound("deed_unknown", "nobody does that with a pickup")


def _ship(work: Connection, link: PageLink, *, form: Mapping[str, str], at: datetime) -> None:
    shipping.ship(
        work,
        link.shop,
        link.pickup_id,
        address=address_of(form),
        everything=sends_all(form),
        keyring=handcart().keyring,
        by=link.by,
        at=at,
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NotFound("slot_unknown", "the store has no such slot") from None
    if moment.tzinfo is None:
        raise NotFound("slot_unknown", "the store has no such slot")
    return moment


_PLAIN: Mapping[str, Callable[..., Pickup]] = {
    "extend": acts.extend,
    "wait": acts.wait_for_missing,
    "refund": acts.drop_missing,
    "do-without": elsewhere.do_without,
}
