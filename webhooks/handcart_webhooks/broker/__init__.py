"""RabbitMQ in front of the inbox: a webhook is acknowledged once a majority of brokers has it.

So the database may be away for as long as it likes and the platform still gets its 200 in time.
Nothing here is imported unless ``receive_via`` is set; it needs the extra ``handcart[rabbitmq]``.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from handcart.delivery import Delivery
from handcart.errors import SettingsError

from ..inbox import accept
from . import counters as counters  # every process shows them, used or not

if TYPE_CHECKING:
    from handcart.app import Handcart

    from .consumer import Consumer as Consumer
    from .publisher import Publisher as Publisher

log = logging.getLogger(__name__)


def make_publisher(address: str) -> Publisher:
    """Looks for its broker from now on; SettingsError when that cannot work out."""
    _check(address)
    from .publisher import Publisher

    made = Publisher(address)
    made.start()
    return made


def make_consumer(app: Handcart) -> Consumer:
    """Moves what it reads into the inbox of ``app``, once it is started."""
    address = app.settings.receive_via or ""
    _check(address)
    from .consumer import Consumer

    def keep(deliveries: Sequence[Delivery]) -> int:
        with app.db.writing() as work:
            return accept(work, deliveries)

    return Consumer(address, keep=keep, kept=app.crew.wake)


def _check(address: str) -> None:
    """What only a person can mend is said at the start; a broker that is away may come back."""
    try:
        import kombu as _  # noqa: F401
    except ImportError as error:
        raise SettingsError("broker_library_missing", "pip install 'handcart[rabbitmq]'") from error
    from . import topology
    from .link import LINK_ERRORS, Link

    try:
        with Link(address) as link:
            link.connect()
            topology.declare(link.channel())
    except LINK_ERRORS as error:
        if refusal := topology.refusal(error):
            raise refusal from error
        log.warning("no broker yet: %s: %s", type(error).__name__, error)
