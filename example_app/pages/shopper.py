"""The shopper's page of one pickup, behind a signed link: no account, no cookie, no guessing.

Whoever has the link is the shopper. So the page is kept in no cache, tells its address to no other
site, and can be framed by none. It works without JavaScript; with it, it keeps itself up to date.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import segno
from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadData
from sqlalchemy import Connection

from handcart.errors import BadInput, HandcartError, NotFound
from handcart.pickups import (
    Act,
    PageLink,
    Pickup,
    code_for,
    elsewhere,
    in_groups,
    planning,
    proxies,
    queries,
    read_link,
    sign_link,
    substitutes,
)
from handcart.pickups import service as pickups
from handcart.pickups.elsewhere import Elsewhere
from handcart.pickups.life import may
from handcart.pickups.policy import USUAL
from handcart.pickups.signed import UNKNOWN_KEPT, signed_code
from handcart.pickups.substitutes import Offer
from handcart.stock import Place
from handcart.stock import service as stock
from handcart.web import handcart

from .forms import typed_address
from .fragments import fragment, is_known, tag_of, unchanged
from .looking import look
from .shopper_deeds import do
from .words import SHOPPER_REASONS, refusal

blueprint = Blueprint("shopper", __name__)

_FORM = "pickup cancel form"
_FORM_GOOD_FOR = 12 * 60 * 60
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Sent:
    """Somebody whom the shopper sends, and the address of their own page."""

    proxy_id: int
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page shows. ``code`` is there only while the goods wait for it."""

    pickup: Pickup
    place: Place
    code: str
    signed: str
    why_cancelled: str
    slots: tuple[datetime, ...]
    by: str
    proxies: tuple[Sent, ...]
    hours: str
    elsewhere: Elsewhere
    offers: tuple[Offer, ...]
    tag: str

    @property
    def can(self) -> dict[str, bool]:
        """What the table lets the shopper do now; a second prolonging it does not."""
        pickup = self.pickup
        allowed = {act.value: not pickup.held and may(pickup, act, self.by) for act in Act}
        return allowed | {"extend": allowed["extend"] and pickup.extensions < USUAL.extensions}

    @property
    def qr(self) -> str:
        """The signed code as a picture that a scanner types, as an address of an image."""
        made = segno.make_qr(self.signed, error="m")
        return made.svg_data_uri(scale=4, border=2, light="#fff", dark="#000")


@blueprint.after_request
def keep_private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@blueprint.errorhandler(NotFound)
def lost(error: NotFound) -> ResponseReturnValue:
    return render_template("lost.html"), error.status


@blueprint.get("/pickup/<signed>")
def pickup(signed: str) -> ResponseReturnValue:
    return _page(signed, _link(signed))


@blueprint.get("/pickup/<signed>/state")
def state(signed: str) -> Response:
    """The part of the page that changes, or 304."""
    link = _link(signed)
    shop = look(link.shop)
    seen = _seen(link)
    if is_known(seen.tag):
        return unchanged(seen.tag)
    html = render_template(
        "_pickup.html", shop=shop, seen=seen, signed=signed, form=_form(link), typed={}
    )
    return fragment(html, tag=seen.tag)


@blueprint.get("/pickup/<signed>/pass")
def paper(signed: str) -> str:
    """What to show at the counter, to be printed or kept: it needs no network there."""
    link = _link(signed)
    return render_template("pass.html", shop=look(link.shop), seen=_seen(link))


@blueprint.post("/pickup/<signed>/cancellation")
def cancel(signed: str) -> ResponseReturnValue:
    """Cancel before collection; the form proves that our page asked for it."""
    link = _link(signed)
    app = handcart()
    try:
        _check_form(link, request.form.get("form", ""))
        with app.db.writing() as work:
            queries.of_link(work, link)
            pickups.cancel(
                work,
                link.shop,
                link.pickup_id,
                reason="changed_mind",
                by=link.by,
                at=app.clock(),
            )
    except HandcartError as error:
        return _page(signed, link, refused=error), error.status
    return redirect(_own_address(signed), 303)


@blueprint.post("/pickup/<signed>/deeds/<deed>")
def deed(signed: str, deed: str) -> ResponseReturnValue:
    """What else the shopper can do; the same form proves that our page asked for it."""
    link = _link(signed)
    app = handcart()
    try:
        _check_form(link, request.form.get("form", ""))
        with app.db.writing() as work:
            queries.of_link(work, link)
            do(work, link, deed, form=request.form, at=app.clock())
    except HandcartError as error:
        return _page(signed, link, refused=error), error.status
    return redirect(_own_address(signed), 303)


def _page(signed: str, link: PageLink, *, refused: HandcartError | None = None) -> str:
    shop = look(link.shop)
    return render_template(
        "shopper.html",
        shop=shop,
        seen=_seen(link),
        signed=signed,
        form=_form(link),
        refused=refusal(refused) if refused else "",
        typed=typed_address(request.form),
    )


def _seen(link: PageLink) -> Seen:
    app = handcart()
    with app.db.reading() as view:
        pickup = queries.of_link(view, link)
        place = stock.place(view, link.shop, pickup.location_id)
        last = queries.changes(view, link.shop, link.pickup_id)[-1]
        slots = _slots(view, link, pickup, at=app.clock())
        sent = _sent(view, link)
        hours = planning.plan_of(view, link.shop, pickup.location_id).hours
        others = elsewhere.elsewhere(view, link.shop, pickup, at=app.clock())
        offers = substitutes.offers(view, link.shop, pickup, at=app.clock())
    return Seen(
        pickup=pickup,
        place=place,
        code=in_groups(_code(link)) if any(line.waiting for line in pickup.lines) else "",
        signed=_signed(link, pickup),
        why_cancelled=_why(last.why),
        slots=slots,
        by=link.by,
        proxies=sent,
        hours=hours.weekly,
        elsewhere=others,
        offers=offers,
        tag=tag_of(pickup.version, place, sent, hours.weekly, others, offers),
    )


def _code(link: PageLink) -> str:
    keyring = handcart().keyring
    if link.proxy_id is None:
        return code_for(keyring, link.shop, link.pickup_id, generation=link.generation)
    return proxies.proxy_code(
        keyring, link.shop, link.pickup_id, generation=link.generation, proxy_id=link.proxy_id
    )


def _signed(link: PageLink, pickup: Pickup) -> str:
    """Good for as long as the goods are kept; the same all day long, so that the page can rest."""
    app = handcart()
    midnight = app.clock().replace(hour=0, minute=0, second=0, microsecond=0)
    until = pickup.expires_at or midnight + UNKNOWN_KEPT
    return signed_code(app.keyring, link, not_after=until)


def _sent(view: Connection, link: PageLink) -> tuple[Sent, ...]:
    """Whom the shopper sends; a person who is sent hears of nobody else."""
    if link.proxy_id is not None:
        return ()
    app = handcart()
    found = []
    for one in proxies.proxies_of(view, link.shop, link.pickup_id):
        signed = sign_link(app.keyring, replace(link, proxy_id=one.proxy_id))
        found.append(Sent(one.proxy_id, one.name, f"{app.settings.app_url}/pickup/{signed}"))
    return tuple(found)


def _slots(
    view: Connection, link: PageLink, pickup: Pickup, *, at: datetime
) -> tuple[datetime, ...]:
    """The slots to choose from, while the store still has to prepare something."""
    if pickup.held or not may(pickup, Act.PROMISE, link.by) or pickup.expires_at:
        return ()
    variants = planning.variants_of(pickup)
    return planning.offer(
        view, link.shop, pickup.location_id, at=at, units=pickup.units, variants=variants
    ).slots


def _why(reason: str) -> str:
    return SHOPPER_REASONS[reason].now() if reason in SHOPPER_REASONS else ""


def _link(signed: str) -> PageLink:
    app = handcart()
    return read_link(app.keyring, signed, at=app.clock())


def _form(link: PageLink) -> str:
    signed = handcart().keyring.serializer(_FORM).dumps([link.shop, link.pickup_id, link.by])
    return str(signed)


def _check_form(link: PageLink, given: str) -> None:
    try:
        signer = handcart().keyring.serializer(_FORM)
        made_for = signer.loads(given, max_age=_FORM_GOOD_FOR)
    except BadData:
        made_for = None
    if made_for != [link.shop, link.pickup_id, link.by]:
        raise BadInput("form_too_old")


def _own_address(signed: str) -> str:
    locale = request.args.get("locale")
    return url_for("shopper.pickup", signed=signed, locale=locale)
