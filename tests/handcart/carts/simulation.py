"""Browsers, their platform carts and a platform that sends webhooks, all in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from handcart.carts import service
from handcart.carts.line_key import Item
from handcart.carts.policy import Policy, usual
from handcart.carts.snapshot import Snapshot, SnapshotLine
from handcart.errors import HandcartError
from handcart.testing.script import CartScript
from handcart.web.cart_schema import read_sync
from handcart.web.carts import answer_json
from tests import memory

SHOP = "juniper-tea.myshopify.com"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Closed(Exception):
    """The page was closed in the middle of what its script did."""


@dataclass
class SimLine:
    variant_id: int
    quantity: int
    properties: dict[str, str]
    parent: SimLine | None = None

    @property
    def key(self) -> str:
        below = f" in {self.parent.key}" if self.parent else ""
        return f"{self.variant_id}:{json.dumps(self.properties, sort_keys=True)}{below}"


@dataclass
class SimCart:
    """The platform's side of one browser: the Ajax API and the webhooks it causes."""

    world: SimWorld
    token: str
    lines: list[SimLine] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    note: str = ""
    discounts: list[str] = field(default_factory=list)
    closes_in: int | None = None
    currency: str = "EUR"

    def read(self) -> Mapping[str, Any]:
        self._step()
        return {
            "token": f"{self.token}?key=secret-of-{self.token}",
            "attributes": dict(self.attributes),
            "note": self.note,
            "currency": self.currency,
            "items": [self._item(line) for line in self.lines],
        }

    def _item(self, line: SimLine) -> dict[str, Any]:
        return {
            "key": line.key,
            "variant_id": line.variant_id,
            "quantity": line.quantity,
            "properties": dict(line.properties),
            "title": f"Variant {line.variant_id}",
            "original_price": self.world.prices.get((line.variant_id, self.currency), 1000),
            "url": f"/products/{line.variant_id}",
            "image": "",
            "parent_relationship": {"parent_key": line.parent.key} if line.parent else None,
        }

    def is_gone(self, variant_id: int) -> bool:
        return variant_id in self.world.gone

    def update(
        self, updates: Mapping[str, int], attributes: Mapping[str, str], *, blank: bool = False
    ) -> bool:
        self._step()
        variants = {name: int(name.partition(":")[0]) for name in updates}
        if not self.world.gone.isdisjoint(variants.values()):
            return False
        if self.world.checks_updates and any(
            quantity > self.world.stock_of(variants[name]) for name, quantity in updates.items()
        ):
            return False
        for name, quantity in updates.items():
            self._put(name, quantity)
        self.attributes = {k: v for k, v in {**self.attributes, **attributes}.items() if v}
        self.note = "" if blank else self.note
        self.discounts = [] if blank else self.discounts
        self._emit()
        return True

    def change(self, key: str, quantity: int) -> bool:
        self._step()
        variant = int(key.partition(":")[0])
        allowed = min(quantity, self.world.stock_of(variant))
        self._put(key, allowed)
        self._emit()
        return allowed == quantity

    def add(self, line: Mapping[str, Any]) -> bool:
        self._step()
        if line["variant_id"] in self.world.gone:
            return False
        return self.put_in(
            line["variant_id"], line["quantity"], line["properties"], under=line.get("parent_id")
        )

    def put_in(
        self,
        variant_id: int,
        quantity: int,
        properties: Mapping[str, str] = {},
        *,
        under: int | None = None,
    ) -> bool:
        """The shopper's own click on "add to cart"; ``under`` is the variant it belongs to."""
        parent = next((one for one in self.lines if one.variant_id == under), None)
        new = SimLine(variant_id, 0, dict(properties), parent)
        line = next((one for one in self.lines if one.key == new.key), new)
        allowed = min(quantity, self.world.stock_of(variant_id) - line.quantity)
        if line is new and allowed > 0:
            self.lines.append(line)
        line.quantity += max(0, allowed)
        self._emit()
        return allowed == quantity

    def put_to(self, variant_id: int, quantity: int) -> None:
        """The shopper's own quantity field or remove link, on every line of the variant."""
        for line in [one for one in self.lines if one.variant_id == variant_id]:
            line.quantity = quantity
        self._drop_empty()
        self._emit()

    def quantity(self, variant_id: int) -> int:
        return sum(line.quantity for line in self.lines if line.variant_id == variant_id)

    def quantities(self) -> dict[str, int]:
        return dict(Snapshot.of(self.snapshot()).quantities)

    def snapshot(self) -> tuple[SnapshotLine, ...]:
        return tuple(
            SnapshotLine(
                line.variant_id,
                line.quantity,
                dict(line.properties),
                parent=self.lines.index(line.parent) if line.parent else None,
            )
            for line in self.lines
        )

    def _put(self, name: str, quantity: int) -> None:
        line = next((one for one in self.lines if one.key == name), None)
        if line is None and ":" not in name:
            line = next((one for one in self.lines if str(one.variant_id) == name), None)
            if line is None:
                line = SimLine(int(name), 0, {})
                self.lines.append(line)
        if line is not None:
            line.quantity = quantity
        self._drop_empty()

    def _drop_empty(self) -> None:
        """Empty lines go, and with them what is nested under them."""
        while gone := [one for one in self.lines if one.quantity <= 0 or self._is_orphan(one)]:
            self.lines = [line for line in self.lines if not any(line is one for one in gone)]

    def _is_orphan(self, line: SimLine) -> bool:
        return line.parent is not None and not any(line.parent is one for one in self.lines)

    def _emit(self) -> None:
        self.world.webhooks.append((self.token, self.snapshot(), self.world.platform_now()))

    def _step(self) -> None:
        if self.closes_in is not None:
            if self.closes_in == 0:
                self.closes_in = None
                raise Closed
            self.closes_in -= 1


@dataclass
class SimBrowser:
    """One browser; offline its reports do not arrive, a forgetful one keeps nothing."""

    world: SimWorld
    name: str
    customer_id: int | None = None
    online: bool = True
    forgetful: bool = False
    answer_lost: bool = False

    def __post_init__(self) -> None:
        self.cart = SimCart(self.world, f"token-{self.name}")
        self.script = CartScript(self.cart, self.post, now=self.world.milliseconds)

    def sync(self, *wishes: Mapping[str, str]) -> bool:
        if self.forgetful:
            self.script.storage.clear()
        try:
            return self.script.sync(*wishes)
        except Closed:
            return False
        finally:
            self.cart.closes_in = None

    def post(self, report: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if not self.online:
            return None
        answer = self.world.post(report, self.customer_id)
        if self.answer_lost:
            self.answer_lost = False
            return None
        return answer

    def fresh_cart(self) -> None:
        """What a checkout leaves behind: another token and nothing in it."""
        self.cart = SimCart(self.world, f"{self.cart.token}-next")
        self.script.cart = self.cart


class SimWorld:
    """A database, a clock, and the webhooks on their way (``skew``: the platform's clock ahead)."""

    def __init__(self, *, skew: float = 0, checks_updates: bool = False) -> None:
        self.engine = memory.lend()
        self.at = START
        self.skew = timedelta(seconds=skew)
        self.checks_updates = checks_updates
        self.stock: dict[int, int] = {}
        self.gone: set[int] = set()
        self.prices: dict[tuple[int, str], int] = {}
        self.webhooks: list[tuple[str, tuple[SnapshotLine, ...], datetime]] = []
        self.refusals: list[str] = []
        self.policy: Policy = usual

    def close(self) -> None:
        memory.give_back(self.engine)

    def stock_of(self, variant_id: int) -> int:
        return self.stock.get(variant_id, 10**6)

    def platform_now(self) -> datetime:
        self.at += timedelta(milliseconds=7)
        return self.at + self.skew

    def milliseconds(self) -> int:
        self.at += timedelta(milliseconds=11)
        return int(self.at.timestamp() * 1000)

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def post(self, report: Mapping[str, Any], customer_id: int | None) -> Mapping[str, Any] | None:
        sighting, device_id = read_sync(json.dumps(report).encode())
        self.wait(0.01)
        try:
            with self.engine.begin() as work:
                answer = service.sync(
                    work,
                    SHOP,
                    sighting,
                    device_id=device_id,
                    customer_id=customer_id,
                    at=self.at,
                    policy=self.policy,
                )
        except HandcartError as error:
            self.refusals.append(error.code)
            return None
        return answer_json(answer, device=answer.device_id)

    def deliver(self, webhook: tuple[str, tuple[SnapshotLine, ...], datetime]) -> None:
        token, lines, updated_at = webhook
        with self.engine.begin() as work:
            service.snapshot_seen(
                work, SHOP, token=token, lines=lines, updated_at=updated_at, at=self.at
            )

    def order(self, token: str, order_id: int, lines: Sequence[SnapshotLine]) -> None:
        with self.engine.begin() as work:
            service.order_placed(
                work, SHOP, cart_token=token, order_id=order_id, lines=lines, at=self.at
            )

    def cancel(self, order_id: int, reason: str, lines: Sequence[SnapshotLine]) -> bool:
        with self.engine.begin() as work:
            return service.order_cancelled(
                work, SHOP, order_id=order_id, reason=reason, lines=lines, at=self.at
            )

    def customer_cart(self, customer_id: int) -> dict[int, int]:
        """Variant to quantity in the customer's open cart."""
        with self.engine.begin() as view:
            found = service.export_customer(view, SHOP, customer_id)["carts"]
        lines = [line for cart in found if cart["status"] == "open" for line in cart["lines"]]
        totals: dict[int, int] = {}
        for line in lines:
            totals[line["variant_id"]] = totals.get(line["variant_id"], 0) + line["quantity"]
        return totals


def key_of(variant_id: int, **properties: str) -> str:
    return Item.of(variant_id, None, properties).key
