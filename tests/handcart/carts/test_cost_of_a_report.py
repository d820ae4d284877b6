"""What a report reads is found by an index, however many carts a shop has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import insert

from handcart.carts import store, token_store
from handcart.storage import Database

pytestmark = pytest.mark.sqlite


@pytest.fixture
def busy(db: Database, database_url: str, at: datetime) -> Iterator[Database]:
    """A shop with two thousand carts, of which SQLite has taken its statistics."""
    cart = {
        "shop": "juniper-tea.myshopify.com",
        "state": {},
        "version": 1,
        "status": "open",
        "created_at": at,
        "updated_at": at,
    }
    with db.writing() as work:
        rows = [{**cart, "cart_id": str(n), "owner": f"customer:{n}"} for n in range(2000)]
        work.execute(insert(store.carts), rows)
        work.exec_driver_sql("ANALYZE")
    opened_since = Database(database_url)
    yield opened_since
    opened_since.close()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (store._OPEN_CART, "ux_carts_open (shop=? AND owner=?)"),
        (store._ADOPTIONS, "ix_carts_merged_into (shop=? AND merged_into=?)"),
        (store._CART, "sqlite_autoindex_carts_1 (shop=? AND cart_id=?)"),
        (token_store._TOKEN, "sqlite_autoindex_cart_tokens_1 (shop=? AND token=?)"),
    ],
)
def test_every_query_of_a_report_reads_one_row_of_an_index(
    busy: Database, query: Any, expected: str
) -> None:
    with busy.reading() as view:
        sql = str(query.compile(view.engine))
        values = tuple("x" for _ in range(sql.count("?")))
        plan = view.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    assert [step[3].partition("USING INDEX ")[2] for step in plan] == [expected]
