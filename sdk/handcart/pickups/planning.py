"""What a store can promise, by its rules, its hours and what it has promised already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from ..errors import NotFound, NotInstalled, RuleBroken
from ..shops import service as shops
from ..stock import service as stock
from ..storage.upsert import upsert
from . import promise, slots
from .hours import StoreHours
from .how import How
from .model import Pickup
from .rules import StoreRules, checked, from_json, to_json, zone_of
from .slots import Slot
from .tables import store_rules

OFFERED = 40
Variants = Sequence[int | None]


@dataclass(frozen=True, slots=True)
class Plan:
    """One store as its promises see it."""

    location_id: int
    rules: StoreRules
    hours: StoreHours

    def escalates_at(self, at: datetime) -> datetime:
        """When an order that nobody accepted is late: nobody can see it while it is closed."""
        unseen = self.rules.policy.unseen
        return promise.after_open(self.hours, start=at, minutes=unseen) or at + unseen

    def ready_from(self, at: datetime, variants: Variants) -> datetime | None:
        """The first moment at which an order of those variants can lie at the counter."""
        prep = self.rules.prep(variants)
        return promise.ready_from(self.hours, self.rules, at=at, prep=prep)

    def kept_until(self, at: datetime, keeps: timedelta) -> datetime:
        return promise.kept_until(self.hours, at=at, keeps=keeps)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a shopper can be told: from when, and which slots there are."""

    earliest: datetime | None
    slots: tuple[datetime, ...]


def plan_of(view: Connection, shop: str, location_id: int) -> Plan:
    """The store's rules and hours; the usual rules and no hours for one that is unknown."""
    rules = rules_of(view, shop, location_id)
    hours = StoreHours(
        weekly=rules.hours or _weekly(view, shop, location_id),
        zone=zone_of(rules, _shop_zone(view, shop)),
        special=rules.special,
        country=rules.country,
    )
    return Plan(location_id, rules, hours)


def rules_of(view: Connection, shop: str, location_id: int) -> StoreRules:
    kept = view.execute(
        select(store_rules.c.rules).where(
            store_rules.c.shop == shop, store_rules.c.location_id == location_id
        )
    ).scalar_one_or_none()
    return from_json(kept) if kept else StoreRules()


def set_rules(
    work: Connection, shop: str, location_id: int, rules: StoreRules, *, by: str, at: datetime
) -> None:
    """From now on the store promises by ``rules``; what it promised before stays."""
    row = {"rules": to_json(checked(rules)), "by": by, "updated_at": at}
    work.execute(
        upsert(work, store_rules)
        .values(shop=shop, location_id=location_id, **row)
        .on_conflict_do_update(
            index_elements=[store_rules.c.shop, store_rules.c.location_id], set_=row
        )
    )


def offer(
    view: Connection,
    shop: str,
    location_id: int,
    *,
    at: datetime,
    units: int = 1,
    variants: Variants = (),
) -> Offer:
    """What an order of that many units, of those variants, could be promised now."""
    plan = plan_of(view, shop, location_id)
    return offered(view, shop, plan, at=at, units=units, variants=variants)


def offered(
    view: Connection,
    shop: str,
    plan: Plan,
    *,
    at: datetime,
    units: int = 1,
    variants: Variants = (),
    hold_id: str = "",
) -> Offer:
    """The same by a plan that is known; what ``hold_id`` holds is free to whoever holds it."""
    if not plan.rules.slot_minutes:
        return Offer(plan.ready_from(at, variants), ())
    free = _free(view, shop, plan, at=at, units=units, variants=variants, but=hold_id)
    found = tuple(islice(free, OFFERED))
    return Offer(found[0] if found else None, found)


def book_earliest(
    work: Connection, shop: str, pickup: Pickup, plan: Plan, *, at: datetime
) -> datetime | None:
    """The first slot with room is the pickup's; without slots, when the goods will be ready."""
    variants = variants_of(pickup)
    if not plan.rules.slot_minutes:
        return plan.ready_from(at, variants)
    for starts_at in _free(work, shop, plan, at=at, units=pickup.units, variants=variants):
        if _book(work, shop, pickup, plan, starts_at, at=at):
            return starts_at
    return None


def book_slot(
    work: Connection, shop: str, pickup: Pickup, *, starts_at: datetime, at: datetime
) -> None:
    """That slot is the pickup's instead of the one before; raises when it is none, or full."""
    plan = plan_of(work, shop, pickup.location_id)
    variants = variants_of(pickup)
    prepared = pickup.expires_at is not None
    _refuse_unknown(plan, starts_at, variants, at=at, prepared=prepared)
    if not _book(work, shop, pickup, plan, starts_at, at=at):
        raise RuleBroken("slot_full", "this slot was just taken")


def refuse_unknown_slot(
    view: Connection, shop: str, slot: Slot, variants: Variants, *, at: datetime
) -> None:
    """Raises NotFound when an order placed now could not have that slot, full or not."""
    plan = plan_of(view, shop, slot.location_id)
    _refuse_unknown(plan, slot.starts_at, variants, at=at, prepared=False)


def hold(
    work: Connection,
    shop: str,
    slot: Slot,
    *,
    hold_id: str,
    units: int,
    at: datetime,
    until: datetime,
    variants: Variants = (),
) -> None:
    """A checkout has its part of the slot ``until`` then; raises RuleBroken when it is full."""
    rules = rules_of(work, shop, slot.location_id)
    held = slots.book(
        work,
        shop,
        slot,
        booking_id=hold_id,
        amount=rules.needs(units, variants),
        capacity=rules.slot_capacity,
        at=at,
        expires_at=until,
    )
    if not held:
        raise RuleBroken("slot_full", "this slot was just taken")


def with_policy(
    view: Connection, shop: str, pickup: Pickup, how: How, *, extending: bool = False
) -> How:
    """``how`` by the policy of the pickup's store, and until when its goods are kept by it."""
    plan = plan_of(view, shop, pickup.location_id)
    policy = plan.rules.policy
    start = max(pickup.expires_at or how.at, how.at) if extending else how.at
    until = plan.kept_until(start, policy.extends if extending else policy.keeps)
    return How(by=how.by, at=how.at, why=how.why, units=how.units, until=until, policy=policy)


def variants_of(pickup: Pickup) -> Variants:
    """Of what is still to be prepared."""
    return [line.variant_id for line in pickup.lines if line.asked > line.collected]


def _refuse_unknown(
    plan: Plan, starts_at: datetime, variants: Variants, *, at: datetime, prepared: bool
) -> None:
    after = at if prepared else plan.ready_from(at, variants)
    known = promise.slots(plan.hours, plan.rules, after=after) if after else iter(())
    if starts_at not in known:
        raise NotFound("slot_unknown", "the store has no such slot")


def _free(
    view: Connection,
    shop: str,
    plan: Plan,
    *,
    at: datetime,
    units: int,
    variants: Variants,
    but: str = "",
) -> Iterator[datetime]:
    ready = plan.ready_from(at, variants)
    if ready is None:
        return
    taken = slots.used(view, shop, plan.location_id, since=ready, at=at, but=but)
    needs, capacity = plan.rules.needs(units, variants), plan.rules.slot_capacity
    for starts_at in promise.slots(plan.hours, plan.rules, after=ready):
        if not capacity or taken.get(starts_at, 0) + needs <= capacity:
            yield starts_at


def _book(
    work: Connection, shop: str, pickup: Pickup, plan: Plan, starts_at: datetime, *, at: datetime
) -> bool:
    return slots.book(
        work,
        shop,
        Slot(plan.location_id, starts_at),
        booking_id=slots.of_pickup(pickup.pickup_id),
        amount=plan.rules.needs(pickup.units, variants_of(pickup)),
        capacity=plan.rules.slot_capacity,
        at=at,
    )


def _weekly(view: Connection, shop: str, location_id: int) -> str:
    try:
        return stock.place(view, shop, location_id).opening_hours
    except NotFound:
        return ""


def _shop_zone(view: Connection, shop: str) -> str:
    try:
        return shops.shop_of(view, shop).time_zone
    except NotInstalled:
        return ZoneInfo("UTC").key
