"""Counts by shop, day and step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Column, Connection, Date, Integer, String, Table, select

from ..storage import metadata
from ..storage.upsert import upsert

funnel_counts = Table(
    "funnel_counts",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("step", String(40), primary_key=True),
    Column("count", Integer, nullable=False),
)


def add_one(work: Connection, shop: str, day: date, step: str) -> None:
    row = {"shop": shop, "day": day, "step": step, "count": 1}
    one = upsert(work, funnel_counts).values(**row)
    more = {"count": funnel_counts.c.count + 1}
    work.execute(
        one.on_conflict_do_update(index_elements=list(funnel_counts.primary_key), set_=more)
    )


def counts(
    view: Connection, shop: str, *, first: date, last: date
) -> Mapping[date, dict[str, int]]:
    """By day and step, for the days from ``first`` to ``last`` that have any."""
    row = funnel_counts.c
    query = select(row.day, row.step, row.count).where(row.shop == shop, row.day >= first)
    found: dict[date, dict[str, int]] = {}
    for day, step, count in view.execute(query.where(row.day <= last)):
        found.setdefault(day, {})[step] = count
    return found
