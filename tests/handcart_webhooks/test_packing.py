from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from handcart import Delivery, Handcart, Settings
from handcart.keys import Keyring
from handcart_webhooks.inbox import accept, deliveries
from handcart_webhooks.packing import pack, unpack
from handcart_webhooks.replay import Wanted, replay
from handcart_webhooks.retention import Retention
from handcart_webhooks.tracing import Trace, trace

from .conftest import SHOP, Client, Clock
from .draining import drain

CUSTOMER = {"id": 7, "first_name": "Yamanouchi-Hristova", "updated_at": "2026-11-23T09:00:00Z"}
ASKED = {"shop_id": 1, "shop_domain": SHOP, "customer": {"id": 7, "email": None, "phone": None}}
NAME = b"Yamanouchi-Hristova"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, encrypt_payloads=True)


@contextmanager
def opened(app: Handcart, **changes: Any) -> Iterator[Handcart]:
    """The same database, by an app with other settings."""
    other = Handcart(replace(app.settings, **changes), clock=app.clock)
    yield other
    other.close()


def bodies(app: Handcart) -> list[bytes]:
    with app.db.reading() as view:
        return list(view.scalars(select(deliveries.c.body).order_by(deliveries.c.place)))


def traced(app: Handcart, webhook_id: str = "w1") -> Trace:
    with app.db.reading() as view:
        return trace(view, SHOP, webhook_id)


@pytest.mark.sqlite
def test_no_file_of_the_database_names_the_customer(
    installed: Handcart, client: Client, tmp_path: Path
) -> None:
    told: list[Any] = []

    @installed.webhook("customers/update")
    def hear(delivery: Delivery) -> None:
        told.append(delivery.payload["first_name"])

    client.post("customers/update", CUSTOMER, Webhook_Id="w1")
    client.post("customers/delete", CUSTOMER)  # nobody hears this: a dead letter
    drain(installed)
    assert told == [NAME.decode()]
    files = sorted(tmp_path.glob("handcart.db*"))
    assert [path.name for path in files][:2] == ["handcart.db", "handcart.db-shm"]
    assert [path.name for path in files if NAME in path.read_bytes()] == []
    with opened(installed, encrypt_payloads=False) as open_:
        with open_.db.writing() as work:
            accept(work, [replace(plain(open_), webhook_id="w2")])
        assert [path.name for path in files if NAME in path.read_bytes()] == ["handcart.db-wal"]


def plain(app: Handcart) -> Delivery:
    return app.engine.delivery(SHOP, "w1")


def test_whoever_looks_sees_what_was_signed(installed: Handcart, client: Client) -> None:
    client.post("customers/update", CUSTOMER, Webhook_Id="w1")
    drain(installed)
    assert NAME in plain(installed).body
    story = traced(installed)
    assert (story.size, story.state) == (len(plain(installed).body), "dead")
    assert story.payload == {**CUSTOMER, "first_name": "‹text›"}
    assert replay(installed.db, SHOP, Wanted(), by="me", at=installed.clock()) == 1


def test_a_sealed_body_opens_only_as_that_of_its_own_delivery(
    installed: Handcart, client: Client
) -> None:
    installed.webhook("customers/update")(hear_nothing)
    client.post("customers/update", CUSTOMER, Webhook_Id="w1")
    client.post("customers/update", {"id": 8}, Webhook_Id="w2")
    with installed.db.writing() as work:
        other = select(deliveries.c.body).where(deliveries.c.webhook_id == "w1").scalar_subquery()
        work.execute(update(deliveries).where(deliveries.c.webhook_id == "w2").values(body=other))
    drain(installed)
    story = traced(installed, "w2")
    assert (story.state, story.payload) == ("dead", None)
    assert story.reason is not None
    assert story.reason.startswith("ciphertext_not_ours")


def test_a_new_secret_seals_and_the_old_one_still_opens(
    installed: Handcart, client: Client
) -> None:
    client.post("customers/update", CUSTOMER, Webhook_Id="w1")
    old, new = installed.settings.secrets[0], "another secret of the tests, as long as needed"
    with opened(installed, secrets=(new, old)) as both:
        assert NAME in plain(both).body
        with both.db.writing() as work:
            accept(work, [replace(plain(both), webhook_id="w2")])
    with opened(installed, secrets=(new,)) as only_new:
        only_new.webhook("customers/update")(hear_nothing)
        assert NAME in only_new.engine.delivery(SHOP, "w2").body
        drain(only_new)
        assert str(traced(only_new).reason).startswith("ciphertext_not_ours")
    assert traced(installed).payload is not None  # with the old secret it could be replayed


def test_what_came_before_the_switch_and_after_it_lies_side_by_side(
    installed: Handcart, client: Client
) -> None:
    client.post("customers/update", CUSTOMER, Webhook_Id="w1")
    with opened(installed, encrypt_payloads=False) as off:
        with off.db.writing() as work:
            accept(work, [replace(plain(off), webhook_id="w2")])
        assert [NAME in body for body in bodies(off)] == [False, True]
        assert off.engine.delivery(SHOP, "w2").body == plain(off).body


def test_a_customer_is_forgotten_in_bodies_that_are_sealed(
    installed: Handcart, client: Client
) -> None:
    client.post("customers/update", CUSTOMER, Webhook_Id="w1")
    client.post("customers/update", {"id": 8}, Webhook_Id="w2")
    drain(installed)
    client.post("customers/redact", ASKED, Webhook_Id="w3")
    drain(installed)
    assert [len(body) > 0 for body in bodies(installed)] == [False, True, False]


def test_what_nobody_can_open_may_name_anybody_and_is_forgotten_too(
    installed: Handcart, client: Client
) -> None:
    client.post("carts/update", {"id": 9}, Webhook_Id="w1")
    drain(installed)
    with opened(installed, secrets=("quite another secret, as long as needed",)) as strange:
        client.post("customers/redact", ASKED, Webhook_Id="w2")
        with strange.db.writing() as work:
            body = pack(plain_request(installed), strange.db.known)
            row = deliveries.c
            work.execute(update(deliveries).where(row.webhook_id == "w2").values(body=body))
        drain(strange)
        assert bodies(strange) == [b"", b""]


def plain_request(app: Handcart) -> Delivery:
    return app.engine.delivery(SHOP, "w2")


def test_the_digest_that_is_left_is_that_of_what_was_signed(
    installed: Handcart, client: Client, clock: Clock
) -> None:
    installed.webhook("customers/update")(hear_nothing)
    client.post("customers/update", CUSTOMER, Webhook_Id="w1")
    body = plain(installed).body
    drain(installed)
    clock.advance(days=31)
    Retention(installed, sleep=lambda seconds: None).clean_up(clock())
    with installed.db.reading() as view:
        [row] = view.execute(select(deliveries))
    assert (row.state, row.body, row.digest) == ("shrunk", b"", hashlib.sha256(body).digest())


def hear_nothing(delivery: Delivery) -> None: ...


MARKS = st.sampled_from([b"", b"\xffsealed\x01", b"\xfflz4\x01"])
LONG = st.binary(max_size=300).map(lambda some: some * 10)


@given(
    body=st.builds(bytes.__add__, MARKS, st.binary(max_size=300) | LONG),
    webhook_id=st.text("abcdef0123456789-", min_size=1),
    seals=st.booleans(),
)
def test_any_bytes_come_back_as_they_went_in(body: bytes, webhook_id: str, seals: bool) -> None:
    keyring = Keyring(["a secret of the tests that is long enough"])
    given_ = Row(SHOP, webhook_id, body)
    known = {"keyring": keyring, "seals_payloads": seals}
    kept = Row(SHOP, webhook_id, pack(given_, known))  # type: ignore[arg-type]
    assert (kept.body == b"") == (body == b"")
    assert not seals or len(body) < 32 or body not in kept.body
    assert unpack(kept, keyring) == body


def test_a_body_from_before_there_was_any_packing_is_read_as_it_is() -> None:
    assert unpack(Row(SHOP, "w1", b'{"id": 1}' * 200), None) == b'{"id": 1}' * 200


def test_a_long_body_is_kept_smaller() -> None:
    body = orjson.dumps([{"title": "Juniper tea", "quantity": n} for n in range(100)])
    given_ = Row(SHOP, "w1", body)
    assert len(pack(given_, {})) < len(body) / 3  # type: ignore[arg-type]


class Row:
    def __init__(self, shop: str, webhook_id: str, body: bytes) -> None:
        self.shop, self.webhook_id, self.body = shop, webhook_id, body
