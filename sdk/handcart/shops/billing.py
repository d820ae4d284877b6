"""Trial and billing: what a shop may do, by what it has paid for or has still to try.

A shop tries everything for fourteen days from the moment it first installed the app, without a
card. From the fifteenth on it is read-only until it pays: everything stays, everything is shown,
webhooks are kept up with, and nothing is to be changed by the merchant. Installing again does not
begin another trial while anything of the shop is kept.

Payment is the platform's business. It tells of each subscription by ``app_subscriptions/update``,
for plans that the merchant chose on the platform's own page (App Pricing) and for those that the
app proposed (Billing API) alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Boolean, Column, Connection, String, Table, select

from ..errors import Denied
from ..events import PlanChanged
from ..storage import UtcDateTime, metadata, record
from ..storage.upsert import upsert
from . import store

TRIAL = timedelta(days=14)

Standing = Literal["trial", "paid", "read_only"]
Status = Literal["active", "pending", "declined", "cancelled", "expired", "frozen"]

app_subscriptions = Table(
    "app_subscriptions",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("subscription_id", String(64), primary_key=True),
    Column("plan", String(255), nullable=False),
    Column("status", String(16), nullable=False),
    Column("is_test", Boolean, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)


class TrialOver(Denied):
    """The shop neither tries nor pays: it is shown everything, and changes nothing."""


@dataclass(frozen=True, slots=True)
class PlanNews:
    """What the platform says of one subscription of a shop, as of ``updated_at``."""

    subscription_id: str
    plan: str
    status: str
    updated_at: datetime
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """``trial_ends_at`` is when the trial ends or ended; ``plan`` is what is paid for, if any."""

    standing: Standing
    trial_ends_at: datetime
    plan: str | None = None
    is_test: bool = False

    @property
    def may_write(self) -> bool:
        return self.standing != "read_only"

    def days_left(self, at: datetime) -> int:
        """Whole days of trial that remain, counting the one that has begun; 0 afterwards."""
        return max(0, -((at - self.trial_ends_at) // timedelta(days=1)))


def access_of(view: Connection, shop: str, *, at: datetime) -> Access:
    """What the shop may do now; raises NotInstalled for one that was never installed."""
    ends = store.first_installed_at(view, shop) + TRIAL
    kept = app_subscriptions.c
    paid = view.execute(
        select(kept.plan, kept.is_test)
        .where(kept.shop == shop, kept.status == "active")
        .order_by(kept.is_test, kept.updated_at.desc())
    ).first()
    if paid is not None:
        return Access("paid", ends, paid.plan, paid.is_test)
    return Access("trial" if at < ends else "read_only", ends)


def check_writable(view: Connection, shop: str, *, at: datetime) -> None:
    """Raises TrialOver when the trial is over and nothing is paid."""
    if not access_of(view, shop, at=at).may_write:
        raise TrialOver("trial_over", "the trial is over: choose a plan to go on; nothing is lost")


def trial_days_left(view: Connection, shop: str, *, at: datetime) -> int:
    """What a plan that begins now is to give free of charge, so that no day of trial is lost."""
    return access_of(view, shop, at=at).days_left(at)


def plan_told(work: Connection, shop: str, news: PlanNews, *, at: datetime) -> bool:
    """The subscription is as ``news`` says, and PlanChanged is recorded.

    False, and nothing changed, when something newer is known of it already, or the same.
    """
    kept = app_subscriptions.c
    row = {
        "plan": news.plan,
        "status": news.status.lower(),
        "is_test": news.is_test,
        "updated_at": news.updated_at,
    }
    written = work.execute(
        upsert(work, app_subscriptions)
        .values(shop=shop, subscription_id=news.subscription_id, **row)
        .on_conflict_do_update(
            index_elements=["shop", "subscription_id"],
            set_=row,
            where=(kept.updated_at < news.updated_at),
        )
    )
    if written.rowcount != 1:
        return False
    fact = PlanChanged(plan=news.plan, status=news.status.lower())
    record(work, shop, fact, at=at, resource="shop")
    return True
