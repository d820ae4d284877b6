"""One of several processes that want the same shop's token at once.

Reads one line a round from its input (the time, as seconds), has eight threads ask for the token
at that time, and writes what each got as one line of JSON.
"""

from __future__ import annotations

import json
import random
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import requests

from handcart.errors import HandcartError
from handcart.keys import Keyring
from handcart.platform.shopify.auth import Auth
from handcart.settings import Settings
from handcart.shops.grants import Grants
from handcart.storage import Database

THREADS = 8


def main(shop: str) -> None:
    settings = Settings.from_env()
    db = Database(settings.database_url)
    now = [datetime.now(UTC)]
    with requests.Session() as session, ThreadPoolExecutor(THREADS) as threads:
        grants = Grants(
            Auth(settings, session, sleep=lambda seconds: None),
            db=db,
            keyring=Keyring(settings.secrets),
            clock=lambda: now[0],
        )
        for line in sys.stdin:
            now[0] = datetime.fromtimestamp(float(line), UTC)
            together = threading.Barrier(THREADS)
            asked = [threads.submit(ask, grants, shop, together.wait) for _ in range(THREADS)]
            print(json.dumps([one.result() for one in asked]), flush=True)
    db.close()


def ask(grants: Grants, shop: str, together: Callable[[], object]) -> tuple[str, str]:
    """The token, or the code of what went wrong."""
    together()
    if random.random() < 0.3:  # not everybody arrives at the same moment
        threading.Event().wait(random.random() / 100)
    try:
        return "token", grants.access_token(shop)
    except HandcartError as error:
        return "error", error.code


if __name__ == "__main__":
    main(sys.argv[1])
