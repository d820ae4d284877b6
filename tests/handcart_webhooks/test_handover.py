from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from handcart.delivery import Delivery
from handcart_webhooks.committer import Handed
from handcart_webhooks.door import Door
from handcart_webhooks.handover import Handover
from handcart_webhooks.receive import Receiver

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
RECEIVER = Receiver(secrets=("secret",), max_body=1000, clock=lambda: AT)


def delivery(webhook_id: str) -> Delivery:
    shop = "juniper-tea.myshopify.com"
    return Delivery(shop, "carts/update", webhook_id, None, None, None, AT, b"{}")


class Groups:
    """A keeper that notes what it was offered at once, and has all of it kept at once."""

    def __init__(self) -> None:
        self.ids: list[list[str]] = []

    def offer(self, handed: Sequence[Handed]) -> None:
        self.ids.append([one.webhook_id for one, _ in handed])
        for _, answer in handed:
            answer(None)

    def close(self) -> None:
        pass


async def hand_over(groups: Groups, *turns: int) -> list[Exception | None]:
    """So many deliveries in each turn of the loop; how they ended."""
    handover = Handover(asyncio.get_running_loop(), Door(RECEIVER, groups))
    ended: list[Exception | None] = []
    for turn, size in enumerate(turns):
        for number in range(size):
            handover.keep(delivery(f"{turn}-{number}"), ended.append)
        await asyncio.sleep(0)
    while len(ended) < sum(turns):
        await asyncio.sleep(0)
    return ended


def test_what_is_read_in_one_turn_is_handed_over_together() -> None:
    groups = Groups()
    assert asyncio.run(hand_over(groups, 1, 3)) == [None] * 4
    assert groups.ids == [["0-0"], ["1-0", "1-1", "1-2"]]


def test_when_much_is_read_in_one_turn_the_first_of_it_does_not_wait_for_the_last() -> None:
    groups = Groups()
    assert asyncio.run(hand_over(groups, 14, 6, 1)) == [None] * 21
    assert [len(ids) for ids in groups.ids] == [6, 6, 2, 6, 1]
    assert [one for ids in groups.ids for one in ids] == [
        f"{turn}-{number}" for turn, size in enumerate((14, 6, 1)) for number in range(size)
    ]
