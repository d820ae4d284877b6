from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from handcart import Handcart
from handcart.pickups import Pickup, State, code_for, queries, service
from handcart.storage.outbox import tasks

SHOP = "juniper-tea.myshopify.com"
HARBOUR, OLD_TOWN = 31, 32
Place = Callable[..., Pickup]


def state_of(app: Handcart, pickup: Pickup) -> State:
    with app.db.reading() as view:
        return queries.get(view, SHOP, pickup.pickup_id).state


def calls(app: Handcart) -> list[str]:
    with app.db.reading() as view:
        rows = view.execute(select(tasks.c.name).where(tasks.c.kind == "call"))
        return [row.name for row in rows]


def words(answer: TestResponse) -> str:
    """What a person reads on the page."""
    text = re.sub(r"<(script|svg|title)\b.*?</\1>|<[^>]+>", " ", answer.text, flags=re.S)
    return " ".join(unescape(text).split())


def make_ready(app: Handcart, pickup: Pickup) -> str:
    """The goods lie at the counter; the code that opens them."""
    with app.db.writing() as work:
        service.mark_ready(work, SHOP, pickup.pickup_id, by="staff:1", at=app.clock())
    return code_for(app.keyring, SHOP, pickup.pickup_id, generation=1)


def test_the_queue_shows_what_to_prepare_for_whom_since_when(
    admin: Any, place: Place, clock: Any
) -> None:
    place(1001)
    clock.pass_(minutes=12)
    place(1002, customer_name="")
    page = admin.open("/counter", store=HARBOUR, locale="en-GB")
    text = words(page)
    assert page.status_code == 200
    assert "#1001 Mina waiting since 11:00, 12 min" in text
    assert "2 × Gyokuro, 50 g GYO-50" in text
    assert "Sato" not in text
    assert text.index("#1001") < text.index("#1002")
    assert page.text.count("Mark ready") == 2
    assert "Hand over" not in text


def test_each_store_has_its_own_queue(admin: Any, place: Place) -> None:
    place(1001)
    place(1002, location_id=OLD_TOWN)
    harbour, old_town = (words(admin.open("/counter", store=one)) for one in (HARBOUR, OLD_TOWN))
    assert "#1001" in harbour and "#1002" not in harbour
    assert "#1002" in old_town and "#1001" not in old_town
    assert "Harbour to prepare: 1" in old_town


def test_a_store_that_is_not_ours_falls_back_to_the_first(admin: Any, place: Place) -> None:
    place(1001)
    assert "#1001" in words(admin.open("/counter", store=999))
    assert "#1001" in words(admin.open("/counter", store="x"))


def test_marking_ready_moves_the_card_and_tells_the_platform(
    app: Handcart, admin: Any, place: Place
) -> None:
    pickup = place()
    answer = admin.tap(f"/counter/pickups/{pickup.pickup_id}/preparation")
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "#1001 is ready. The customer is told." in words(answer)
    assert "Hand over" in words(answer)
    assert state_of(app, pickup) is State.READY
    assert calls(app) == ["prepare_for_pickup"]


def test_the_code_hands_over_and_the_card_is_gone(app: Handcart, admin: Any, place: Place) -> None:
    pickup = place()
    code = make_ready(app, pickup)
    answer = admin.tap(f"/counter/pickups/{pickup.pickup_id}/collection", code=code.lower())
    assert answer.status_code == 200
    assert "#1001 is handed over." in words(answer)
    assert f'id="pickup-{pickup.pickup_id}"' not in answer.text
    assert calls(app) == ["prepare_for_pickup", "fulfil"]


def test_a_wrong_code_is_refused_beside_its_card_and_the_fifth_locks(
    app: Handcart, admin: Any, place: Place, clock: Any
) -> None:
    pickup = place()
    code = make_ready(app, pickup)
    path = f"/counter/pickups/{pickup.pickup_id}/collection"
    wrong = [admin.tap(path, code="0000-0000") for _ in range(5)]
    assert [answer.status_code for answer in wrong] == [403, 403, 403, 403, 429]
    assert "That is not the code of this order." in words(wrong[0])
    assert 'aria-invalid="true"' in wrong[0].text
    right = admin.tap(path, code=code)
    assert (right.status_code, "Too many wrong codes" in words(right)) == (429, True)
    assert state_of(app, pickup) is State.READY
    assert calls(app) == ["prepare_for_pickup"]
    clock.pass_(minutes=15)
    assert admin.tap(path, code=code).status_code == 200
    assert state_of(app, pickup) is State.COLLECTED


def test_no_code_at_all_is_no_try(app: Handcart, admin: Any, place: Place) -> None:
    pickup = place()
    make_ready(app, pickup)
    path = f"/counter/pickups/{pickup.pickup_id}/collection"
    assert [admin.tap(path, code=" ").status_code for _ in range(6)] == [400] * 6
    assert admin.tap(path).status_code == 400
    assert state_of(app, pickup) is State.READY


def test_an_identity_card_hands_over_without_a_code(
    app: Handcart, admin: Any, place: Place
) -> None:
    pickup = place()
    make_ready(app, pickup)
    path = f"/counter/pickups/{pickup.pickup_id}/collection"
    assert admin.tap(path, proof="identity").status_code == 200
    with app.db.reading() as view:
        last = queries.changes(view, SHOP, pickup.pickup_id)[-1]
    assert (last.wanted, last.by, last.why) == (State.COLLECTED, "manager:7", "identity")


def test_cancelling_needs_a_reason_from_the_list(app: Handcart, admin: Any, place: Place) -> None:
    pickup = place()
    path = f"/counter/pickups/{pickup.pickup_id}/cancellation"
    assert admin.tap(path, reason="").status_code == 400
    assert admin.tap(path, reason="changed_mind").status_code == 400
    assert state_of(app, pickup) is State.REQUESTED
    assert "#1001 is cancelled." in words(admin.tap(path, reason="out_of_stock"))
    assert state_of(app, pickup) is State.CANCELLED
    assert calls(app) == ["cancel_order"]


def test_a_tap_on_what_moved_on_meanwhile_says_so(app: Handcart, admin: Any, place: Place) -> None:
    pickup = place()
    with app.db.writing() as work:
        service.cancel(
            work, SHOP, pickup.pickup_id, reason="changed_mind", by="shopper", at=app.clock()
        )
    answer = admin.tap(f"/counter/pickups/{pickup.pickup_id}/preparation")
    assert answer.status_code == 409
    assert calls(app) == ["cancel_order"]


def test_without_htmx_a_tap_leads_back_to_the_counter(
    app: Handcart, admin: Any, place: Place
) -> None:
    pickup = place()
    done = admin.tap(f"/counter/pickups/{pickup.pickup_id}/preparation", htmx=False)
    assert (done.status_code, done.headers["Location"]) == (303, f"/counter?store={HARBOUR}")
    refused = admin.tap(
        f"/counter/pickups/{pickup.pickup_id}/collection", htmx=False, code="00000000"
    )
    assert refused.status_code == 403
    assert "<html" in refused.text


def test_a_poll_costs_nothing_until_something_changes(
    app: Handcart, admin: Any, place: Place, clock: Any
) -> None:
    path = f"/counter/{HARBOUR}/queue"
    first = admin.fetch(path)
    tag = first.headers["ETag"]
    again = admin.fetch(path, **{"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    pickup = place()
    changed = admin.fetch(path, **{"If-None-Match": tag})
    assert changed.status_code == 200
    assert f'id="pickup-{pickup.pickup_id}"' in changed.text
    tag = changed.headers["ETag"]
    assert tag.replace('"', "\\u0022") in changed.text or tag.strip('"') in changed.text
    assert admin.fetch(path, **{"If-None-Match": tag}).status_code == 304
    clock.pass_(minutes=1)
    assert admin.fetch(path, **{"If-None-Match": tag}).status_code == 200


def test_nobody_sees_or_does_anything_without_a_token(app: Handcart, place: Place) -> None:
    pickup = place()
    client = app.flask.test_client()
    assert client.get("/counter", headers={"Accept": "text/html"}).status_code == 302
    assert client.get(f"/counter/{HARBOUR}/queue").status_code == 401
    for verb in ("preparation", "collection", "cancellation"):
        answer = client.post(
            f"/counter/pickups/{pickup.pickup_id}/{verb}", data={"reason": "other"}
        )
        assert answer.status_code == 401
    assert state_of(app, pickup) is State.REQUESTED


def test_the_pickup_of_another_shop_is_not_found(app: Handcart, admin: Any, place: Place) -> None:
    place()
    assert admin.tap("/counter/pickups/1/preparation").status_code == 404


def test_links_keep_what_the_admin_said(admin: Any, place: Place) -> None:
    place()
    page = admin.open("/counter", locale="es-ES")
    links = [
        unescape(link)
        for link in re.findall(r'(?:href|action|hx-\w+)="(/counter[^"]*)"', page.text)
    ]
    assert links
    for link in links:
        assert f"shop={SHOP}" in link and "locale=es-ES" in link and "id_token" not in link


@pytest.mark.parametrize(
    ("locale", "title", "direction"),
    [
        ("en", "To prepare", "ltr"),
        ("xx", "To prepare", "ltr"),
        ("'\"><b>", "To prepare", "ltr"),
        ("ja", "準備待ち", "ltr"),
        ("bg-BG", "За подготовка", "ltr"),
        ("es-MX", "Por preparar", "ltr"),
        ("fa", "برای آماده‌سازی", "rtl"),
    ],
)
def test_the_page_is_in_the_merchants_language(
    locale: str, title: str, direction: str, admin: Any, place: Place
) -> None:
    place()
    page = admin.open("/counter", locale=locale)
    assert f'dir="{direction}"' in page.text
    assert f">{title} <" in page.text
    assert "<b>" not in page.text


def test_app_bridge_is_the_first_script(admin: Any) -> None:
    page = admin.open("/counter").text
    first = re.search(r"<script[^>]*>", page)
    assert first and "app-bridge.js" in first[0] and 'data-api-key="handcart-local"' in first[0]
