from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from handcart import Handcart
from handcart.storage.outbox import tasks
from handcart_webhooks.inbox import deliveries
from tests.example_app.news import CART, LEVEL, SHOP, busy_day, handle, refused_call, tell
from tests.example_app.test_counter import words

OTHER = "other.myshopify.com"


def states(app: Handcart) -> dict[str, str]:
    with app.db.reading() as view:
        found = {row.webhook_id: row.state for row in view.execute(select(deliveries))}
        called = select(tasks).where(tasks.c.kind == "call")
        return found | {row.name: row.state for row in view.execute(called)}


def test_the_page_counts_what_waits_rests_and_was_handled(app: Handcart, admin: Any) -> None:
    busy_day(app)
    page = words(admin.open("/deliveries"))
    assert "Waiting 1 longest: 0 min Needs a look 5 Handled in 24 hours 1" in page
    assert "Cart changed carts/update 0 3 0" in page
    assert "Stock changed inventory_levels/update 0 0 1" in page
    assert "New order orders/create 1 0 min 0 0" in page


def test_what_rests_is_grouped_by_kind_and_reason_and_says_why(app: Handcart, admin: Any) -> None:
    busy_day(app)
    page = words(admin.open("/deliveries"))
    assert "Cart changed 3 It could not be read. payload_invalid" in page
    assert "themes/publish The app does not know this kind of news. topic_unknown" in page
    assert "Tell your shop that an order is ready Your shop refused it. user_errors" in page
    assert "Mina" not in page


def test_a_quiet_page_says_so(admin: Any) -> None:
    page = words(admin.open("/deliveries"))
    assert "Everything was understood." in page
    assert "Try all again" not in page


def test_a_group_is_replayed_and_the_others_rest(app: Handcart, admin: Any) -> None:
    busy_day(app)
    answer = admin.tap(
        "/deliveries/replays", sort="delivery", name="carts/update", reason="payload_invalid"
    )
    assert (answer.status_code, "<html" in answer.text) == (200, False)
    assert "3 are tried again." in words(answer)
    assert states(app) == {
        "level-1": "done",
        "cart-1": "waiting",
        "cart-2": "waiting",
        "cart-3": "waiting",
        "theme-1": "dead",
        "order-1": "waiting",
        "prepare_for_pickup": "dead",
    }


def test_everything_is_replayed_at_once_but_not_in_another_shop(app: Handcart, admin: Any) -> None:
    busy_day(app)
    tell(app, "themes/publish", {"id": 1}, "theirs", shop=OTHER)
    handle(app)
    assert "6 are tried again." in words(admin.tap("/deliveries/replays"))
    assert {one for one, state in states(app).items() if state == "dead"} == {"theirs"}


def test_without_htmx_a_replay_leads_back_to_the_page(app: Handcart, admin: Any) -> None:
    busy_day(app)
    answer = admin.tap("/deliveries/replays", htmx=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/deliveries")
    one = admin.tap("/deliveries/trace/replays?id=level-1", htmx=False)
    assert (one.status_code, one.headers["Location"]) == (303, "/deliveries/trace?id=level-1")


def test_a_trace_tells_the_story_and_shows_nobody(app: Handcart, admin: Any) -> None:
    tell(app, "carts/update", CART, "cart-1")
    handle(app)
    answer = admin.open("/deliveries/trace", id="cart-1")
    page = words(answer)
    assert (
        "It happened in your shop 10:59 The app was told 11:00" in page
        or "The app was told" in page
    )
    assert "An attempt failed : It could not be read." in page.replace("failed:", "failed :")
    assert "payload_invalid: line_items.0.quantity" in page
    assert "Rests until it is tried again" in page
    assert '"quantity": -1' in page
    assert "Nothing that others had to be told." in page
    assert not any(secret in answer.text for secret in ("mina@", "Gyokuro", "a-cart-token"))


def test_a_trace_lists_what_came_of_it_and_replays_it(app: Handcart, admin: Any) -> None:
    tell(app, "inventory_levels/update", LEVEL, "level-1")
    handle(app)
    key = refused_call(app, cause="level-1")
    page = admin.open("/deliveries/trace", id="level-1")
    assert "Stock changed a fact, told to the app's own code waiting" in words(page)
    assert "Tell your shop that an order is ready told to your shop needs a look" in words(page)
    assert "Mina" not in page.text
    answer = admin.tap("/deliveries/trace/replays?id=level-1", task=key)
    assert "1 is tried again." in words(answer)
    assert "Let go again" in words(answer)
    assert states(app) == {"level-1": "done", "prepare_for_pickup": "waiting"}


def test_one_that_is_done_can_be_tried_again_from_its_trace(app: Handcart, admin: Any) -> None:
    tell(app, "inventory_levels/update", LEVEL, "level-1")
    handle(app)
    assert "Nothing is done twice by it." in words(admin.open("/deliveries/trace", id="level-1"))
    admin.tap("/deliveries/trace/replays?id=level-1")
    assert states(app) == {"level-1": "waiting"}
    handle(app)
    assert states(app) == {"level-1": "done"}


def test_another_shops_delivery_has_no_trace_here(app: Handcart, admin: Any) -> None:
    tell(app, "themes/publish", {"id": 1}, "theirs", shop=OTHER)
    assert admin.open("/deliveries/trace", id="theirs").status_code == 404
    assert admin.tap("/deliveries/trace/replays?id=theirs").status_code == 404
    assert admin.open("/deliveries/trace").status_code == 400


@pytest.mark.parametrize("path", ["/deliveries/figures", "/deliveries/trace/story?id=level-1"])
def test_a_poll_costs_nothing_until_something_changes(app: Handcart, admin: Any, path: str) -> None:
    busy_day(app)
    tag = admin.fetch(path).headers["ETag"]
    again = admin.fetch(path, **{"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    admin.tap("/deliveries/trace/replays?id=level-1")
    assert admin.fetch(path, **{"If-None-Match": tag}).status_code == 200


def test_nobody_replays_without_a_token(app: Handcart) -> None:
    busy_day(app)
    before = states(app)
    client = app.flask.test_client()
    for path in ("/deliveries/replays", "/deliveries/trace/replays?id=level-1"):
        assert client.post(path).status_code == 401
    for path in ("/deliveries", "/deliveries/trace?id=level-1"):
        assert client.get(path, headers={"Accept": "text/html"}).status_code == 302
    assert states(app) == before


def test_markup_in_an_id_or_a_name_stays_text(app: Handcart, admin: Any) -> None:
    hostile = "<img/src=x>'\"&"
    tell(app, "themes/publish", {"id": 1, "a<b>": "<script>"}, hostile)
    handle(app)
    for page in (admin.open("/deliveries"), admin.open("/deliveries/trace", id=hostile)):
        assert page.status_code == 200
        assert "<img" not in page.text
        assert "<script>" not in page.text.partition("<main>")[2]


def test_the_home_says_calmly_what_has_rested_for_an_hour(
    app: Handcart, admin: Any, clock: Any
) -> None:
    busy_day(app)
    clock.pass_(minutes=59)
    assert "over an hour" not in words(admin.open("/"))
    clock.pass_(minutes=1)
    page = admin.open("/")
    # Five dead letters; the rest waits because no relay and no second worker runs here.
    assert "9 pieces of news from your shop have not been handled for over an hour." in words(page)
    assert 'href="/deliveries?' in page.text
    assert "over an hour" in words(admin.fetch("/overview"))


@pytest.mark.parametrize(
    ("locale", "title", "counted"),
    [
        ("ja", "ショップからの通知", "3 件をもう一度試します。"),
        ("bg", "Новини от магазина", "3 се опитват отново."),
        ("es", "Noticias de su tienda", "Se intentan de nuevo 3."),
        ("fa", "خبرهای فروشگاه شما", "برای ۳ مورد دوباره تلاش می‌شود."),
    ],
)
def test_the_page_is_in_the_merchants_language(
    app: Handcart, admin: Any, locale: str, title: str, counted: str
) -> None:
    busy_day(app)
    assert title in words(admin.open("/deliveries", locale=locale))
    answer = admin.tap(f"/deliveries/replays?locale={locale}", sort="delivery", name="carts/update")
    assert counted in words(answer)
    assert SHOP not in words(answer)
