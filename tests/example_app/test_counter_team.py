"""Several people at one counter: taps that come twice, roles, one round for all orders, paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from handcart import Handcart
from handcart.pickups import Pickup, State, code_for, queries, service
from handcart.platform.port import FulfillmentOrder
from handcart.staff import Role
from handcart.staff import service as staff
from tests.example_app.conftest import HARBOUR, LINES, OLD_TOWN, SHOP, id_token

Place = Callable[..., Pickup]


def words(answer: Any) -> str:
    text = re.sub(r"<(script|svg|title)\b.*?</\1>|<[^>]+>", " ", answer.text, flags=re.S)
    return " ".join(unescape(text).split())


def send(app: Handcart, path: str, *, key: str = "", user: str = "7", **form: str) -> Any:
    """A tap of this member of the staff, by htmx, with the key that its browser gave it."""
    headers = {"Authorization": f"Bearer {id_token(app, user=user)}", "HX-Request": "true"}
    headers |= {"Idempotency-Key": key} if key else {}
    return app.flask.test_client().post(path, data=form, headers=headers)


def pickup_of(app: Handcart, pickup: Pickup) -> Pickup:
    with app.db.reading() as view:
        return queries.get(view, SHOP, pickup.pickup_id)


def ready(app: Handcart, pickup: Pickup) -> str:
    with app.db.writing() as work:
        service.mark_ready(work, SHOP, pickup.pickup_id, by="staff:1", at=app.clock())
    return code_for(app.keyring, SHOP, pickup.pickup_id, generation=1)


def pickers(app: Handcart, *user_ids: int) -> None:
    """7 manages from now on, and these are pickers."""
    with app.db.writing() as work:
        for user_id in user_ids:
            staff.seen(work, SHOP, user_id, at=app.clock())
            staff.give_role(work, SHOP, user_id, role=Role.PICKER, name="Ana", by=7, at=app.clock())


def test_a_tap_that_is_sent_twice_is_done_once(app: Handcart, place: Place) -> None:
    pickup = place()
    path = f"/counter/pickups/{pickup.pickup_id}/deeds/extend"
    ready(app, pickup)
    first = send(app, path, key="tap-number-one")
    again = send(app, path, key="tap-number-one")
    assert (first.status_code, again.status_code) == (200, 200)
    assert "#1001 is kept for longer." in words(first)
    assert "That is done already." in words(again)
    assert pickup_of(app, pickup).extensions == 1
    send(app, path, key="tap-number-two")
    assert pickup_of(app, pickup).extensions == 2


def test_a_wrong_code_that_is_sent_again_is_counted_once(app: Handcart, place: Place) -> None:
    pickup = place()
    code = ready(app, pickup)
    path = f"/counter/pickups/{pickup.pickup_id}/collection"
    for _ in range(7):
        answer = send(app, path, key="tap-of-a-typo", code="00000000")
        assert "That is not the code of this order." in words(answer)
    assert send(app, path, key="tap-of-the-code", code=code).status_code == 200
    assert pickup_of(app, pickup).state is State.COLLECTED


def test_a_key_that_is_none_is_refused(app: Handcart, place: Place) -> None:
    pickup = place()
    path = f"/counter/pickups/{pickup.pickup_id}/preparation"
    answer = send(app, path, key="no")
    assert (answer.status_code, "tap_key_malformed" in answer.text) == (400, True)
    assert pickup_of(app, pickup) == pickup


def test_a_picker_cannot_cancel_what_was_put_aside_and_a_manager_can(
    app: Handcart, place: Place
) -> None:
    pickup = place()
    ready(app, pickup)
    pickers(app, 8)
    path = f"/counter/pickups/{pickup.pickup_id}/cancellation"
    refused = send(app, path, user="8", reason="other")
    assert refused.status_code == 403
    assert "Only a manager may do this." in words(refused)
    assert "Cancel the order" not in words(refused)
    assert pickup_of(app, pickup).state is State.READY
    assert send(app, path, user="7", reason="other").status_code == 200
    assert pickup_of(app, pickup).state is State.CANCELLED
    with app.db.reading() as view:
        assert queries.changes(view, SHOP, pickup.pickup_id)[-1].by == "manager:7"


def test_a_manager_gives_roles_on_the_page_of_the_staff(app: Handcart, admin: Any) -> None:
    client = app.flask.test_client()
    query = {"id_token": id_token(app, user="8"), "shop": SHOP, "host": "YWRtaW4"}
    client.get("/counter", query_string=query, headers={"Accept": "text/html"})
    page = admin.open("/staff")
    assert 'id="member-8"' in page.text
    assert words(page).count("Manager") >= 2
    done = send(app, "/staff/8", role="picker", name="  Ana   B ")
    assert done.status_code == 303
    assert "Ana B" in words(admin.open("/staff"))
    refused = send(app, "/staff/7", user="8", role="picker", name="")
    assert refused.status_code == 403
    assert "Only a manager may do this." in words(refused)
    assert '<select id="role-7"' not in refused.text
    last = send(app, "/staff/7", role="picker", name="")
    assert (last.status_code, "Somebody has to stay a manager." in words(last)) == (409, True)


@pytest.mark.parametrize(("user_id", "role", "status"), [(99, "picker", 404), (7, "owner", 400)])
def test_a_role_that_makes_no_sense_is_refused(
    user_id: int, role: str, status: int, app: Handcart
) -> None:
    assert send(app, f"/staff/{user_id}", role=role, name="").status_code == status


def test_goods_for_grown_ups_are_handed_over_once_somebody_looked(
    app: Handcart, admin: Any, place: Place
) -> None:
    pickup = place(lines=(replace(LINES[0], min_age=18),))
    code = ready(app, pickup)
    assert "I saw that they are 18 or older" in words(admin.open("/counter", store=HARBOUR))
    path = f"/counter/pickups/{pickup.pickup_id}/collection"
    refused = send(app, path, code=code)
    assert refused.status_code == 409
    assert "For grown-ups only: check their age, then say so." in words(refused)
    assert pickup_of(app, pickup).state is State.READY
    assert send(app, path, code=code, aged="yes").status_code == 200
    assert pickup_of(app, pickup).state is State.COLLECTED


def test_one_round_fetches_the_goods_of_all_orders(app: Handcart, admin: Any, place: Place) -> None:
    first, second = place(1001), place(1002, lines=LINES[:1])
    place(1003, location_id=OLD_TOWN)
    ready(app, place(1004))
    path = f"/counter/{HARBOUR}/pick-list"
    rows = re.findall(r"<tr>(.*?)</tr>", admin.open(path).text, flags=re.S)[1:]
    texts = [" ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in rows]
    assert texts == ["4 Gyokuro, 50 g GYO-50 #1001 × 2 #1002 × 2", "1 Tea caddy CAD-1 #1001"]
    assert send(app, path).status_code == 303
    assert {pickup_of(app, each).state for each in (first, second)} == {State.PICKING}
    assert "I prepare" not in words(admin.open(path))
    send(
        app,
        f"/counter/pickups/{first.pickup_id}/deeds/miss",
        reason="not_found",
        **{"units-1": "2"},
    )
    assert "#1001 × 2" not in words(admin.open(path))


def test_a_pick_list_with_nothing_on_it_says_so(admin: Any) -> None:
    assert "All prepared." in words(admin.open(f"/counter/{HARBOUR}/pick-list"))


def test_the_label_of_a_bag_shows_the_order_and_no_code(
    app: Handcart, admin: Any, place: Place
) -> None:
    pickup = place()
    code = ready(app, pickup)
    label = admin.open(f"/counter/pickups/{pickup.pickup_id}/label")
    assert words(label) == "#1001 Mina Harbour · 3 items"
    assert code not in label.text
    assert "data:image/svg+xml" in label.text


def test_an_order_on_hold_is_on_no_pick_list(app: Handcart, admin: Any, place: Place) -> None:
    place()
    held = work_of(app, status="on_hold")
    with app.db.writing() as work:
        service.request_pickup(work, SHOP, held, at=app.clock())
    assert "#1001" not in words(admin.open(f"/counter/{HARBOUR}/pick-list"))


def work_of(app: Handcart, *, status: str) -> FulfillmentOrder:
    return FulfillmentOrder(
        fulfillment_order_id=9001,
        order_id=1001,
        order_name="#1001",
        method="pick_up",
        status=status,
        location_id=HARBOUR,
        customer_name="Mina Sato",
        customer_id=77,
        covers_order=True,
        updated_at=app.clock() + timedelta(seconds=1),
        lines=LINES,
    )
