"""A wire between two programs that can be slow, cut, or lose what comes back."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Wire:
    """Forwards what comes to ``port``; what is set takes effect at once.

    ``delay``: seconds that everything takes each way. ``answers_lost``: how many in a hundred
    answers are cut off on their way back. ``down``: nobody is reached, whoever is connected is
    cut off. ``silent``: nothing gets through and nobody is told.
    """

    target: int
    delay: float = 0.0
    answers_lost: int = 0
    down: bool = False
    silent: bool = False
    lost: int = 0
    _dice: random.Random = field(default_factory=lambda: random.Random(1))
    _pairs: list[tuple[socket.socket, socket.socket]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut(self) -> None:
        """Everybody who is connected is cut off now."""
        for pair in list(self._pairs):
            _end(*pair)
        self._pairs.clear()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.down, self.silent = True, False
        self.cut()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            self._connect(near)

    def _connect(self, near: socket.socket) -> None:
        try:
            if self.down:
                raise ConnectionRefusedError
            far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        self._pairs.append((near, far))
        for one, other, back in ((near, far, False), (far, near, True)):
            thread = threading.Thread(target=self._forward, args=(one, other, back))
            self._threads.append(thread)
            thread.start()

    def _forward(self, one: socket.socket, other: socket.socket, back: bool) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                while self.silent:
                    time.sleep(0.02)
                if self.delay:
                    time.sleep(self.delay)
                if back and self._dice.randrange(100) < self.answers_lost:
                    self.lost += 1
                    break
                other.sendall(data)
        _end(one, other)


def _end(*ends: socket.socket) -> None:
    for each in ends:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


@contextmanager
def wire(target: int) -> Iterator[Wire]:
    """A wire to ``target``, taken down at the end."""
    laid = Wire(target)
    try:
        yield laid
    finally:
        laid.close()
