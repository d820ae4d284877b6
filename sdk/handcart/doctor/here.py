"""Settings and database: what can be judged without asking anybody."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError

from ..app import Handcart
from ..localshop.config import LOCAL_SECRET
from ..settings import API_VERSION, Settings
from ..storage import Database
from ..storage.migrate import is_newest
from .finding import Finding

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_NEW_SECRET = "python -c 'import secrets; print(secrets.token_urlsafe(32))'"  # noqa: S105
# A random text of 32 characters has about 4.4 bits a character; a sentence of words 4.1 at most.
_LEAST_VARIETY = 3.0
_SHORTEST_API_SECRET = 32
_EXAMPLES = ("change me", "changeme", "example", "secret of", "password")


def look_here(handcart: Handcart) -> Iterator[Finding]:
    """Everything that is weak about the settings and the database of this app."""
    yield from _secrets(handcart.settings)
    yield from _addresses(handcart.settings)
    yield from _version(handcart.settings)
    yield from _database(handcart.db)


def _secrets(settings: Settings) -> Iterator[Finding]:
    for place, secret in enumerate(settings.secrets, 1):
        if _is_guessable(secret):
            yield Finding(
                "secret_guessable",
                f"number {place} of HANDCART_SECRETS is a text that somebody could guess",
                f"put a random one in front: {_NEW_SECRET}",
            )
    if settings.old_api_secret:
        yield Finding(
            "old_secret_set",
            "HANDCART_OLD_API_SECRET is still accepted on every surface",
            "unset it an hour after the rotation",
        )
    if _is_local(settings.app_url):
        return
    if settings.api_secret == LOCAL_SECRET or settings.api_key == "handcart-local":
        yield Finding(
            "key_of_the_sample",
            "the app runs in public under the sample app's key",
            "set HANDCART_API_KEY and HANDCART_API_SECRET to those of an app of your own",
        )
    elif len(settings.api_secret) < _SHORTEST_API_SECRET:
        yield Finding(
            "api_secret_short",
            f"HANDCART_API_SECRET has {len(settings.api_secret)} characters, so it is not whole",
            "copy it again from the platform's dashboard",
        )


def _is_guessable(secret: str) -> bool:
    lowered = secret.lower()
    return _variety(secret) < _LEAST_VARIETY or any(text in lowered for text in _EXAMPLES)


def _variety(text: str) -> float:
    """Bits a character, by how often each comes (Shannon)."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


def _addresses(settings: Settings) -> Iterator[Finding]:
    if _is_local(settings.app_url) != _is_local(settings.platform_for("x.myshopify.com")):
        yield Finding(
            "addresses_apart",
            f"the app is at {settings.app_url} and the shops at {settings.platform_url}",
            "set both to this machine for the local platform, or HANDCART_APP_URL to a public "
            "https address and leave HANDCART_PLATFORM_URL unset",
        )


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in _LOOPBACK


def _version(settings: Settings) -> Iterator[Finding]:
    if settings.api_version != API_VERSION:
        yield Finding(
            "api_version_other",
            f"HANDCART_API_VERSION is {settings.api_version}; Handcart is tested on {API_VERSION}",
            "unset it, unless you tested that",
        )


def _database(db: Database) -> Iterator[Finding]:
    try:
        with db.reading() as view:
            if is_newest(view):
                return
    except SQLAlchemyError as error:
        yield Finding(
            "database_unreachable",
            f"the database does not answer: {type(error).__name__}",
            "check HANDCART_DATABASE_URL, and that its server runs",
        )
        return
    yield Finding(
        "database_old",
        "the database has not the tables of this version",
        "start the app once; `handcart serve` and `work` migrate it",
    )
