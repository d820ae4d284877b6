"""Online tokens: the platform's permission to act as one member of staff, for a day at most.

What is done with one is limited by that person's own rights, and shows under their name. They are
not renewed: the person's next ID token gets the next one (shopify.dev, Online access tokens).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, String, Table, Text, delete, select

from ..errors import NotVerified
from ..keys import Keyring
from ..storage import UtcDateTime, metadata
from ..storage.upsert import upsert
from .model import SKEW

staff_tokens = Table(
    "staff_tokens",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class StaffToken:
    """``scopes`` are those of the app that this person may use, too."""

    user_id: int
    access_token: str = field(repr=False)
    scopes: str
    expires_at: datetime


def keep(work: Connection, shop: str, token: StaffToken, *, keyring: Keyring) -> None:
    """The person has this token, and no other."""
    columns = {
        "sealed": keyring.encrypt(
            "tokens", token.access_token, context=_place(shop, token.user_id)
        ),
        "scopes": token.scopes,
        "expires_at": token.expires_at,
    }
    work.execute(
        upsert(work, staff_tokens)
        .values(shop=shop, user_id=token.user_id, **columns)
        .on_conflict_do_update(index_elements=["shop", "user_id"], set_=columns)
    )


def find(
    view: Connection, shop: str, user_id: int, *, keyring: Keyring, at: datetime
) -> StaffToken | None:
    """The person's token if it is good for five minutes more and a key of ours opens it."""
    kept = staff_tokens.c
    row = view.execute(
        select(kept.sealed, kept.scopes, kept.expires_at).where(
            kept.shop == shop, kept.user_id == user_id, kept.expires_at > at + SKEW
        )
    ).one_or_none()
    if row is None:
        return None
    try:
        access = keyring.decrypt("tokens", row.sealed, context=_place(shop, user_id))
    except NotVerified:
        return None
    return StaffToken(user_id, access, row.scopes, row.expires_at)


def forget(work: Connection, shop: str, *, user_id: int | None = None) -> None:
    """The tokens of this person are gone, or those of everybody in the shop."""
    whose = staff_tokens.c.shop == shop
    if user_id is not None:
        whose &= staff_tokens.c.user_id == user_id
    work.execute(delete(staff_tokens).where(whose))


def _place(shop: str, user_id: int) -> str:
    return f"{shop}:staff:{user_id}"
