"""What a merchant does not sell although it is there, location by location and item by item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from ..errors import BadInput
from ..storage.upsert import upsert
from .promise import CHANNELS
from .tables import stock_rules

ANY = 0
_MOST_UNITS = 1_000_000
_MOST_TRUST = 0.95
_LONGEST_HOLD = 60


@dataclass(frozen=True, slots=True)
class StockRules:
    """``safety`` units are never sold; with ``trust`` above 0 a unit is sold only if it is there
    with that probability. ``kept``: channel to units that only it may sell; none makes one pool.
    ``from_elsewhere``: what other locations have can be brought here for a pickup.

    ``hold_minutes``: for so long a checkout keeps its goods and its slot; 0, the usual, is never.
    It is the shop's, whichever location.
    """

    safety: int = 0
    trust: float = 0.0
    kept: Mapping[str, int] = field(default_factory=dict)
    from_elsewhere: bool = False
    hold_minutes: int = 0

    def kept_from(self, channel: str) -> int:
        """Units that this channel leaves to the others."""
        return sum(units for name, units in self.kept.items() if name != channel)


USUAL = StockRules()


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Every rule of a shop; the narrowest one counts, and it counts alone."""

    by_place: Mapping[tuple[int, int], StockRules]

    def of(self, location_id: int, item_id: int) -> StockRules:
        known = self.by_place
        return (
            known.get((location_id, item_id))
            or known.get((ANY, item_id))
            or known.get((location_id, ANY))
            or known.get((ANY, ANY), USUAL)
        )

    @property
    def hold_minutes(self) -> int:
        return self.by_place.get((ANY, ANY), USUAL).hold_minutes


def rule_book(view: Connection, shop: str) -> RuleBook:
    rows = view.execute(select(stock_rules).where(stock_rules.c.shop == shop))
    return RuleBook({(row.location_id, row.inventory_item_id): _read(row.rules) for row in rows})


def set_rules(
    work: Connection,
    shop: str,
    rules: StockRules,
    *,
    by: str,
    at: datetime,
    location_id: int = ANY,
    item_id: int = ANY,
) -> None:
    """From now on stock is promised by ``rules`` there; raises BadInput."""
    row = {"rules": asdict(checked(rules)), "by": by, "updated_at": at}
    key = [stock_rules.c.shop, stock_rules.c.location_id, stock_rules.c.inventory_item_id]
    work.execute(
        upsert(work, stock_rules)
        .values(shop=shop, location_id=location_id, inventory_item_id=item_id, **row)
        .on_conflict_do_update(index_elements=key, set_=row)
    )


def drop_rules(work: Connection, shop: str, *, location_id: int = ANY, item_id: int = ANY) -> None:
    """The wider rule counts again."""
    table = stock_rules.c
    work.execute(
        delete(stock_rules).where(
            table.shop == shop,
            table.location_id == location_id,
            table.inventory_item_id == item_id,
        )
    )


def checked(rules: StockRules) -> StockRules:
    """``rules`` if stock can be promised by them; raises BadInput."""
    if not 0 <= rules.safety <= _MOST_UNITS:
        raise BadInput("rule_out_of_range", f"safety is between 0 and {_MOST_UNITS}")
    if not 0 <= rules.trust <= _MOST_TRUST:
        raise BadInput("rule_out_of_range", f"trust is between 0 and {_MOST_TRUST}")
    if not 0 <= rules.hold_minutes <= _LONGEST_HOLD:
        raise BadInput("rule_out_of_range", f"hold_minutes is between 0 and {_LONGEST_HOLD}")
    if set(rules.kept) - set(CHANNELS):
        raise BadInput("channel_unknown", "stock is kept for online, pickup or till")
    if any(not 0 <= units <= _MOST_UNITS for units in rules.kept.values()):
        raise BadInput("rule_out_of_range", f"kept is between 0 and {_MOST_UNITS}")
    return rules


def _read(kept: Mapping[str, Any]) -> StockRules:
    """What a later version added is left out, what is missing is as usual."""
    known = {one.name for one in fields(StockRules)}
    return StockRules(**{name: value for name, value in kept.items() if name in known})
