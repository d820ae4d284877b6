"""The statements by which a queue hands out its rows, made once for each kind of database.

To make one costs as much as to execute it, and a worker executes the same ones all day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import UserDefinedType

from .among import Keys
from .types import UtcDateTime

# A queue grows faster than the statistics of PostgreSQL, which then reads and sorts all of it.
IN_ORDER = select(
    func.set_config("enable_bitmapscan", "off", True), func.set_config("enable_sort", "off", True)
)
_AT: BindParameter[datetime] = bindparam("at", type_=UtcDateTime())


class _Tid(UserDefinedType[str]):
    """Where a row of PostgreSQL lies."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "TID"


class Claiming:
    """The statements of one ``table`` on one ``kind`` of database, sqlite or postgresql.

    ``soonest``: when the next row that waits is due. ``oldest`` and ``youngest``: up to ``limit``
    rows that may be claimed ``at`` a time, from either end; ``lies`` is where each is. ``taking``:
    those of them are leased, if they still may be. ``ending``: what waits, was ``tried`` so often
    and is at one of ``places`` has now ``ended`` so.
    """

    def __init__(self, table: Table, kind: str) -> None:
        self._table, self._one_writer = table, kind == "sqlite"
        row = table.c
        self.places = Keys(kind, row.place)
        self.lies = row.place if self._one_writer else literal_column(f"{table.name}.ctid", _Tid)
        self.lies_there = self._lies_there()
        self.soonest = select(func.min(row.due_at)).where(row.state == "waiting")
        self.oldest = self._candidates(row.due_at, row.place)
        self.youngest = self._candidates(row.due_at.desc(), row.place.desc())
        self.taking = self._taking()
        self.ending = self._ending()

    def where(self, found: Sequence[Any]) -> dict[str, Any]:
        """What a statement with ``lies_there`` is given, for rows that say where they lie."""
        lie = [row.lies for row in found]
        return self.places.given([(place,) for place in lie]) if self._one_writer else {"lie": lie}

    def taken(self, found: Sequence[Any], *, at: datetime, until: datetime) -> dict[str, Any]:
        """What ``taking`` is given."""
        given = {"until": until, **self.where(found)}
        return given if self._one_writer else {"at": at, **given}

    def _lies_there(self) -> ColumnElement[bool]:
        """Locked, rows do not move, and no statistics are needed to find them."""
        if self._one_writer:
            return self.places.found
        return self.lies == func.any(cast(bindparam("lie"), ARRAY(_Tid)))

    def _candidates(self, *order: Any) -> Select[Any]:
        """What may be claimed, in that order."""
        row = self._table.c
        due = select(self.lies.label("lies"), row.attempts, row.shop, row.resource)
        due = due.where(self._free()).order_by(*order).limit(bindparam("limit"))
        return due if self._one_writer else self._locked(due)

    def _locked(self, due: Select[Any]) -> Select[Any]:
        """The candidates whose resource is ours until our commit, on PostgreSQL.

        Other workers skip the rows that are locked here and find others. An older row of a
        resource may appear meanwhile, so the resource is locked as well, and whether the row is
        the first of it is looked at again under that lock.
        """
        locked = due.with_for_update(skip_locked=True, of=self._table).cte("due")
        name = locked.c.shop + f" {self._table.name} " + locked.c.resource
        ours = func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0))
        return select(locked.c.lies, locked.c.attempts, locked.c.shop).where(ours)

    def _free(self) -> ColumnElement[bool]:
        """The row is due and nobody's, and nothing of its resource is in the way."""
        row = self._table.c
        unleased = or_(row.leased_until.is_(None), row.leased_until <= _AT)
        return and_(row.state == "waiting", row.due_at <= _AT, unleased, self._first())

    def _first(self) -> ColumnElement[bool]:
        """Of the row's resource none that waits is older and none is held.

        It is looked for by its resource. Where nearly everything is done PostgreSQL believes that
        one row waits, and would read all that do for each that it looks at; so it is not told,
        when it plans this, which state is meant.
        """
        row, other = self._table, self._table.alias("other")
        waiting = select(literal("waiting")).scalar_subquery()
        in_the_way = select(other.c.place).where(
            other.c.shop == row.c.shop,
            other.c.resource == row.c.resource,
            other.c.state == waiting,
            or_(
                other.c.place < row.c.place,
                and_(other.c.place > row.c.place, other.c.leased_until > _AT),
            ),
        )
        # OFFSET keeps PostgreSQL from joining all that waits with itself: it asks row by row.
        return ~exists(in_the_way.offset(0))

    def _taking(self) -> Any:
        # On SQLite nothing can have come between.
        first = () if self._one_writer else (self._first(),)
        return (
            update(self._table)
            .where(self.lies_there, *first)
            .values(leased_until=bindparam("until"), attempts=self._table.c.attempts + 1)
            .returning(self._table)
        )

    def _ending(self) -> Any:
        row = self._table.c
        return (
            update(self._table)
            .where(row.state == "waiting", row.attempts == bindparam("tried"), self.places.found)
            .values(
                state=bindparam("ended"),
                ended_at=_AT,
                leased_until=None,
                reason=bindparam("why"),
            )
        )


@cache
def claiming(table: Table, kind: str) -> Claiming:
    """Made at the first use, when the table is whole."""
    return Claiming(table, kind)
