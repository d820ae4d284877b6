"""An installed shop: can it be reached, does it grant what the app needs, do the clocks agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

from ..app import Handcart
from ..errors import HandcartError
from ..shops import service
from ..shops.scopes import missing
from .finding import Finding

# Tokens live a minute, signed queries ninety seconds: clocks this far apart break both.
WORST_SKEW = 60
_TIMEOUTS = (3.05, 10.0)


def look_at(handcart: Handcart, shop: str, *, scopes: tuple[str, ...] = ()) -> Iterator[Finding]:
    """What is not well between the app and this shop; ``scopes`` are those that it needs."""
    skew = _skew(handcart, shop)
    if skew is None:
        yield Finding(
            "shop_unreachable",
            f"{shop} does not answer at {handcart.settings.platform_for(shop)}",
            "check the network, and HANDCART_PLATFORM_URL",
        )
        return
    if abs(skew) > WORST_SKEW:
        yield Finding(
            "clock_off",
            f"our clock is {abs(skew):.0f} s {'behind' if skew > 0 else 'ahead of'} that of {shop}",
            "let the system's time be set by NTP",
        )
    try:
        handcart.platform(shop).profile()
    except HandcartError as error:
        yield Finding(
            error.code,
            f"{shop} does not let us in: {error}",
            "let the merchant open the app once; if that does not help, install it again",
        )
        return
    yield from _scopes(handcart, shop, scopes)


def _scopes(handcart: Handcart, shop: str, scopes: tuple[str, ...]) -> Iterator[Finding]:
    with handcart.db.reading() as view:
        granted = service.scopes_of(view, shop)
    if lacking := missing(scopes, granted=granted):
        yield Finding(
            "scope_missing",
            f"{shop} does not grant {', '.join(lacking)}",
            "deploy the app's scopes; the merchant is asked when they open it next",
        )
    with handcart.db.reading() as view:
        if service.installation_of(view, shop).is_permanent:
            yield Finding(
                "token_permanent",
                f"{shop} has an access token that never expires",
                "run `handcart tokens migrate`; public apps have until 1 January 2027",
            )


def _skew(handcart: Handcart, shop: str) -> float | None:
    """How many seconds the shop's clock is ahead of ours; None when it does not answer."""
    asked = datetime.now(UTC)
    try:
        answer = requests.head(
            handcart.settings.platform_for(shop), timeout=_TIMEOUTS, allow_redirects=False
        )
        theirs = parsedate_to_datetime(answer.headers.get("Date", ""))
    except requests.RequestException:
        return None
    except ValueError:
        return 0.0  # it answers and does not tell the time
    return (theirs - (asked + (datetime.now(UTC) - asked) / 2)).total_seconds()
