"""Many keys at once, by a statement that is made for each call or once for all."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from handcart.storage import Database, add_task
from handcart.storage.among import Lookup, among
from handcart.storage.outbox import tasks

SHOP = "juniper-tea.myshopify.com"
NAMES = ["a", "it's", 'said "so"', "back\\slash", "$[0]", "[1]", "null", "茶 🍵", "شای"]
NAMES += ["x" * 60]
LARGEST = 2**63 - 1

_MINE = tasks.c.shop, tasks.c.key
_MADE_ONCE = Lookup(select(tasks.c.key), *_MINE)
_BY_PLACE = Lookup(select(tasks.c.place), tasks.c.place)
Find = Callable[[Connection, Collection[tuple[Any, ...]]], Any]


def made_anew(view: Connection, keys: Collection[tuple[Any, ...]]) -> Any:
    return view.execute(select(tasks.c.key).where(among(view, _MINE, keys)))


EITHER = pytest.mark.parametrize("find", [_MADE_ONCE, made_anew], ids=["once", "anew"])


@pytest.fixture
def names(db: Database, at: datetime) -> list[str]:
    with db.writing() as work:
        for name in NAMES:
            add_task(work, SHOP, "fulfil", {}, at=at, key=name)
    return NAMES


@EITHER
def test_rows_are_found_by_texts_of_any_sort(db: Database, names: list[str], find: Find) -> None:
    with db.reading() as view:
        assert set(find(view, [(SHOP, name) for name in names]).scalars()) == set(names)
        for name in names:
            assert find(view, {(SHOP, name)}).scalars().all() == [name]


@EITHER
def test_a_key_is_found_whole_or_not_at_all(db: Database, names: list[str], find: Find) -> None:
    others = [(SHOP, "A"), (SHOP, "a "), (SHOP, "x" * 61), ("other.myshopify.com", "a")]
    with db.reading() as view:
        assert find(view, others).all() == []
        assert find(view, [(SHOP, "a"), ("other.myshopify.com", "it's")]).scalars().all() == ["a"]


@EITHER
def test_no_keys_find_nothing(db: Database, names: list[str], find: Find) -> None:
    with db.reading() as view:
        assert find(view, []).all() == []


@EITHER
def test_a_key_that_is_asked_for_twice_is_found_once(
    db: Database, names: list[str], find: Find
) -> None:
    with db.reading() as view:
        assert find(view, [(SHOP, "a"), (SHOP, "a")]).scalars().all() == ["a"]


def test_numbers_are_told_apart_to_their_last_digit(
    db: Database, names: list[str], at: datetime
) -> None:
    with db.writing() as work:
        work.execute(tasks.update().where(tasks.c.key == "a").values(place=LARGEST))
        work.execute(tasks.update().where(tasks.c.key == "null").values(place=LARGEST - 1))
    with db.reading() as view:
        assert _BY_PLACE(view, [(LARGEST,)]).scalars().all() == [LARGEST]
        both = _BY_PLACE(view, [(LARGEST,), (LARGEST - 1,)]).scalars()
        assert sorted(both) == [LARGEST - 1, LARGEST]


def test_ten_thousand_keys_are_no_more_of_a_statement_than_one(
    db: Database, names: list[str]
) -> None:
    keys = [(SHOP, f"none {number}") for number in range(10_000)]
    with db.reading() as view:
        assert _MADE_ONCE(view, [*keys, (SHOP, "a")]).scalars().all() == ["a"]
