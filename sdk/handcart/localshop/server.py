"""The local shop over real HTTP, on this machine only."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from flask import Flask
from itsdangerous import URLSafeSerializer

from ..errors import SettingsError
from ..serving import Served, as_asgi
from . import admin, control, site, storefront, till
from .config import AppConfig
from .deliveries import Deliveries
from .faults import Faults
from .mailbox import Mailbox
from .outgoing import Wire
from .storefront.theme import Theme
from .world import World

# "up to an hour until the new secret signs": shopify.dev, Rotate or revoke credentials.
_OLD_SECRET_SIGNS = timedelta(hours=1)
_LARGEST_BODY = 20 * 1024 * 1024


class LocalShop:
    """A shop that runs from ``start`` to ``stop``, or inside ``with``; ``url`` has no last slash.

    ``port`` 0 takes any free one. Raises SettingsError for a port that is taken (``port_taken``)
    and a host that is not this machine (``not_loopback``).
    """

    def __init__(
        self,
        world: World,
        app: AppConfig,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: Faults | None = None,
        mail_port: int = 0,
    ) -> None:
        if host not in site.LOOPBACK:
            raise SettingsError("not_loopback", f"the local shop serves this machine, not {host}")
        self.world = world
        self.app = app
        self.faults = faults or Faults(seed=world.seed)
        self.signer = URLSafeSerializer(secrets.token_bytes(32), salt="localshop")
        self.theme = Theme(app.theme, app.handle)
        self.wire = Wire()
        self.sold: dict[str, int] = {}
        self._address = (host, port)
        self._mail_port = mail_port
        self._served: Served | None = None
        self._old_until: datetime | None = None

    def start(self) -> LocalShop:
        """Listen and send webhooks from now on."""
        self.flask = _site(self)
        host, port = self._address
        self._served = Served(as_asgi(self.flask, threads=24), host=host, port=port)
        self.world.app = self.app
        self.deliveries = Deliveries(self.world, self.app, self.faults)
        self.world.emit = self.deliveries.emit
        self.mailbox = Mailbox(port=self._mail_port).start()
        self._served.start()
        return self

    @property
    def url(self) -> str:
        if self._served is None:
            raise RuntimeError("the local shop has no address before it was started")
        host = f"[{self._address[0]}]" if ":" in self._address[0] else self._address[0]
        return f"http://{host}:{self._served.port}"

    def stop(self) -> None:
        """Take no more requests, finish the webhooks under way, close everything."""
        if self._served is None:
            return
        self._served.stop()
        self.mailbox.stop()
        self.deliveries.stop()
        self.wire.close()
        self._served = None

    def advance(self, seconds: float) -> datetime:
        """Move the shop's clock forward; what became due is sent at once."""
        now = self.world.clock.advance(seconds)
        if self._old_until is not None and now >= self._old_until:
            self.revoke_old_secret()
        self.deliveries.wake()
        return now

    def deploy(self, app: AppConfig) -> None:
        """The platform knows the app as ``app`` says from now on, in requests and webhooks."""
        self.app = self.world.app = app
        self.deliveries.deploy(app)

    def rotate_secret(self, secret: str) -> None:
        """``secret`` is the app's; the one before it signs until it is revoked, at the latest in
        an hour, and both are good at the token endpoint until then.
        """
        old = self.app.client_secret
        self.deploy(replace(self.app, client_secret=secret, old_client_secret=old))
        self._old_until = self.world.clock.now() + _OLD_SECRET_SIGNS

    def revoke_old_secret(self) -> None:
        self.deploy(replace(self.app, old_client_secret=None))
        self._old_until = None

    def reset(self, world: World) -> None:
        """Begin again with ``world``: no orders, no carts, no faults, nothing waiting."""
        world.app = self.app
        world.emit = self.deliveries.emit
        self.faults.replace((), seed=world.seed)
        self.deliveries.forget(world)
        self.sold.clear()
        self.mailbox.clear()
        self.world = world

    def __enter__(self) -> LocalShop:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()


def _site(shop: LocalShop) -> Flask:
    flask = Flask("handcart.localshop", static_url_path="/_local/static")
    flask.extensions["localshop"] = shop
    flask.json.sort_keys = False  # type: ignore[attr-defined]
    flask.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    site.guard(flask)
    for room in (storefront, till, admin, control):
        for blueprint in room.blueprints:
            flask.register_blueprint(blueprint)
    return flask
