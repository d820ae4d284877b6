"""What staff do at the counter between an order and its end, and finding one among many."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from handcart import Handcart
from handcart.pickups import Pickup, State, acts, code_for, queries, service
from handcart.pickups.life import Clock
from handcart.storage.outbox import tasks

SHOP = "juniper-tea.myshopify.com"
HARBOUR = 31
Place = Callable[..., Pickup]


def pickup_of(app: Handcart, pickup: Pickup) -> Pickup:
    with app.db.reading() as view:
        return queries.get(view, SHOP, pickup.pickup_id)


def calls(app: Handcart) -> list[tuple[str, Any]]:
    with app.db.reading() as view:
        rows = view.execute(select(tasks).where(tasks.c.kind == "call").order_by(tasks.c.place))
        return [(row.name, row.payload.get("lines")) for row in rows]


def words(answer: Any) -> str:
    text = re.sub(r"<(script|svg|title)\b.*?</\1>|<[^>]+>", " ", answer.text, flags=re.S)
    return " ".join(unescape(text).split())


def deed(admin: Any, pickup: Pickup, name: str, **form: str) -> Any:
    return admin.tap(f"/counter/pickups/{pickup.pickup_id}/deeds/{name}", **form)


def make_ready(app: Handcart, pickup: Pickup) -> str:
    with app.db.writing() as work:
        service.mark_ready(work, SHOP, pickup.pickup_id, by="staff:1", at=app.clock())
    return code_for(app.keyring, SHOP, pickup.pickup_id, generation=1)


def test_an_order_is_accepted_and_then_says_so(app: Handcart, admin: Any, place: Place) -> None:
    pickup = place()
    answer = deed(admin, pickup, "accept")
    assert "#1001 is accepted." in words(answer)
    assert 'class="tag state">Accepted<' in answer.text
    assert ">Accept<" not in answer.text
    assert pickup_of(app, pickup).state is State.ACCEPTED


def test_a_part_is_made_ready_and_the_rest_reported_missing(
    app: Handcart, admin: Any, place: Place
) -> None:
    pickup = place()
    answer = deed(admin, pickup, "miss", reason="not_found", **{"units-1": "1", "units-2": "0"})
    assert "1 missing" in words(answer)
    answer = deed(admin, pickup, "pack", **{"units-1": "1", "units-2": "1"})
    assert "A part of #1001 is ready. The customer is told." in words(answer)
    assert pickup_of(app, pickup).state is State.SHORT
    answer = deed(admin, pickup, "drop")
    assert "What is missing of #1001 is refunded." in words(answer)
    assert pickup_of(app, pickup).state is State.READY
    assert calls(app) == [("prepare_for_pickup", None), ("refund", {"1": 1})]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"units-1": "9", "reason": "damaged"}, "There are not that many left."),
        ({"units-1": "two", "reason": "damaged"}, "Say how many."),
        ({"units-1": "0", "reason": "damaged"}, "Say how many."),
        ({"units-1": "1", "reason": "bored"}, "Choose why."),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_card(
    form: dict[str, str], said: str, app: Handcart, admin: Any, place: Place
) -> None:
    pickup = place()
    answer = deed(admin, pickup, "miss", **form)
    assert answer.status_code in (400, 409)
    assert said in words(answer)
    assert pickup_of(app, pickup) == pickup


def test_goods_lie_in_a_bay_and_their_customer_is_here(
    app: Handcart, admin: Any, place: Place
) -> None:
    first, second = place(1001), place(1002)
    for pickup in (first, second):
        make_ready(app, pickup)
    assert "B 12" in words(deed(admin, second, "bay", bay=" B   12 "))
    answer = deed(admin, second, "arrive")
    assert "Here now" in words(answer)
    # Whoever stands there comes first.
    assert answer.text.index("pickup-9002") < answer.text.index("pickup-9001")
    assert pickup_of(app, second).bay == "B 12"


def test_a_part_is_handed_over_to_whom_the_card_names(
    app: Handcart, admin: Any, place: Place
) -> None:
    pickup = place()
    make_ready(app, pickup)
    path = f"/counter/pickups/{pickup.pickup_id}/collection"
    answer = admin.tap(path, proof="identity", **{"units-1": "1", "units-2": "0"})
    assert "A part of #1001 is handed over." in words(answer)
    assert pickup_of(app, pickup).state is State.PARTLY_COLLECTED
    assert admin.tap(path, proof="identity").status_code == 200
    assert pickup_of(app, pickup).state is State.COLLECTED
    assert [lines for _, lines in calls(app)] == [None, {"1": 1}, {"1": 1, "2": 1}]


def test_what_nobody_came_for_goes_back_on_the_shelf(
    app: Handcart, admin: Any, place: Place, clock: Any
) -> None:
    pickup = place()
    make_ready(app, pickup)
    clock.pass_(days=8)
    with app.db.writing() as work:
        acts.clock_went_off(work, SHOP, pickup.pickup_id, clock=Clock.EXPIRE, at=clock.now)
    assert "Not collected in time" in words(admin.open("/counter", store=HARBOUR))
    answer = deed(admin, pickup, "restock")
    assert "#1001 is back on the shelf and will be refunded." in words(answer)
    assert pickup_of(app, pickup).state is State.RESTOCKED
    assert [name for name, _ in calls(app)] == ["prepare_for_pickup", "cancel_order"]


def test_a_deed_that_is_none_is_not_found(admin: Any, place: Place) -> None:
    assert deed(admin, place(), "destroy").status_code == 404


def test_the_pick_slip_can_be_printed(admin: Any, place: Place) -> None:
    pickup = place()
    slip = admin.open(f"/counter/pickups/{pickup.pickup_id}/slip")
    text = words(slip)
    assert "#1001 Harbour Mina Units Item Found 2 Gyokuro, 50 g GYO-50 1 Tea caddy CAD-1" in text
    assert "Sato" not in text


def test_one_of_many_is_found_by_its_number_its_name_or_its_code(
    app: Handcart, admin: Any, place: Place
) -> None:
    first, second = place(1001), place(1002, customer_name="Ada Day")
    code = make_ready(app, second)

    def found(text: str) -> list[str]:
        page = admin.fetch(f"/counter/{HARBOUR}/queue?find={text}")
        return re.findall(r'id="pickup-(\d+)"', page.text)

    assert found("1001") == [first.pickup_id]
    assert found("ADA") == [second.pickup_id]
    assert found(code.lower()) == [second.pickup_id]
    assert found("nobody") == []
    assert found("%25") == []
    scanned = admin.fetch(f"/counter/{HARBOUR}/queue?find={code}")
    assert f'value="{code}"' in scanned.text


def test_two_thousand_orders_are_shown_thirty_at_a_time(
    app: Handcart, admin: Any, place: Place
) -> None:
    for number in range(1001, 1041):
        place(number)
    page = admin.open("/counter", store=HARBOUR)
    assert page.text.count('<article class="card') == 30
    assert 'To prepare <span class="count">40</span>' in page.text
    more = re.search(r'hx-get="([^"]*show=60[^"]*)"', page.text)
    assert more is not None
    assert "Show 10 more" in page.text
    answer = admin.fetch(unescape(more[1]))
    assert answer.text.count('<article class="card') == 40
    # A tap keeps what was being looked at.
    assert "show=60" in answer.text


@pytest.mark.server
def test_the_counter_is_usable_with_two_thousand_open_orders(
    app: Handcart, admin: Any, place: Place
) -> None:
    """Measured on two idle cores: 60 ms for the page, 5 ms for a poll without news."""
    for number in range(1001, 3001):
        place(number)
    page = admin.open("/counter", store=HARBOUR)
    began = time.perf_counter()
    page = admin.open("/counter", store=HARBOUR)
    whole = time.perf_counter() - began
    tag = re.search(r'"If-None-Match": "\\"(\w+)', unescape(page.text))
    assert tag is not None
    began = time.perf_counter()
    polled = admin.fetch(f"/counter/{HARBOUR}/queue", **{"If-None-Match": f'"{tag[1]}"'})
    poll = time.perf_counter() - began
    print(f"page {whole * 1000:.0f} ms of {len(page.data)} bytes, poll {poll * 1000:.0f} ms")
    assert polled.status_code == 304
    assert len(page.data) < 400_000
    assert whole < 1.0
