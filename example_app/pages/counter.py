"""The counter: what one store has to prepare, what waits there, and handing it over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from handcart.errors import HandcartError
from handcart.pickups import Pickup, queries, service, substitutes
from handcart.pickups.elsewhere import Elsewhere, elsewhere
from handcart.pickups.queries import WaitingQueue
from handcart.pickups.signed import public_keys
from handcart.pickups.substitutes import Offer
from handcart.stock import service as stock
from handcart.web import handcart
from handcart.web.embedded import merchant_required
from handcart.web.tapping import DoneBefore, hand_over, stop_repeats, tapped

from .addresses import merchant_url
from .deeds import do, possible_for
from .forms import typed_address, units_of
from .fragments import fragment, is_known, tag_of, unchanged
from .looking import look
from .overview import StoreFigures, store_figures
from .staff import remember
from .translate import gettext
from .words import REFUSALS, SHORTAGE_REASONS, STAFF_REASONS, STATES, refusal

blueprint = Blueprint("counter", __name__)


@dataclass(frozen=True, slots=True)
class Said:
    """What the last tap came to: news for everybody, or a refusal beside one pickup.

    ``typed``: the address that was refused, so that nobody has to write it twice.
    """

    news: str = ""
    refused: str = ""
    pickup_id: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Looking:
    """How much of the queue somebody looks at; every tap and poll keeps it."""

    show: int
    find: str

    @property
    def query(self) -> dict[str, str | int]:
        """The part of an address that says so; nothing for what is usual."""
        asked: dict[str, str | int] = {"show": self.show, "find": self.find}
        usual = {"show": queries.SHOWN, "find": ""}
        return {name: value for name, value in asked.items() if value != usual[name]}

    @property
    def more(self) -> dict[str, str | int]:
        return self.query | {"show": self.show + queries.SHOWN}


def _looking() -> Looking:
    show = request.args.get("show", default=queries.SHOWN, type=int)
    return Looking(
        show=max(queries.SHOWN, min(show, queries.MOST_SHOWN)),
        find=request.args.get("find", "").strip()[:200],
    )


@blueprint.get("/counter")
@merchant_required
def counter() -> ResponseReturnValue:
    look(g.merchant.shop)
    remember()
    return _page(_chosen(request.args.get("store", type=int)))


@blueprint.get("/counter/<int:location_id>/queue")
@merchant_required
def queue(location_id: int) -> Response:
    """The queue of one store, or 304: it asks for itself every 0.7 seconds."""
    look(g.merchant.shop)
    tag = _tag(location_id)
    return unchanged(tag) if is_known(tag) else _queue(location_id)


@blueprint.post("/counter/pickups/<pickup_id>/preparation")
@merchant_required
def prepare(pickup_id: str) -> ResponseReturnValue:
    def mark_ready() -> str:
        by = g.merchant.acting()
        with tapped(_key()) as work:
            pickup = service.mark_ready(
                work, g.merchant.shop, pickup_id, by=by, at=handcart().clock()
            )
        return gettext("%(order)s is ready. The customer is told.", order=pickup.order_name)

    return _act(pickup_id, mark_ready)


@blueprint.post("/counter/pickups/<pickup_id>/collection")
@merchant_required
def collect(pickup_id: str) -> ResponseReturnValue:
    """Hand over against the code, or against an identity card (``proof=identity``)."""

    def hand_it_over() -> str:
        by_card = request.form.get("proof") == "identity"
        pickup = hand_over(
            pickup_id,
            code=None if by_card else request.form.get("code", ""),
            key=_key(),
            units=units_of(request.form),
            aged=request.form.get("aged") == "yes",
        )
        if pickup.open:
            return gettext("A part of %(order)s is handed over.", order=pickup.order_name)
        return gettext("%(order)s is handed over.", order=pickup.order_name)

    return _act(pickup_id, hand_it_over)


@blueprint.post("/counter/pickups/<pickup_id>/cancellation")
@merchant_required
def cancel(pickup_id: str) -> ResponseReturnValue:
    def cancel_it() -> str:
        reason, by = request.form.get("reason", ""), g.merchant.acting()
        with tapped(_key()) as work:
            pickup = service.cancel(
                work, g.merchant.shop, pickup_id, reason=reason, by=by, at=handcart().clock()
            )
        return gettext("%(order)s is cancelled.", order=pickup.order_name)

    return _act(pickup_id, cancel_it)


@blueprint.post("/counter/pickups/<pickup_id>/deeds/<deed>")
@merchant_required
def deed(pickup_id: str, deed: str) -> ResponseReturnValue:
    """Anything else that staff do with a pickup."""

    def do_it() -> str:
        by = g.merchant.acting()
        with tapped(_key()) as work:
            return do(
                work,
                g.merchant.shop,
                pickup_id,
                deed=deed,
                form=request.form,
                by=by,
                at=handcart().clock(),
            )

    return _act(pickup_id, do_it)


def _act(pickup_id: str, act: Callable[[], str]) -> ResponseReturnValue:
    """Do it and show the queue as it is now, with the news or with why not."""
    look(g.merchant.shop)
    with handcart().db.reading() as view:
        location_id = queries.get(view, g.merchant.shop, pickup_id).location_id
    status, said = 200, Said()
    try:
        stop_repeats(_key())
        said = Said(news=act())
    except DoneBefore as before:
        said = _said_before(before, pickup_id)
    except HandcartError as error:
        status, said = error.status, _refused(refusal(error), pickup_id)
    if request.headers.get("HX-Request"):
        return _queue(location_id, said=said, status=status)
    if said.news:
        address = merchant_url("counter.counter", store=location_id, **_looking().query)
        return redirect(address, 303)
    return _page(location_id, said=said), status


def _key() -> str:
    """Of the tap, made by the browser that keeps it."""
    return request.headers.get("Idempotency-Key", "")


def _said_before(before: DoneBefore, pickup_id: str) -> Said:
    if before.refused:
        return _refused(REFUSALS[before.refused].now(), pickup_id)
    return Said(news=gettext("That is done already."))


def _refused(words: str, pickup_id: str) -> Said:
    return Said(refused=words, pickup_id=pickup_id, typed=typed_address(request.form))


def _page(location_id: int | None, said: Said = Said()) -> str:
    stores = _stores()
    return render_template(
        "counter.html",
        stores=stores,
        location_id=location_id,
        looking=_looking(),
        queue=_waiting(location_id) if location_id is not None else None,
        tag=_tag(location_id) if location_id is not None else "",
        said=said,
        shop_domain=g.merchant.shop,
        keys=public_keys(handcart().keyring, g.merchant.shop),
        **_words(),
    )


def _queue(location_id: int, *, said: Said = Said(), status: int = 200) -> Response:
    # The tag comes first: a change in between is then fetched by the next poll.
    tag = _tag(location_id)
    html = render_template(
        "_queue.html",
        stores=_stores(),
        location_id=location_id,
        looking=_looking(),
        queue=_waiting(location_id),
        tag=tag,
        said=said,
        **_words(),
    )
    return fragment(html, tag=tag, status=status)


def _words() -> dict[str, Any]:
    """What every card has to say, and how it knows what to offer."""
    return {
        "reasons": STAFF_REASONS,
        "shortages": SHORTAGE_REASONS,
        "states": STATES,
        "possible": possible_for(g.merchant.acting()),
        "elsewhere": _elsewhere,
        "offers": _offers,
    }


def _elsewhere(pickup: Pickup) -> Elsewhere:
    """What other stores have of what a card misses."""
    with handcart().db.reading() as view:
        return elsewhere(view, g.merchant.shop, pickup, at=g.now)


def _offers(pickup: Pickup) -> tuple[Offer, ...]:
    """What was named in the place of what a card misses, and is there."""
    with handcart().db.reading() as view:
        return substitutes.offers(view, g.merchant.shop, pickup, at=g.now)


def _waiting(location_id: int) -> WaitingQueue:
    looking, app = _looking(), handcart()
    with app.db.reading() as view:
        return queries.waiting_queue(
            view,
            g.merchant.shop,
            location_id,
            show=looking.show,
            find=looking.find,
            keyring=app.keyring,
        )


def _tag(location_id: int) -> str:
    with handcart().db.reading() as view:
        counts = queries.open_counts(view, g.merchant.shop)
        stamp = queries.waiting_stamp(view, g.merchant.shop, location_id)
        return tag_of(stamp, counts, _looking())


def _stores() -> tuple[StoreFigures, ...]:
    with handcart().db.reading() as view:
        return store_figures(
            stock.places(view, g.merchant.shop), queries.open_counts(view, g.merchant.shop)
        )


def _chosen(asked: int | None) -> int | None:
    """The store asked for if there is one, else the first; None for a shop without stores."""
    known = [store.place.location_id for store in _stores()]
    return asked if asked in known else next(iter(known), None)
