"""Optional scopes: what a shop granted beyond what the app cannot do without, and gets back."""

from __future__ import annotations

from collections.abc import Iterable

from ..port import Admin
from .documents import document


def revoke(admin: Admin, scopes: Iterable[str]) -> frozenset[str]:
    """The shop no longer grants these optional scopes; return those that it did.

    ``app/scopes_update`` follows, by which the stored installation learns of it. Raises
    UserErrors, and nothing is revoked, for a scope that is required, implied, undeclared or not
    granted.
    """
    answer = admin.execute(document("scopes_revoke"), {"scopes": sorted(scopes)})
    return frozenset(one["handle"] for one in answer["appRevokeAccessScopes"]["revoked"])
