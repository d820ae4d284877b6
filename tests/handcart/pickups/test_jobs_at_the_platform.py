"""What the outbox does about substitutes and parcels: refused, cut off anywhere, repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from handcart.errors import PlatformError, UserErrors
from handcart.keys import Keyring
from handcart.pickup_jobs import PICKUP_JOBS
from handcart.pickups import State, acts, exchanging, service, shipping, store
from handcart.platform.port import FulfillmentLine, FulfillmentOrder, PostalAddress, Swap
from handcart.stock import holds
from handcart.storage import Database
from handcart.storage.outbox import tasks
from tests.handcart.stock.shelves import SHOP, stocked

Routed = Callable[..., FulfillmentOrder]
ID = "9001"
REFUSED = UserErrors([])
CUT_OFF = PlatformError("no_answer", "cut off")
HOME = shipping.postal_address(name="Mina", street="Elm 1", town="Varna", country="BG")


class Platform:
    """An order of two Gyokuro and a Sencha; fails once, before or after one step."""

    def __init__(self, routed: Routed, at: datetime) -> None:
        self._routed, self._at = routed, at
        self.lines = {71: (501, 2), 72: (502, 1)}
        self.done: Counter[str] = Counter()
        self.placed: set[int] = set()
        self.fails: dict[str, PlatformError] = {}

    def _do(self, name: str, act: Callable[[], Any]) -> Any:
        if before := self.fails.pop(f"before {name}", None):
            raise before
        self.done[name] += 1
        found = act()
        if after := self.fails.pop(f"after {name}", None):
            raise after
        return found

    def draft_shipment(
        self,
        *,
        order_id: int,
        lines: Sequence[tuple[int, int]],
        address: PostalAddress,
        key: str,
    ) -> int:
        assert (order_id, list(lines), address) == (1001, [(501, 2)], HOME)
        return self._do("draft", lambda: 70 + self.done["draft"])  # type: ignore[no-any-return]

    def place_draft(self, *, draft_id: int, key: str) -> int:
        self._do("place", lambda: self.placed.add(draft_id))
        return 5000 + draft_id

    def take_off(
        self,
        *,
        fulfillment_order_id: int,
        lines: Mapping[str, int],
        left: Mapping[str, int],
        key: str,
    ) -> None:
        assert (lines, left) == ({"71": 2}, {"71": 0})
        self._do("take_off", lambda: self.lines.pop(71, None))

    def exchange(
        self, *, fulfillment_order_id: int, swap: Swap, left: Mapping[str, int], key: str
    ) -> None:
        assert (swap, left) == (Swap(71, 502, 2), {"71": 0})

        def edit() -> None:
            if self.lines.pop(71, None):
                self.lines[73] = (502, 2)

        self._do("exchange", edit)

    def prepare_for_pickup(self, *, fulfillment_order_id: int, key: str) -> None:
        self._do("prepare", lambda: None)

    def fulfillment_orders(self, order_id: int) -> list[FulfillmentOrder]:
        lines = tuple(
            FulfillmentLine(line, variant, "Tea", "TEA", units, units)
            for line, (variant, units) in self.lines.items()
        )
        later = self._at + timedelta(seconds=5)
        return [self._do("read", lambda: self._routed(lines=lines, updated_at=later))]


class Shop:
    """A pickup whose Sencha was put aside and whose Gyokuro miss, and its platform."""

    def __init__(self, db: Database, keyring: Keyring, routed: Routed, at: datetime) -> None:
        self.db, self._at = db, at
        self.platform = Platform(routed, at)
        self._app = SimpleNamespace(
            db=db, keyring=keyring, clock=lambda: at, platform=lambda shop: self.platform
        )
        lines = (
            FulfillmentLine(71, 501, "Gyokuro", "GYO", 2, 2),
            FulfillmentLine(72, 502, "Sencha", "SEN", 1, 1),
        )
        with db.writing() as work:
            stocked(work, at)
            service.request_pickup(work, SHOP, routed(lines=lines), at=at)
            acts.pack(work, SHOP, ID, units={72: 1}, by="staff:7", at=at)
            acts.report_missing(
                work,
                SHOP,
                ID,
                units={71: 2},
                reason="damaged",
                by="staff:7",
                at=at,
                instead={71: ["SKU-702"]},
            )

    def asks(self, name: str) -> None:
        with self.db.writing() as work:
            if name == shipping.SEND:
                shipping.ship(
                    work,
                    SHOP,
                    ID,
                    address=HOME,
                    everything=False,
                    keyring=self._app.keyring,
                    by="shopper",
                    at=self._at,
                )
            else:
                exchanging.accept(
                    work, SHOP, ID, line_id=71, variant_id=502, by="shopper", at=self._at
                )

    def works(self, name: str) -> None:
        """The newest task of that name, once."""
        with self.db.reading() as view:
            row = view.execute(
                select(tasks).where(tasks.c.name == name).order_by(tasks.c.place.desc()).limit(1)
            ).one()
        task = SimpleNamespace(shop=SHOP, key=row.key, payload=row.payload)
        PICKUP_JOBS[name](self._app, task)  # type: ignore[arg-type]

    @property
    def state(self) -> State:
        with self.db.reading() as view:
            return store.get(view, SHOP, ID).state

    def held(self, kind: str) -> bool:
        with self.db.reading() as view:
            return bool(holds.known(view, [(SHOP, f"{kind}:{ID}")]))


@pytest.fixture
def shop(db: Database, keyring: Keyring, routed: Routed, at: datetime) -> Shop:
    return Shop(db, keyring, routed, at)


STEPS = [
    f"{when} {step}"
    for step in ("draft", "place", "take_off", "read", "prepare")
    for when in ("before", "after")
]


@pytest.mark.parametrize("step", STEPS)
def test_a_parcel_that_is_cut_off_anywhere_is_sent_once(shop: Shop, step: str) -> None:
    shop.asks(shipping.SEND)
    shop.platform.fails[step] = CUT_OFF
    with pytest.raises(PlatformError):
        shop.works(shipping.SEND)
    for _ in range(2):
        shop.works(shipping.SEND)
    assert len(shop.platform.placed) == 1
    assert shop.platform.lines == {72: (502, 1)}
    assert shop.platform.done["prepare"] >= 1
    assert (shop.state, shop.held("shipment")) == (State.READY, False)


@pytest.mark.parametrize("step", ["before draft", "before place"])
@pytest.mark.parametrize("error", [REFUSED, PlatformError("access_denied", "no scope")])
def test_a_parcel_that_is_refused_is_missing_again_and_never_sent_late(
    shop: Shop, step: str, error: PlatformError
) -> None:
    shop.asks(shipping.SEND)
    shop.platform.fails[step] = error
    with pytest.raises(PlatformError):
        shop.works(shipping.SEND)
    assert (shop.state, shop.held("shipment")) == (State.SHORT, False)
    shop.works(shipping.SEND)
    assert (shop.state, shop.platform.placed) == (State.SHORT, set())


@pytest.mark.parametrize("left", [{71: (501, 1), 72: (502, 1)}, {72: (502, 1)}, {}])
def test_what_was_given_out_in_the_admin_meanwhile_is_not_sent_as_well(
    shop: Shop, left: dict[int, tuple[int, int]]
) -> None:
    shop.asks(shipping.SEND)
    shop.platform.lines = left
    for _ in range(2):
        shop.works(shipping.SEND)
    assert (shop.platform.done["draft"], shop.platform.placed) == (0, set())
    assert (shop.state, shop.held("shipment")) == (State.SHORT, False)


def test_a_parcel_that_is_being_placed_is_placed_whatever_the_admin_does(shop: Shop) -> None:
    shop.asks(shipping.SEND)
    shop.platform.fails["after place"] = CUT_OFF
    with pytest.raises(PlatformError):
        shop.works(shipping.SEND)
    shop.platform.lines[71] = (501, 1)
    shop.works(shipping.SEND)
    assert (shop.platform.done["draft"], len(shop.platform.placed)) == (1, 1)


@pytest.mark.parametrize("step", ["before exchange", "after exchange", "before read", "after read"])
def test_an_exchange_that_is_cut_off_anywhere_is_made_once(shop: Shop, step: str) -> None:
    shop.asks(exchanging.EXCHANGE)
    shop.platform.fails[step] = CUT_OFF
    with pytest.raises(PlatformError):
        shop.works(exchanging.EXCHANGE)
    for _ in range(2):
        shop.works(exchanging.EXCHANGE)
    assert shop.platform.lines == {72: (502, 1), 73: (502, 2)}
    assert (shop.state, shop.held("substitute")) == (State.PARTLY_READY, False)


@pytest.mark.parametrize("error", [REFUSED, PlatformError("access_denied", "no scope")])
def test_an_exchange_that_is_refused_is_not_made_late(shop: Shop, error: PlatformError) -> None:
    shop.asks(exchanging.EXCHANGE)
    shop.platform.fails["before exchange"] = error
    with pytest.raises(PlatformError):
        shop.works(exchanging.EXCHANGE)
    assert (shop.state, shop.held("substitute")) == (State.SHORT, False)
    shop.works(exchanging.EXCHANGE)
    assert shop.state is State.SHORT
    assert 71 in shop.platform.lines
