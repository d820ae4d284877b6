"""One platform cart, step by step: what the shopper did, and what is only our own echo."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from handcart.carts.cart import Cart
from handcart.carts.line_key import Item
from handcart.carts.platform_cart import (
    CROWDED,
    PlatformCart,
    empty,
    first_report,
    take_report,
    take_webhook,
    tell,
)
from handcart.carts.snapshot import Mark, Report, Snapshot, SnapshotLine, content

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TEA, MUG, POT = Item(101), Item(102), Item.of(103, None, {"Engraving": "Mira"})


def snapshot(**quantities: int) -> Snapshot:
    items = {"tea": TEA, "mug": MUG, "pot": POT}
    return Snapshot.of(
        [
            SnapshotLine(items[n].variant_id, q, dict(items[n].properties))
            for n, q in quantities.items()
        ]
    )


def elsewhere(cart: Cart, item: Item, quantity: int) -> Cart:
    """Another device adds something."""
    return cart.add(item, quantity, device="laptop", at=AT)


class Phone:
    """The memory of one platform cart beside the cart it is part of."""

    def __init__(self, cart: Cart, **seen: int) -> None:
        self.cart, self.memory = first_report(
            cart, PlatformCart("phone"), Report(snapshot(**seen)), shared=set(), at=AT
        )

    def tell(self) -> int:
        self.memory, _ = tell(self.cart, self.memory, at=AT)
        return self.memory.version

    def report(self, mark: Mark | None = None, refused: tuple[Item, ...] = (), **seen: int) -> None:
        report = Report(snapshot(**seen), mark, refused=frozenset(item.key for item in refused))
        self.cart, self.memory = take_report(self.cart, self.memory, report, at=AT)

    def webhook(self, seconds: float, **seen: int) -> None:
        when = AT + timedelta(seconds=seconds)
        self.cart, self.memory = take_webhook(
            self.cart, self.memory, snapshot(**seen), updated_at=when, at=when
        )

    @property
    def held(self) -> tuple[int, ...]:
        """How many of tea, mug and pot."""
        return tuple(self.cart.quantity(item.key) for item in (TEA, MUG, POT))


def test_what_we_wrote_is_no_operation_and_what_came_on_top_is() -> None:
    phone = Phone(elsewhere(Cart(), TEA, 1), tea=1)
    version = phone.tell()
    phone.report(Mark(version), tea=3)
    assert phone.held == (3, 0, 0)
    assert phone.memory.written == version


def test_without_the_mark_the_same_number_is_the_shoppers_own() -> None:
    phone = Phone(Cart(), tea=1)
    phone.tell()
    phone.cart = elsewhere(phone.cart, TEA, 1)
    phone.tell()
    phone.report(tea=2)
    assert phone.held == (3, 0, 0)


def test_a_line_still_to_be_written_is_no_removal() -> None:
    phone = Phone(elsewhere(elsewhere(Cart(), TEA, 2), POT, 1))
    version = phone.tell()
    phone.report(Mark(version, whole=False), tea=2)
    assert phone.held == (2, 0, 1)
    phone.report(Mark(version, whole=False), tea=2, pot=1)
    assert phone.held == (2, 0, 1)
    phone.report(Mark(version), tea=1, pot=1)
    assert phone.held == (1, 0, 1)


def test_a_click_on_a_line_still_to_be_written_counts_as_the_shoppers_own() -> None:
    phone = Phone(elsewhere(elsewhere(Cart(), TEA, 2), POT, 3))
    version = phone.tell()
    phone.report(Mark(version, whole=False), tea=2, pot=1)
    assert phone.held == (2, 0, 4)


def test_a_line_that_came_and_was_removed_at_once_is_a_removal() -> None:
    phone = Phone(elsewhere(Cart(), TEA, 2), mug=1)
    version = phone.tell()
    phone.report(Mark(version), mug=1)
    assert phone.held == (0, 1, 0)


def test_a_removal_takes_only_what_the_browser_had_been_told() -> None:
    phone = Phone(Cart(), tea=2)
    phone.tell()
    phone.cart = elsewhere(phone.cart, TEA, 1)
    phone.report()
    assert phone.held == (1, 0, 0)


def test_a_refused_line_lowers_nothing_and_is_not_asked_for_again() -> None:
    phone = Phone(elsewhere(Cart(), TEA, 5))
    version = phone.tell()
    phone.report(Mark(version, whole=False), refused=(TEA,), tea=3)
    phone.memory, target = tell(phone.cart, phone.memory, at=AT)
    assert (phone.held, target) == ((5, 0, 0), {TEA.key: 3})
    assert phone.memory.version == version
    _, later = tell(phone.cart, phone.memory, at=AT + timedelta(hours=2))
    assert later == {TEA.key: 5}


def test_a_mark_from_nowhere_changes_nothing() -> None:
    phone = Phone(Cart(), tea=2)
    phone.tell()
    phone.report(Mark(999), tea=2)
    phone.report(Mark(0), tea=2)
    assert phone.held == (2, 0, 0)
    assert [Mark.read(text) for text in ("17", "17~", "", "x", "-1", "1e3", "²")] == [
        Mark(17),
        Mark(17, whole=False),
        *[None] * 5,
    ]


def test_a_webhook_leaves_a_line_alone_that_is_being_written() -> None:
    phone = Phone(elsewhere(Cart(), TEA, 2), mug=1)
    version = phone.tell()
    phone.webhook(1, mug=1)
    phone.webhook(60, mug=3, tea=2)
    assert phone.held == (2, 3, 0)
    phone.report(Mark(version), mug=3, tea=2)
    assert phone.held == (2, 3, 0)


def test_a_webhook_that_is_old_or_an_echo_changes_nothing() -> None:
    phone = Phone(Cart(), tea=2)
    phone.tell()
    phone.webhook(60, tea=2)
    for seconds in (3, 59, 60):
        phone.webhook(seconds, tea=1)
    phone.report(tea=3)
    phone.webhook(120, tea=3)
    phone.webhook(180, tea=2)
    assert phone.held == (3, 0, 0)


def test_no_webhook_is_believed_after_somebody_left() -> None:
    phone = Phone(Cart(), tea=2)
    phone.tell()
    phone.webhook(1, tea=2)
    phone.memory = empty(phone.memory, snapshot(tea=2), replica="next")
    before = phone.cart
    phone.webhook(60, tea=1, mug=4)
    phone.webhook(90)
    assert phone.cart == before


def test_the_cart_counts_again_once_it_was_emptied() -> None:
    memory = empty(PlatformCart("phone", version=4), snapshot(tea=2), replica="next")
    old = Report(snapshot(tea=2), Mark(4))
    assert memory.still_to_clear(old)
    assert memory.still_to_clear(Report(snapshot(tea=2)))
    assert not memory.still_to_clear(Report(snapshot()))
    new = Report(snapshot(mug=1), Mark(memory.clearing))
    assert not memory.still_to_clear(new)
    cart, after = take_report(Cart(), memory, new, at=AT)
    assert cart.quantities() == {MUG.key: 1}
    assert after.clearing == 0


def test_an_unknown_cart_with_our_mark_in_it_shares_its_lines_with_us() -> None:
    cart = elsewhere(Cart(), TEA, 2)
    report = Report(snapshot(tea=2, mug=1), Mark(7))
    cart, _ = first_report(cart, PlatformCart("phone"), report, shared=set(), at=AT)
    assert cart.quantities() == {TEA.key: 2, MUG.key: 1}


def test_a_cart_stays_small_however_often_somebody_presses_plus() -> None:
    phone = Phone(Cart(), tea=1)
    for quantity in range(2, 1001):
        phone.report(tea=quantity)
    [line] = phone.cart.lines.values()
    assert line.quantity == 1000
    assert len(line.entries) <= CROWDED


def test_what_comes_on_top_elsewhere_counts_beside_a_line_that_was_written_anew() -> None:
    phone = Phone(Cart(), tea=1)
    for quantity in range(2, 100):
        phone.report(tea=quantity)
        if quantity % 10 == 0:
            phone.cart = elsewhere(phone.cart, TEA, 1)
    assert phone.cart.quantities() == {TEA.key: 99 + 9}


def test_two_that_press_plus_by_turns_count_each_press_once() -> None:
    phone = Phone(Cart(), tea=1)
    laptop = Phone(Cart())
    laptop.memory = replace(laptop.memory, replica="laptop")
    for turn in range(300):
        one, other = (phone, laptop) if turn % 2 else (laptop, phone)
        one.cart = other.cart
        shown = one.cart.quantity(TEA.key)
        one.report(Mark(one.tell(), whole=True), tea=shown)
        one.report(tea=shown + 1)
    assert one.cart.quantities() == {TEA.key: 301}
    assert len(one.cart.lines[TEA.key].entries) <= 2 * CROWDED


def test_the_memory_comes_back_from_json_as_it_was() -> None:
    phone = Phone(elsewhere(Cart(), TEA, 5), mug=1)
    version = phone.tell()
    phone.report(Mark(version, whole=False), refused=(TEA,), tea=3, mug=1)
    phone.cart = elsewhere(phone.cart, POT, 1)
    phone.tell()
    state = json.loads(json.dumps(phone.memory.to_json()))
    assert PlatformCart.from_json(state) == phone.memory


def test_equal_carts_have_equal_names() -> None:
    assert content({"a": 1, "b": 2}) == content({"b": 2, "a": 1, "c": 0})
    assert content({"a": 1}) != content({"a": 2})
