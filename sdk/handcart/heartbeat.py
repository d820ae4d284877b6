"""One thing done again and again by a thread of its own, whatever the others are busy with."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Heartbeat:
    """Calls ``beat`` every so many seconds between ``start()`` and ``stop()``."""

    def __init__(self, beat: Callable[[], object], *, every: float) -> None:
        self._beat = beat
        self._every = every
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            try:
                self._beat()
            except Exception:
                # The database may be away for a moment; the next beat tries again.
                log.exception("a heartbeat failed")
