"""What is missing comes from another store: chosen by the shopper, sent and received by staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from handcart import Handcart
from handcart.pickups import Pickup, State, acts, queries
from handcart.platform.port import StockLevel
from handcart.stock import service as stock
from handcart.stock import transfers
from tests.example_app.at_home import Shopper

from .conftest import HARBOUR, LINES, OLD_TOWN, SHOP

Place = Callable[..., Pickup]


@pytest.fixture
def short(app: Handcart, place: Place, at: datetime) -> Pickup:
    """Two teas are not found at the Harbour; Old Town has six."""
    pickup = place(lines=LINES[:1])
    six = StockLevel(701, 501, OLD_TOWN, 6, at, title="Gyokuro")
    with app.db.writing() as work:
        stock.level_read(work, SHOP, six, at=at)
        return acts.report_missing(
            work,
            SHOP,
            pickup.pickup_id,
            units={1: 2},
            reason="not_found",
            by="staff:1",
            at=at,
        )


def now(app: Handcart, pickup: Pickup) -> Pickup:
    with app.db.reading() as view:
        return queries.get(view, SHOP, pickup.pickup_id)


def the_transfer(app: Handcart) -> str:
    with app.db.reading() as view:
        (one,) = transfers.of_location(view, SHOP, OLD_TOWN)
    return one.transfer_id


def test_a_shopper_has_it_brought_and_both_stores_do_their_part(
    app: Handcart, admin: Any, short: Pickup
) -> None:
    shopper = Shopper(app, short)
    assert "Bring it here from Old Town" in shopper.sees()
    assert shopper.does("bring", store=str(OLD_TOWN)) == 303
    assert now(app, short).state is State.TRANSFER
    assert "We have asked another store for what is missing." in shopper.sees()
    assert "Asked of another store" in admin.open("/counter", store=HARBOUR).text
    asked = the_transfer(app)
    there = admin.open("/stock", store=OLD_TOWN).text
    assert "We do not send it" in there
    assert "We do not send it" not in admin.open("/stock", store=HARBOUR).text
    assert "On its way." in admin.tap(f"/stock/{OLD_TOWN}/transfers/{asked}/dispatch").text
    assert now(app, short).state is State.INBOUND
    assert "What was missing is on its way here." in shopper.sees()
    came = admin.tap(f"/stock/{HARBOUR}/transfers/{asked}/arrival", **{"units-701": "2"})
    assert "Received." in came.text
    assert now(app, short).state is State.RECEIVED
    assert "We are preparing your order" in shopper.sees()
    counter = admin.open("/counter", store=HARBOUR).text
    assert "What was missing has come" in counter
    assert "Mark ready" in counter


def test_a_store_that_does_not_send_it_leaves_the_choice_to_the_shopper_again(
    app: Handcart, admin: Any, short: Pickup
) -> None:
    bring = f"/counter/pickups/{short.pickup_id}/deeds/bring"
    assert admin.tap(bring, store="9" * 30).status_code == 404
    assert admin.tap(bring, store=str(OLD_TOWN)).status_code == 200
    asked = the_transfer(app)
    answer = admin.tap(f"/stock/{OLD_TOWN}/transfers/{asked}/dispatch", no="yes")
    assert "Not sent." in answer.text
    assert now(app, short).state is State.SHORT
    assert admin.tap(f"/stock/{OLD_TOWN}/transfers/{asked}/dispatch").status_code == 409


def test_a_shopper_would_rather_not_wait(app: Handcart, short: Pickup) -> None:
    shopper = Shopper(app, short)
    shopper.does("bring", store=str(OLD_TOWN))
    assert "I would rather not wait" in shopper.sees()
    assert shopper.does("do-without") == 303
    assert now(app, short).state is State.SHORT


def test_a_shopper_collects_all_of_it_at_the_other_store(
    app: Handcart, admin: Any, short: Pickup
) -> None:
    shopper = Shopper(app, short)
    assert "I collect all of it at Old Town" in shopper.sees()
    assert shopper.does("elsewhere", store=str(OLD_TOWN)) == 303
    moved = now(app, short)
    assert (moved.state, moved.location_id) == (State.REQUESTED, OLD_TOWN)
    assert "#1001" in admin.open("/counter", store=OLD_TOWN).text
    assert "Old Town" in shopper.sees()


def test_staff_move_an_order_to_the_store_that_has_it(
    app: Handcart, admin: Any, short: Pickup
) -> None:
    assert "Move the order there" in admin.open("/counter", store=HARBOUR).text
    deed = f"/counter/pickups/{short.pickup_id}/deeds/elsewhere"
    assert admin.tap(deed, store=str(HARBOUR)).status_code == 409
    assert "Another store has #1001 now." in admin.tap(deed, store=str(OLD_TOWN)).text.replace(
        "\u2068", ""
    ).replace("\u2069", "")


HOME = {"name": "Mina Sato", "street": "Elm 1", "town": "Varna", "country": "BG"}


def test_a_shopper_has_what_is_missing_sent(app: Handcart, admin: Any, short: Pickup) -> None:
    shopper = Shopper(app, short)
    page = shopper.sees()
    assert "Send what is missing" in page
    assert '<option value="BG">Bulgaria</option>' in page
    # Nothing else is owed: there is no "all of it" beside it.
    assert "Send all of it" not in page
    assert shopper.does("ship", what="missing", **HOME | {"town": ""}) == 400
    assert now(app, short).state is State.SHORT
    assert shopper.does("ship", what="missing", **HOME) == 303
    assert now(app, short).state is State.SENDING
    assert "It will be sent to you" in shopper.sees()
    card = admin.open("/counter", store=HARBOUR).text
    assert "Is to be sent" in card
    assert "Mark ready" not in card
    assert "Elm 1" not in card + shopper.sees()


def test_an_address_that_is_refused_need_not_be_written_again(
    app: Handcart, admin: Any, short: Pickup
) -> None:
    half = {**HOME, "town": "", "more": 'Flat "3" <b>'}
    deed = f"/counter/pickups/{short.pickup_id}/deeds/ship"
    for page in (
        Shopper(app, short).posts("ship", what="missing", **half).text,
        admin.tap(deed, what="missing", **half).text,
    ):
        assert 'value="Elm 1"' in page
        assert 'value="Flat &#34;3&#34; &lt;b&gt;"' in page
        assert '<option value="BG" selected>' in page
        assert " open>" in page.split("Flat")[0]
    for page in (Shopper(app, short).sees(), admin.open("/counter", store=HARBOUR).text):
        assert "Elm 1" not in page
        assert " open>" not in page


def test_staff_have_it_sent_to_a_shopper_who_calls(
    app: Handcart, admin: Any, short: Pickup
) -> None:
    assert "Send it to the customer" in admin.open("/counter", store=HARBOUR).text
    deed = f"/counter/pickups/{short.pickup_id}/deeds/ship"
    refused = admin.tap(deed, what="missing")
    assert refused.status_code == 400
    assert "Fill in the whole address." in refused.text
    assert "will be sent." in admin.tap(deed, what="all", **HOME).text
    assert now(app, short).state is State.SENDING


def test_what_nobody_has_is_not_offered_to_be_sent(app: Handcart, short: Pickup) -> None:
    with app.db.writing() as work:
        gone = StockLevel(701, 501, OLD_TOWN, 1, app.clock(), title="Gyokuro")
        stock.level_read(work, SHOP, gone, at=app.clock())
    shopper = Shopper(app, short)
    assert "Send it to me instead" not in shopper.sees()
    assert shopper.does("ship", what="missing", **HOME) == 409
    assert now(app, short).state is State.SHORT
