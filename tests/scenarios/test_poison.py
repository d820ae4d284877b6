"""Payloads that nobody can read and handlers that kill: they rest, and all else goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from sqlalchemy import Table, select

from handcart import Settings
from handcart.storage.outbox import tasks
from handcart.testing.street import until
from handcart_webhooks.inbox import deliveries
from handcart_webhooks.replay import Wanted, replay

from .account import all_well
from .flood import News, trade
from .kept import Kept, kept
from .ledger import DEADLY, SHOP, SLOW, create_handcart, entries

pytestmark = pytest.mark.server
MIB = 2**20
TOPIC = "orders/updated"


def order(**more: object) -> bytes:
    about = {"id": 7, "name": "#7", "updated_at": "2026-11-23T09:00:00Z", "line_items": []}
    return orjson.dumps({**about, **more})


POISON: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"<order/>",
    "bad UTF-8": order().replace(b"#7", b"#\xc3\x28\xff"),
    "half a surrogate": order().replace(b"#7", b"#\\ud800"),
    "a million levels": b'{"id":7,"x":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}",
    "a million objects": b'{"id":7,"x":' + b'{"a":' * 800_000 + b"1" + b"}" * 800_000 + b"}",
    "NaN": order().replace(b'"id":7', b'"id":NaN'),
    "an endless number": order().replace(b'"id":7', b'"id":' + b"9" * 5000),
    "no id": orjson.dumps({"name": "#7"}),
    "an id that is none": order(id="seven"),
    "a list": b"[]",
    "no date": order(updated_at="soon"),
}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Kept]:
    with kept(tmp_path) as app:
        app.process.start()
        yield app


def states(app: Kept) -> dict[str, str]:
    found = select(deliveries.c.webhook_id, deliveries.c.state)
    with app.looking() as db, db.reading() as view:
        return {row.webhook_id: row.state for row in view.execute(found)}


def test_what_cannot_be_read_rests_and_what_follows_of_the_same_order_is_applied(
    app: Kept,
) -> None:
    poison = [News(f"poison {n}".replace(" ", "-"), TOPIC, POISON[n]) for n in POISON]
    good = [News(f"good-{n}", TOPIC, order()) for n in range(len(poison))]
    mixed = [news for pair in zip(poison, good, strict=True) for news in pair]
    flood = app.flood(mixed, connections=2, again=0).wait()
    app.settle()
    found = states(app)
    assert {found[news.webhook_id] for news in good} == {"done"}
    assert {found[news.webhook_id] for news in poison} == {"dead"}
    assert flood.late == 0
    assert replayed(app) == len(poison) - 1  # of one the body was empty from the start
    app.settle()
    assert states(app) == found


def replayed(app: Kept) -> int:
    """All dead letters are tried again by somebody at the command line."""
    handcart = create_handcart(Settings.from_env(app.env))
    try:
        return replay(handcart.db, SHOP, Wanted(), by="test", at=handcart.clock())
    finally:
        handcart.close()


def test_five_mebibytes_are_taken_and_a_byte_more_is_not(app: Kept) -> None:
    whole = order(note="")
    note = "x" * (5 * MIB - len(whole))
    flood = app.flood([News("whole", TOPIC, order(note=note))], again=0).wait()
    app.settle()
    assert states(app) == {"whole": "done"}
    assert flood.answers == {200: 1}
    refused = app.flood([News("more", TOPIC, order(note=note + "x"))], again=0, refused=413)
    refused.wait()
    assert set(states(app)) == {"whole"}


@pytest.mark.parametrize("deadly", ["handler of a developer", "handler of ours"])
def test_what_kills_the_process_each_time_rests_in_the_end_and_takes_nobody_along(
    tmp_path: Path, deadly: str
) -> None:
    """Nor what was in hand at each death, because it takes longer than the other takes to kill."""
    ours = deadly == "handler of ours"
    slow, kills = ("customers/redact", "customers/data_request") if ours else (SLOW, DEADLY)
    env = {"LEDGER_SLOW": slow, "LEDGER_DEADLY": kills} if ours else {}
    one, other = ({"shop_domain": SHOP, "customer": {"id": n}} for n in (1, 2))
    with kept(tmp_path, LEDGER_ATTEMPTS="4", **env) as app:
        app.process.start()
        app.flood([News("bystander", slow, orjson.dumps(one))], again=0)
        until(lambda: is_in_hand(app, deliveries if ours else tasks), "it was not begun")
        app.flood([News("killer", kills, orjson.dumps(other))], again=0)
        flood = app.flood(list(trade(1, 60)))
        assert deaths_until_it_rests(app) >= 3
        flood.wait()
        app.settle()
        assert app.account(flood) == all_well(60)
        until(lambda: has_had_its_effect(app, "bystander", told=not ours), "it was taken along")
        assert app.process.is_alive


def is_in_hand(app: Kept, table: Table) -> bool:
    """Whether any row of the table is being worked on."""
    held = select(table.c.place).where(table.c.leased_until.is_not(None))
    with app.looking() as db, db.reading() as view:
        return view.execute(held).first() is not None


def deaths_until_it_rests(app: Kept) -> int:
    """Start it again whenever it dies."""
    deaths = 0
    while not rests(app):
        assert deaths < 10
        until(lambda: not app.process.is_alive or rests(app), "nobody dies, nothing rests")
        if not app.process.is_alive:
            deaths += 1
            app.process.start()
    return deaths


def has_had_its_effect(app: Kept, webhook_id: str, *, told: bool) -> bool:
    mine = (entries.c.webhook_id == webhook_id) & (entries.c.told == int(told))
    with app.looking() as db, db.reading() as view:
        return len(view.execute(select(entries).where(mine)).all()) == 1


def rests(app: Kept) -> bool:
    """Whether the delivery, or the task that came of it, is among the dead letters."""
    with app.looking() as db, db.reading() as view:
        return any(
            view.execute(select(table.c.reason).where(table.c.state == "dead")).all()
            for table in (deliveries, tasks)
        )
