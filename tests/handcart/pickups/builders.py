"""Pickups in every state, for tests of the rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from handcart.pickups import Pickup, PickupLine, Stage, State

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = timedelta(days=1)

# The stage and, of a line of 3 and one of 1, (packed, missing, dropped, collected).
_MADE_OF: dict[State, tuple[Stage, tuple[int, int, int, int], tuple[int, int, int, int]]] = {
    State.REQUESTED: (Stage.REQUESTED, (0, 0, 0, 0), (0, 0, 0, 0)),
    State.ESCALATED: (Stage.ESCALATED, (0, 0, 0, 0), (0, 0, 0, 0)),
    State.ACCEPTED: (Stage.ACCEPTED, (0, 0, 0, 0), (0, 0, 0, 0)),
    State.PICKING: (Stage.PICKING, (0, 0, 0, 0), (0, 0, 0, 0)),
    State.SHORT: (Stage.PICKING, (2, 1, 0, 0), (1, 0, 0, 0)),
    State.TRANSFER: (Stage.TRANSFER, (2, 1, 0, 0), (1, 0, 0, 0)),
    State.INBOUND: (Stage.INBOUND, (2, 1, 0, 0), (1, 0, 0, 0)),
    State.SUBSTITUTING: (Stage.SUBSTITUTING, (2, 1, 0, 0), (1, 0, 0, 0)),
    State.SENDING: (Stage.SENDING, (2, 1, 0, 0), (1, 0, 0, 0)),
    State.RECEIVED: (Stage.RECEIVED, (2, 0, 0, 0), (1, 0, 0, 0)),
    State.PARTLY_READY: (Stage.PICKING, (2, 0, 0, 0), (0, 0, 0, 0)),
    State.READY: (Stage.PICKING, (3, 0, 0, 0), (1, 0, 0, 0)),
    State.ON_MY_WAY: (Stage.ON_MY_WAY, (3, 0, 0, 0), (1, 0, 0, 0)),
    State.HERE: (Stage.HERE, (3, 0, 0, 0), (0, 0, 0, 0)),
    State.PARTLY_COLLECTED: (Stage.PICKING, (2, 0, 0, 1), (0, 0, 0, 0)),
    State.EXPIRED: (Stage.EXPIRED, (3, 0, 0, 0), (1, 0, 0, 0)),
    State.COLLECTED: (Stage.PICKING, (3, 0, 0, 3), (1, 0, 0, 1)),
    State.SENT: (Stage.SENT, (0, 0, 3, 0), (0, 0, 1, 0)),
    State.RESTOCKED: (Stage.RESTOCKED, (0, 0, 3, 0), (0, 0, 1, 0)),
    State.CANCELLED: (Stage.CANCELLED, (0, 0, 3, 0), (0, 0, 1, 0)),
}


def line(line_id: int, quantity: int, counts: tuple[int, int, int, int]) -> PickupLine:
    packed, missing, dropped, collected = counts
    return PickupLine(
        line_id, line_id + 430, "Gyokuro", "GYO", quantity, collected, packed, missing, dropped
    )


def pickup_in(state: State, *, at: datetime = AT) -> Pickup:
    stage, first, second = _MADE_OF[state]
    made = Pickup(
        pickup_id="9001",
        fulfillment_order_id=9001,
        order_id=1001,
        order_name="#1001",
        location_id=31,
        customer_id=None,
        customer_name="",
        covers_order=True,
        stage=stage,
        lines=(line(71, 3, first), line(72, 1, second)),
        requested_at=at - DAY,
        changed_at=at - DAY,
        escalates_at=at - DAY + timedelta(minutes=15),
        expires_at=at - timedelta(minutes=1) if first[0] else None,
    )
    assert made.state is state
    return made
