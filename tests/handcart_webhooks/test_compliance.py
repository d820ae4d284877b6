"""What privacy law asks for, on a database with something of the customer in every room.

What has to be gone is looked for in every column of every table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import Connection, select

from handcart import Handcart
from handcart.carts import service as carts
from handcart.carts.line_key import Item
from handcart.carts.sighting import Sighting
from handcart.carts.snapshot import SnapshotLine
from handcart.compliance import readable, service
from handcart.compliance.model import Receipt
from handcart.errors import NotFound
from handcart.households import filling
from handcart.households import service as households
from handcart.pickups import acts
from handcart.pickups import service as pickups
from handcart.pickups.tables import orders
from handcart.platform.port import FulfillmentLine, FulfillmentOrder, Variant
from handcart.shops import service as shops
from handcart.shops.model import Tokens
from handcart.storage import metadata
from handcart.watches import service as watches
from handcart_webhooks.lapsing import Lapsing
from handcart_webhooks.retention import Retention

from .conftest import SHOP, Client, Clock
from .draining import drain

HER, HIM = 987_654_321, 987_654_322
OTHER = "other.myshopify.com"
HER_TRACES = (str(HER), "Zebedee", "zebedee.quux@example.com", "+359888123456", "blue van")
HIS_TRACES = (str(HIM), "Ferdinand", "ferdinand@example.com", "+359888999999", "red bicycle")
ORDERS = {HER: 5001, HIM: 5002}


def order(customer: int, first_name: str, mail: str, phone: str) -> dict[str, Any]:
    number = ORDERS[customer]
    return {
        "id": number,
        "name": f"#{number}",
        "token": f"order-token-{number}",
        "cart_token": f"cart-{customer}",
        "updated_at": "2026-11-23T08:59:00Z",
        "customer": {"id": customer, "first_name": first_name, "last_name": "Quux"},
        "email": mail,
        "phone": phone,
        "line_items": [],
    }


def fulfillment_order(customer: int, first_name: str, app: Handcart) -> FulfillmentOrder:
    line = FulfillmentLine(line_id=1, variant_id=501, title="Gyokuro", sku="GYO", quantity=2)
    return FulfillmentOrder(
        fulfillment_order_id=customer + 10_000_000,
        order_id=ORDERS[customer],
        order_name=f"#{ORDERS[customer]}",
        method="pick_up",
        status="open",
        location_id=31,
        customer_name=f"{first_name} Quux",
        customer_id=customer,
        covers_order=True,
        updated_at=app.clock(),
        lines=(line,),
    )


def live(work: Connection, app: Handcart, customer: int, traces: tuple[str, ...]) -> None:
    """The customer fills a cart on two devices, orders, and sets off to the store."""
    _, name, _, _, vehicle = traces
    lines = (
        SnapshotLine(501, 2, {"For": name}, None),
        SnapshotLine(502, 1, {}, None),
        SnapshotLine(503, 1, {"Card": name}, None),
    )
    for device in ("phone", "laptop"):
        token = f"cart-{customer}" if device == "phone" else f"cart-of-{device}-{customer}"
        seen = Sighting(token, "", lines if device == "phone" else ())
        carts.sync(work, SHOP, seen, device_id=None, customer_id=customer, at=app.clock())
    pickup = pickups.request_pickup(
        work, SHOP, fulfillment_order(customer, name, app), at=app.clock()
    )
    assert pickup
    pickups.mark_ready(work, SHOP, pickup.pickup_id, by="staff:1", at=app.clock())
    acts.set_off(work, SHOP, pickup.pickup_id, note=vehicle, by="shopper", at=app.clock())
    wish = watches.Wish(501, cheaper=True, scarce=True, locale="en")
    read = Variant(501, 50, 701, "Gyokuro", "gyokuro", Decimal("12.50"), True, app.clock())
    by = watches.by_customer(work, SHOP, customer)
    watches.ask(work, SHOP, wish, by=by, read=read, at=app.clock())


def ask(client: Client, topic: str, customer: int = HER, **changes: str) -> None:
    body = {
        "shop_domain": SHOP,
        "customer": {"id": customer, "email": HER_TRACES[2], "phone": HER_TRACES[3]},
        "orders_requested": [ORDERS[customer]],
    }
    assert (
        client.post(topic, body, Webhook_Id=f"{topic}-{ORDERS[customer]}", **changes).status_code
        == 200
    )


def share(work: Connection, app: Handcart, owner: int, guest: int) -> None:
    """The owner shares their cart; the guest joins by one of two links and puts something in."""
    at = app.clock()
    names = {HER: HER_TRACES[1], HIM: HIS_TRACES[1]}
    begun = households.begin(work, SHOP, owner_id=owner, name=names[owner], at=at)
    home = begun.household_id
    for _ in range(2):
        _, link = households.invite(work, SHOP, home, customer_id=owner, role="editor", at=at)
    households.join(work, SHOP, link, customer_id=guest, name=names[guest], at=at)
    plain = Item(502).key
    own = filling.look(work, SHOP, home, customer_id=guest).mine
    assert plain in {line.item.key for line in own}
    filling.put_in(work, SHOP, home, plain, customer_id=guest, at=at)
    # One with words of the guest's.
    written = Item.of(503, None, {"Card": names[guest]}).key
    filling.put_in(work, SHOP, home, written, customer_id=guest, at=at)


@pytest.fixture
def populated(installed: Handcart, client: Client) -> Iterator[Handcart]:
    """Both customers are known to every room, and the first has asked for her data."""
    with installed.db.writing() as work:
        live(work, installed, HER, HER_TRACES)
        live(work, installed, HIM, HIS_TRACES)
        share(work, installed, owner=HER, guest=HIM)
        share(work, installed, owner=HIM, guest=HER)
    client.post("orders/create", order(HER, *HER_TRACES[1:4]))
    client.post("orders/create", order(HIM, *HIS_TRACES[1:4]))
    client.post("customers/update", {"id": HER, "email": HER_TRACES[2]})  # nobody hears this
    ask(client, "customers/data_request")
    work_off(installed)
    yield installed


def work_off(app: Handcart) -> None:
    """Calls to the platform wait: none of this needs one."""
    with app.db.writing() as work:
        tasks = metadata.tables["tasks"]
        work.execute(tasks.delete().where(tasks.c.kind.not_in(["job"])))
        work.execute(tasks.delete().where(tasks.c.name == "mirror_shop"))
    drain(app)


def everywhere(app: Handcart) -> dict[str, str]:
    """Every row of every table as text, by the table's name; bytes as what they say."""
    with app.db.reading() as view:
        return {
            table.name: "\n".join(_text(row) for row in view.execute(select(table)))
            for table in metadata.sorted_tables
        }


def _text(row: Any) -> str:
    return repr([one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in row])


def tables_with(app: Handcart, *traces: str) -> dict[str, list[str]]:
    """The tables in which any of the texts stands, and which."""
    found = {
        name: [trace for trace in traces if trace in text] for name, text in everywhere(app).items()
    }
    return {name: traces for name, traces in found.items() if traces}


def receipts(app: Handcart, **which: Any) -> tuple[Receipt, ...]:
    with app.db.reading() as view:
        return service.receipts_of(view, SHOP, **which)


class Seen(HTMLParser):
    """The texts of a page, and whether it loads or runs anything."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_every_room_knows_the_customer_before_they_ask_to_be_forgotten(
    populated: Handcart,
) -> None:
    assert set(tables_with(populated, *HER_TRACES)) == {
        "carts",
        "cart_changes",
        "cart_orders",
        "cart_tokens",
        "data_requests",
        "deliveries",
        "devices",
        "household_members",
        "households",
        "orders",
        "pickups",
        "watches",
    }


def test_a_data_request_makes_an_export_in_json_and_in_a_page_to_read(
    populated: Handcart,
) -> None:
    with populated.db.reading() as view:
        (export,) = service.exports_of(view, SHOP)
        assert service.export_of(view, SHOP, export.request_id) == export
        assert service.exports_of(view, OTHER) == ()
    assert export.customer_id == HER
    text = json.dumps(export.content)
    assert [trace for trace in HER_TRACES[1:2] + HER_TRACES[4:] if trace not in text] == []
    assert [trace for trace in HIS_TRACES if trace in text] == []
    changes = [one for cart in export.content["carts"]["carts"] for one in cart["changes"]]
    assert "member" in {one["by"] for one in changes}
    assert {one["role"] for one in export.content["households"]["households"]} == {
        "owner",
        "editor",
    }
    assert {kind for room in export.content.values() for kind in room} == {
        "carts",
        "devices",
        "households",
        "orders",
        "pickups",
        "watches",
    }
    page = Seen()
    page.feed(readable.document(export.content, title="Customer"))
    said = " ".join(page.texts)
    for words in ("Zebedee", "blue van", "Order name", "#5001", "2026-11-23 09:00 UTC", "Gyokuro"):
        assert words in said
    assert not page.tags & {"script", "link", "img", "iframe", "form"}


def test_the_same_request_is_answered_once(populated: Handcart, client: Client) -> None:
    with populated.db.writing() as work:
        request_id = service.exports_of(work, SHOP)[0].request_id
        service.answer(work, SHOP, request_id=request_id, customer_id=HER, at=populated.clock())
        assert len(service.exports_of(work, SHOP)) == 1


def test_a_page_shows_what_a_stranger_wrote_as_text(populated: Handcart) -> None:
    content = {"carts": {"carts": [{"note": "<script>alert(1)</script>", "a": [], "b": {}}]}}
    page = readable.document(content, title="</title><img src=x>")
    assert "<script" not in page and "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_redacted_customer_is_nowhere_in_the_database_and_the_other_everywhere(
    populated: Handcart, client: Client
) -> None:
    before = tables_with(populated, *HIS_TRACES)
    ask(client, "customers/redact")
    work_off(populated)
    assert tables_with(populated, *HER_TRACES) == {}
    assert tables_with(populated, *HIS_TRACES) == before


def test_orders_and_pickups_stay_for_the_books_and_name_nobody(
    populated: Handcart, client: Client
) -> None:
    ask(client, "customers/redact")
    work_off(populated)
    with populated.db.reading() as view:
        kept = view.execute(select(orders).where(orders.c.order_id == ORDERS[HER])).one()
        pickup = view.execute(
            select(metadata.tables["pickups"]).filter_by(order_id=ORDERS[HER])
        ).one()
    assert (kept.name, kept.customer_id, kept.customer_name, kept.token_hash) == (
        "#5001",
        None,
        "",
        "",
    )
    assert (pickup.order_name, pickup.customer_id, pickup.customer_name, pickup.arrival) == (
        "#5001",
        None,
        "",
        "",
    )


def test_the_receipt_says_what_was_done_and_not_whose_it_was(
    populated: Handcart, client: Client, clock: Clock
) -> None:
    clock.advance(minutes=5)
    ask(client, "customers/redact")
    work_off(populated)
    (receipt,) = receipts(populated)
    assert receipt == Receipt(
        request_id=f"customers/redact-{ORDERS[HER]}",
        subject="customer",
        asked_at=receipt.asked_at,
        erased_at=clock(),
        finished_at=clock(),
        # The order, the request for her data, and news that nobody hears.
        erased={
            "households": 2,
            "carts": 1,
            "watches": 1,
            "devices": 2,
            "exports": 1,
            "deliveries": 3,
        },
        kept={"orders": 1, "pickups": 1},
    )
    assert receipt.asked_at.isoformat() == "2026-11-23T08:59:59.123456+00:00"
    assert receipts(populated, customer_id=HER) == (receipt,)
    assert receipts(populated, customer_id=HIM) == ()


def test_the_same_erasure_twice_leaves_the_first_receipt(
    populated: Handcart, client: Client, clock: Clock
) -> None:
    ask(client, "customers/redact")
    work_off(populated)
    first = receipts(populated)
    clock.advance(minutes=5)
    with populated.db.writing() as work:
        for _ in range(2):
            service.erase_customer(
                work,
                SHOP,
                request_id=f"customers/redact-{ORDERS[HER]}",
                customer_id=HER,
                asked_at=clock(),
                at=clock(),
            )
            service.bodies_emptied(
                work, SHOP, f"customers/redact-{ORDERS[HER]}", count=9, at=clock()
            )
    assert receipts(populated) == first


def test_an_export_of_a_redacted_customer_is_gone(populated: Handcart, client: Client) -> None:
    ask(client, "customers/redact")
    work_off(populated)
    with populated.db.reading() as view, pytest.raises(NotFound) as unknown:
        service.export_of(view, SHOP, f"customers/data_request-{ORDERS[HER]}")
    assert unknown.value.code == "export_unknown"


def test_a_shop_is_erased_48_hours_after_it_left_with_dead_tokens(
    populated: Handcart, client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(*_: object) -> Any:
        raise AssertionError("nobody asks a shop that has left")

    monkeypatch.setattr(populated, "platform", dead)
    monkeypatch.setattr(populated, "admin", dead)
    client.post("orders/create", order(HIM, *HIS_TRACES[1:4]), Shop_Domain=OTHER)
    client.post("app/uninstalled", {"myshopify_domain": SHOP}, Triggered_At="2026-11-23T09:00:00Z")
    work_off(populated)
    with populated.db.reading() as view:
        assert shops.standing(view, SHOP) == "uninstalled"
    assert "installations" in tables_with(populated, SHOP)
    clock.advance(hours=48)
    client.post("shop/redact", {"shop_domain": SHOP}, Triggered_At="2026-11-25T09:00:00Z")
    work_off(populated)
    assert tables_with(populated, SHOP, *HER_TRACES) == {}
    assert set(tables_with(populated, OTHER)) == {"deliveries", "attempts"}
    (receipt,) = receipts(populated)
    assert (receipt.subject, receipt.kept, receipt.finished_at) == ("shop", {}, clock())
    assert receipt.erased["orders"] == 2
    assert receipt.erased["pickups"] == 2
    assert receipt.erased["installations"] == 1


def test_receipts_of_customers_outlive_their_shop(
    populated: Handcart, client: Client, clock: Clock
) -> None:
    ask(client, "customers/redact")
    client.post("app/uninstalled", {"myshopify_domain": SHOP}, Triggered_At="2026-11-23T09:00:00Z")
    work_off(populated)
    clock.advance(hours=48)
    client.post("shop/redact", {"shop_domain": SHOP}, Triggered_At="2026-11-25T09:00:00Z")
    work_off(populated)
    assert [one.subject for one in receipts(populated)] == ["shop", "customer"]
    assert [one.subject for one in receipts(populated, customer_id=HER)] == ["customer"]


def test_a_customer_of_a_shop_that_has_left_is_redacted_all_the_same(
    populated: Handcart, client: Client
) -> None:
    client.post("app/uninstalled", {"myshopify_domain": SHOP}, Triggered_At="2026-11-23T09:00:00Z")
    work_off(populated)
    ask(client, "customers/redact")
    work_off(populated)
    assert tables_with(populated, *HER_TRACES) == {}
    assert [one.finished_at is not None for one in receipts(populated)] == [True]


def test_a_shop_that_came_back_stays_and_there_is_no_receipt(
    populated: Handcart, client: Client, clock: Clock
) -> None:
    clock.advance(hours=24)
    with populated.db.writing() as work:
        installation = shops.installation_of(work, SHOP)
        tokens = shops.access_token_of(installation, keyring=populated.keyring)
        shops.uninstalled(work, SHOP, happened_at=clock(), at=clock())
        clock.advance(hours=1)
        again = Tokens(tokens, "", clock() + timedelta(hours=1))
        shops.install(work, SHOP, tokens=again, keyring=populated.keyring, at=clock())
    clock.advance(hours=47)
    before = tables_with(populated, SHOP)
    client.post("shop/redact", {"shop_domain": SHOP}, Triggered_At=clock().isoformat())
    work_off(populated)
    assert set(tables_with(populated, SHOP)) == set(before)
    assert receipts(populated) == ()


def left(app: Handcart, client: Client) -> None:
    client.post("app/uninstalled", {"myshopify_domain": SHOP}, Triggered_At="2026-11-23T09:00:00Z")
    work_off(app)


def test_a_shop_whose_erasure_was_never_asked_for_is_erased_by_ourselves(
    populated: Handcart, client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(populated, "admin", None)
    monkeypatch.setattr(populated, "platform", None)
    client.post("orders/create", order(HIM, *HIS_TRACES[1:4]), Shop_Domain=OTHER)
    left(populated, client)
    lapsing = Lapsing(populated)
    clock.advance(hours=71, minutes=59)
    before = tables_with(populated, SHOP)
    lapsing.erase_lapsed(clock())
    assert tables_with(populated, SHOP) == before
    clock.advance(minutes=2)
    for _ in range(2):
        lapsing.erase_lapsed(clock())
    assert tables_with(populated, SHOP, *HER_TRACES) == {}
    assert "deliveries" in tables_with(populated, OTHER)
    (receipt,) = receipts(populated)
    assert receipt.request_id == "uninstalled 2026-11-23T09:00:00Z"
    assert (receipt.subject, receipt.asked_at.isoformat(), receipt.finished_at) == (
        "shop",
        "2026-11-25T09:00:00+00:00",
        clock(),
    )


def test_a_shop_that_is_there_is_not_erased_by_ourselves_however_long(
    populated: Handcart, clock: Clock
) -> None:
    clock.advance(days=400)
    before = tables_with(populated, SHOP)
    Lapsing(populated).erase_lapsed(clock())
    assert tables_with(populated, SHOP) == before
    assert receipts(populated) == ()


def test_the_platforms_request_after_our_own_erasure_is_no_error(
    populated: Handcart, client: Client, clock: Clock
) -> None:
    left(populated, client)
    clock.advance(days=4)
    Lapsing(populated).erase_lapsed(clock())
    client.post("shop/redact", {"shop_domain": SHOP}, Triggered_At=clock().isoformat())
    work_off(populated)
    assert "installations" not in tables_with(populated, SHOP)
    assert [one.subject for one in receipts(populated)] == ["shop", "shop"]


def test_the_app_looks_for_such_shops_by_itself(populated: Handcart) -> None:
    names = [job.name for job in populated.jobs]
    assert [name for name in names if "Lapsing" in name] == [
        "handcart_webhooks.lapsing.Lapsing.erase_lapsed"
    ]


def test_retention_leaves_receipts_alone(populated: Handcart, client: Client, clock: Clock) -> None:
    ask(client, "customers/redact")
    work_off(populated)
    clock.advance(days=400)
    Retention(populated, sleep=lambda _: None).clean_up(clock())
    assert len(receipts(populated)) == 1
