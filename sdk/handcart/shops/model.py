"""An installation and its tokens: when they are fresh, usable, or spent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

# A token this close to its end is renewed, so that no call starts with one that ends under way.
SKEW = timedelta(minutes=5)

# The platform asks to erase a shop so long after it removed the app.
REDACT_DELAY = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop that installed us; ``time_zone`` is an IANA name, ``currency`` an ISO 4217 code."""

    domain: str
    name: str
    time_zone: str
    currency: str
    installed_at: datetime


# With what the next access token is got: the refresh token, or the app's own credentials (for
# shops of the organisation that owns the app).
Renewal = Literal["refresh_token", "client_credentials"]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the platform granted; ``expires_at`` is None for an access token that never expires."""

    access_token: str = field(repr=False)
    scopes: str
    expires_at: datetime | None = None
    refresh_token: str | None = field(default=None, repr=False)
    refresh_expires_at: datetime | None = None
    renewed_by: Renewal = "refresh_token"


@dataclass(frozen=True, slots=True)
class Installation:
    """What is stored of a shop. The tokens are sealed; ``generation`` counts their changes.

    ``installed_at`` is when the shop came (the trial counts from it), ``granted_at`` when a
    merchant last opened the app and was exchanged for tokens: what proves the app is installed.
    ``scopes_at`` is the time of the newest news of scopes.
    """

    shop: str
    sealed_access: str | None = field(repr=False)
    sealed_refresh: str | None = field(repr=False)
    expires_at: datetime | None
    refresh_expires_at: datetime | None
    scopes: str
    generation: int
    installed_at: datetime
    granted_at: datetime
    uninstalled_at: datetime | None
    renewed_by: Renewal = "refresh_token"
    scopes_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        """True until the shop removes the app."""
        return self.uninstalled_at is None

    def is_valid(self, at: datetime) -> bool:
        """True while the platform takes the access token, as far as we know."""
        return self._has_access(until=at)

    def is_fresh(self, at: datetime) -> bool:
        """True while the access token needs no renewal."""
        return self._has_access(until=at + SKEW)

    @property
    def is_permanent(self) -> bool:
        """True for an access token of the old kind, which never expires."""
        return self.sealed_access is not None and self.expires_at is None

    def can_renew(self, at: datetime) -> bool:
        """True while the next access token can be got without the merchant."""
        if self.renewed_by == "client_credentials":
            return True
        if self.sealed_refresh is None:
            return False
        return self.refresh_expires_at is None or at < self.refresh_expires_at

    def is_usable(self, at: datetime) -> bool:
        """True when calls can be made now, with the token at hand or a renewed one."""
        return self.is_live and (self.is_valid(at) or self.can_renew(at))

    def outlives_redaction(self, asked_at: datetime) -> bool:
        """True when the shop came back after the uninstall that the platform wants erased.

        The request comes 48 hours after that uninstall. A live installation that is older lost
        its uninstall on the way and has to go.
        """
        return self.is_live and self.granted_at > asked_at - REDACT_DELAY

    def _has_access(self, *, until: datetime) -> bool:
        return self.sealed_access is not None and (
            self.expires_at is None or until < self.expires_at
        )
