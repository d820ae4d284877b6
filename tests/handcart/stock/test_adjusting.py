from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from handcart.errors import BadInput, NotFound, RuleBroken
from handcart.stock import adjusting, ledger, sending, service
from handcart.stock.movements import Kind, Move
from handcart.storage import Database

from .shelves import GYOKURO, HARBOUR, SENCHA, SHOP, Shelves, known, summed

KEY = (GYOKURO, HARBOUR)
MINUTE = timedelta(minutes=1)


def correct(db: Database, delta: int, at: datetime, *, reason: str = "damaged") -> str:
    """Staff correct; returns the name of the change."""
    with db.writing() as work:
        adjusting.correct(
            work,
            SHOP,
            item_id=GYOKURO,
            location_id=HARBOUR,
            delta=delta,
            reason=reason,
            by="staff:7",
            at=at,
            note="fell down",
        )
        return adjusting.writes(work, SHOP, *KEY)[0].write_id


def count(db: Database, counted: int, at: datetime, *, seen: int | None = None) -> None:
    with db.writing() as work:
        adjusting.count(
            work,
            SHOP,
            item_id=GYOKURO,
            location_id=HARBOUR,
            counted=counted,
            seen=known(work).moves if seen is None else seen,
            by="staff:7",
            at=at,
        )


def numbers(db: Database) -> tuple[int, int, int]:
    """Available, pending, unexplained; the movements add up to it."""
    with db.writing() as work:
        level = known(work)
        assert summed(work) == (level.available, level.set_aside)
        return level.available, level.pending, level.unexplained


def kinds(db: Database) -> list[tuple[str, int]]:
    with db.reading() as view:
        moved = ledger.movements(view, SHOP, *KEY)
    return [(one.kind.value, one.available) for one in reversed(moved)]


def test_a_correction_counts_at_once_and_the_platform_gets_it(
    db: Database, shelves: Shelves, send: Callable[[], None], at: datetime
) -> None:
    correct(db, -3, at + MINUTE)
    assert numbers(db) == (7, -3, 0)
    assert shelves.available[KEY] == 10
    send()
    assert shelves.written == [(10, -3)]
    assert shelves.available[KEY] == 7
    assert numbers(db) == (7, 0, 0)
    send()
    assert shelves.written == [(10, -3)]
    assert kinds(db) == [("opening", 10), ("corrected", -3)]
    with db.reading() as view:
        last = ledger.movements(view, SHOP, *KEY)[0]
    assert (last.by, last.why, last.note) == ("staff:7", "damaged", "fell down")


def test_the_echo_of_our_own_change_changes_nothing_before_or_after_the_answer(
    db: Database, shelves: Shelves, send: Callable[[], None], at: datetime
) -> None:
    correct(db, -3, at + MINUTE)
    send()
    echo = shelves.now(KEY)
    for _ in range(2):
        with db.writing() as work:
            _told(work, echo)
    assert numbers(db) == (7, 0, 0)
    assert kinds(db) == [("opening", 10), ("corrected", -3)]


def test_an_echo_that_overtakes_the_answer_is_known_as_ours(
    db: Database, shelves: Shelves, at: datetime
) -> None:
    write_id = correct(db, -3, at + MINUTE)
    shelves.lose_answers = 1
    with pytest.raises(ConnectionError):
        sending.send(db, shelves, write_id, clock=lambda: at)  # type: ignore[arg-type]
    with db.writing() as work:
        _told(work, shelves.now(KEY))
    assert numbers(db) == (7, 0, 0)
    sending.send(db, shelves, write_id, clock=lambda: at)  # type: ignore[arg-type]
    assert shelves.written == [(10, -3)]
    assert numbers(db) == (7, 0, 0)


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_changed_twice(
    db: Database, shelves: Shelves, at: datetime
) -> None:
    write_id = correct(db, 4, at + MINUTE, reason="found")
    shelves.lose_answers = 2
    for _ in range(2):
        with pytest.raises(ConnectionError):
            sending.send(db, shelves, write_id, clock=lambda: at)  # type: ignore[arg-type]
    sending.send(db, shelves, write_id, clock=lambda: at)  # type: ignore[arg-type]
    assert shelves.available[KEY] == 14
    assert numbers(db) == (14, 0, 0)


def test_what_was_sold_before_the_change_arrived_is_not_lost(
    db: Database, shelves: Shelves, send: Callable[[], None], at: datetime
) -> None:
    """The platform compares, says that it is late, and gets the same change from what is there."""
    correct(db, -3, at + MINUTE)
    shelves.change(KEY, -2)
    send()
    assert shelves.written == [(8, -3)]
    assert shelves.available[KEY] == 5
    assert numbers(db) == (5, 0, -2)


def test_a_webhook_from_before_our_change_does_not_undo_it(
    db: Database, shelves: Shelves, at: datetime
) -> None:
    correct(db, -3, at + MINUTE)
    with db.writing() as work:
        _told(work, shelves.change(KEY, -1))
    assert numbers(db) == (6, -3, -1)


def test_a_change_that_the_platform_refuses_is_taken_back_and_says_why(
    db: Database, shelves: Shelves, send: Callable[[], None], at: datetime
) -> None:
    correct(db, -3, at + MINUTE)
    shelves.refuses = "INVALID_LOCATION"
    send()
    assert numbers(db) == (10, 0, 0)
    assert kinds(db) == [("opening", 10), ("corrected", -3), ("refused", 3)]
    with db.reading() as view:
        [write] = adjusting.writes(view, SHOP, *KEY)
    assert (write.state, write.can_be_undone) == ("refused", False)


def test_a_count_says_what_lies_there_with_what_waits_for_orders(
    db: Database, shelves: Shelves, send: Callable[[], None], at: datetime
) -> None:
    with db.writing() as work:
        ledger.post(work, SHOP, known(work), [Move(Kind.ORDERED, -4, 4)], at=at)
    shelves.available[KEY], shelves.committed[KEY] = 6, 4
    count(db, 9, at + MINUTE)
    send()
    assert (shelves.available[KEY], shelves.committed[KEY]) == (5, 4)
    with db.writing() as work:
        level = known(work)
    assert (level.available, level.set_aside, level.on_hand) == (5, 4, 9)
    assert level.counted_at == at + MINUTE


def test_what_is_sold_while_somebody_counts_is_not_counted_away(
    db: Database, shelves: Shelves, send: Callable[[], None], at: datetime
) -> None:
    """They saw ten and count eight; meanwhile the till sold one of them."""
    with db.writing() as work:
        seen = known(work).moves
        _told(work, shelves.change(KEY, -1))
    count(db, 8, at + MINUTE, seen=seen)
    send()
    assert shelves.available[KEY] == 7
    assert numbers(db)[:2] == (7, 0)


def test_a_count_that_finds_what_the_books_say_is_remembered_and_told_to_nobody(
    db: Database, shelves: Shelves, send: Callable[[], None], at: datetime
) -> None:
    count(db, 10, at + MINUTE)
    send()
    assert shelves.written == []
    with db.writing() as work:
        assert known(work).counted_at == at + MINUTE
    assert kinds(db) == [("opening", 10)]


def test_a_correction_is_undone_once_and_both_stay_written(
    db: Database, shelves: Shelves, send: Callable[[], None], at: datetime
) -> None:
    write_id = correct(db, -3, at + MINUTE)
    send()
    with db.writing() as work:
        adjusting.undo(work, SHOP, write_id, by="staff:8", at=at + 2 * MINUTE)
    with pytest.raises(RuleBroken) as refused, db.writing() as work:
        adjusting.undo(work, SHOP, write_id, by="staff:8", at=at + 3 * MINUTE)
    assert refused.value.code == "undone_already"
    send()
    assert shelves.written == [(10, -3), (7, 3)]
    assert numbers(db) == (10, 0, 0)
    assert kinds(db) == [("opening", 10), ("corrected", -3), ("undone", 3)]


def test_what_is_no_count_or_correction_is_refused(
    db: Database, shelves: Shelves, at: datetime
) -> None:
    with db.writing() as work:
        moves = known(work).moves
    for delta, reason, code in (
        (0, "damaged", "units_malformed"),
        (2_000_000, "damaged", "units_malformed"),
        (1, "because", "reason_unknown"),
    ):
        with pytest.raises(BadInput) as wrong:
            correct(db, delta, at, reason=reason)
        assert wrong.value.code == code
    for counted, seen, code in ((-1, moves, "units_malformed"), (1, moves + 1, "count_malformed")):
        with pytest.raises(BadInput) as wrong:
            count(db, counted, at, seen=seen)
        assert wrong.value.code == code
    with pytest.raises(NotFound) as missing, db.writing() as work:
        adjusting.correct(
            work,
            "other.myshopify.com",
            item_id=SENCHA,
            location_id=HARBOUR,
            delta=1,
            reason="found",
            by="staff:7",
            at=at,
        )
    assert missing.value.code == "level_unknown"
    with pytest.raises(NotFound), db.writing() as work:
        adjusting.undo(work, SHOP, "nothing", by="staff:7", at=at)
    assert numbers(db) == (10, 0, 0)


def _told(work: object, now: object) -> None:
    service.level_changed(
        work,  # type: ignore[arg-type]
        SHOP,
        inventory_item_id=now.inventory_item_id,  # type: ignore[attr-defined]
        location_id=now.location_id,  # type: ignore[attr-defined]
        available=now.available,  # type: ignore[attr-defined]
        updated_at=now.updated_at,  # type: ignore[attr-defined]
        at=now.updated_at,  # type: ignore[attr-defined]
    )
