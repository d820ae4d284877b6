"""What the counter can do with a pickup, by the word in its address: from a form to a use case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from handcart.errors import NotFound
from handcart.pickups import Act, Pickup, acts, elsewhere, exchanging, shipping
from handcart.pickups.life import may
from handcart.web import handcart

from .forms import Form, address_of, chosen_of, instead_of, sends_all, store_of, units_of
from .translate import Words, gettext, lazy_gettext

Deed = Callable[..., Pickup]


def do(
    work: Connection, shop: str, pickup_id: str, *, deed: str, form: Form, by: str, at: datetime
) -> str:
    """Do it and say what was done; raises NotFound for a word that is none."""
    if deed not in _DEEDS:
        raise NotFound("deed_unknown", "nobody does that with a pickup")
    act, said = _DEEDS[deed]
    pickup = act(work, shop, pickup_id, form, by, at)
    return gettext(str(said), order=pickup.order_name)


def possible_for(by: str) -> Callable[[Pickup], dict[str, bool]]:
    """What a card offers to whom ``by`` names: which acts they may do now, by the acts' names."""

    def possible(pickup: Pickup) -> dict[str, bool]:
        return {act.value: not pickup.held and may(pickup, act, by) for act in Act}

    return possible


def _accept(
    work: Connection, shop: str, pickup_id: str, form: Form, by: str, at: datetime
) -> Pickup:
    return acts.accept(work, shop, pickup_id, by=by, at=at)


def _pick(work: Connection, shop: str, pickup_id: str, form: Form, by: str, at: datetime) -> Pickup:
    return acts.start_picking(work, shop, pickup_id, by=by, at=at)


def _pack(work: Connection, shop: str, pickup_id: str, form: Form, by: str, at: datetime) -> Pickup:
    return acts.pack_what_there_is(work, shop, pickup_id, units=units_of(form) or {}, by=by, at=at)


def _miss(work: Connection, shop: str, pickup_id: str, form: Form, by: str, at: datetime) -> Pickup:
    return acts.report_missing(
        work,
        shop,
        pickup_id,
        units=units_of(form) or {},
        reason=form.get("reason", ""),
        by=by,
        at=at,
        instead=instead_of(form),
    )


def _substitute(
    work: Connection, shop: str, pickup_id: str, form: Form, by: str, at: datetime
) -> Pickup:
    line_id, variant_id = chosen_of(form)
    return exchanging.accept(
        work, shop, pickup_id, line_id=line_id, variant_id=variant_id, by=by, at=at
    )


def _drop(work: Connection, shop: str, pickup_id: str, form: Form, by: str, at: datetime) -> Pickup:
    return acts.drop_missing(work, shop, pickup_id, by=by, at=at)


def _wait(work: Connection, shop: str, pickup_id: str, form: Form, by: str, at: datetime) -> Pickup:
    return acts.wait_for_missing(work, shop, pickup_id, by=by, at=at)


def _bay(work: Connection, shop: str, pickup_id: str, form: Form, by: str, at: datetime) -> Pickup:
    return acts.put_in_bay(work, shop, pickup_id, bay=form.get("bay", ""), by=by, at=at)


def _arrive(
    work: Connection, shop: str, pickup_id: str, form: Form, by: str, at: datetime
) -> Pickup:
    return acts.arrive(work, shop, pickup_id, note=None, by=by, at=at)


def _tell(work: Connection, shop: str, pickup_id: str, form: Form, by: str, at: datetime) -> Pickup:
    return acts.tell_again(work, shop, pickup_id, by=by, at=at)


def _extend(
    work: Connection, shop: str, pickup_id: str, form: Form, by: str, at: datetime
) -> Pickup:
    return acts.extend(work, shop, pickup_id, by=by, at=at)


def _restock(
    work: Connection, shop: str, pickup_id: str, form: Form, by: str, at: datetime
) -> Pickup:
    return acts.restock(work, shop, pickup_id, by=by, at=at)


def _bring(
    work: Connection, shop: str, pickup_id: str, form: Form, by: str, at: datetime
) -> Pickup:
    place = store_of(form)
    return elsewhere.bring(work, shop, pickup_id, from_location_id=place, by=by, at=at)


def _ship(work: Connection, shop: str, pickup_id: str, form: Form, by: str, at: datetime) -> Pickup:
    return shipping.ship(
        work,
        shop,
        pickup_id,
        address=address_of(form),
        everything=sends_all(form),
        keyring=handcart().keyring,
        by=by,
        at=at,
    )


def _collect_at(
    work: Connection, shop: str, pickup_id: str, form: Form, by: str, at: datetime
) -> Pickup:
    place = store_of(form)
    return elsewhere.collect_at(work, shop, pickup_id, location_id=place, by=by, at=at)


def _do_without(
    work: Connection, shop: str, pickup_id: str, form: Form, by: str, at: datetime
) -> Pickup:
    return elsewhere.do_without(work, shop, pickup_id, by=by, at=at)


_DEEDS: Mapping[str, tuple[Deed, Words]] = {
    "accept": (_accept, lazy_gettext("%(order)s is accepted.")),
    "pick": (_pick, lazy_gettext("%(order)s is being prepared.")),
    "pack": (_pack, lazy_gettext("A part of %(order)s is ready. The customer is told.")),
    "miss": (_miss, lazy_gettext("The customer of %(order)s is asked what to do.")),
    "wait": (_wait, lazy_gettext("%(order)s waits for what is missing.")),
    "drop": (_drop, lazy_gettext("What is missing of %(order)s is refunded.")),
    "bring": (_bring, lazy_gettext("Another store is asked for what is missing of %(order)s.")),
    "elsewhere": (_collect_at, lazy_gettext("Another store has %(order)s now.")),
    "substitute": (_substitute, lazy_gettext("The shop puts it into %(order)s instead.")),
    "ship": (_ship, lazy_gettext("%(order)s will be sent.")),
    "do-without": (_do_without, lazy_gettext("The customer of %(order)s is asked what to do.")),
    "bay": (_bay, lazy_gettext("Noted where %(order)s lies.")),
    "arrive": (_arrive, lazy_gettext("The customer of %(order)s is here.")),
    "tell": (_tell, lazy_gettext("The customer of %(order)s is written to again.")),
    "extend": (_extend, lazy_gettext("%(order)s is kept for longer.")),
    "restock": (_restock, lazy_gettext("%(order)s is back on the shelf and will be refunded.")),
}
