"""An ASGI application served over real HTTP by a thread of this process."""

from __future__ import annotations

import gc
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any, cast

import uvicorn
from a2wsgi import WSGIMiddleware

from .errors import SettingsError

_PATIENCE = 20.0
_GRACE = 5
# A load balancer keeps a connection to us for a minute and puts the next request on it. Were it
# closed here first, that request would be lost.
_KEEP_ALIVE = 75


def as_asgi(wsgi: Any, *, threads: int) -> Callable[..., Awaitable[None]]:
    """A WSGI application as an ASGI one; at most so many requests run at a time."""
    return cast(Callable[..., Awaitable[None]], WSGIMiddleware(wsgi, workers=threads))


def settle() -> None:
    """What has been imported and set up stays for as long as the process.

    The collector looks at it no more: one full pass would hold up every thread for a tenth of a
    second.
    """
    gc.collect()
    gc.freeze()


class _Server(uvicorn.Server):
    """Streams that would last as long as their browsers look are ended when the server is."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        settle()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        let_go(self.config.app)
        super().handle_exit(sig, frame)


def run(app: Callable[..., Any], *, host: str, port: int) -> None:
    """Serve ``app`` until the process is told to stop; what has been asked is answered first."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=_protocol(app),
        log_level="warning",
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,
    )
    _Server(config).run()


def let_go(app: Any) -> None:
    """Tell an application that can, to end its streams."""
    if callable(ending := getattr(app, "let_go", None)):
        ending()


def _protocol(app: Any) -> Any:
    """An application may bring the HTTP protocol that it is served with best."""
    return getattr(app, "protocol", "auto")


class Served:
    """Listens from ``start()`` to ``stop()``; port 0 takes any free one.

    Raises SettingsError (``port_taken``) when the address is taken.
    """

    def __init__(self, app: Callable[..., Any], *, host: str, port: int) -> None:
        self._listening = _bind(host, port)
        self.port: int = self._listening.getsockname()[1]
        config = uvicorn.Config(
            app,
            http=_protocol(app),
            log_level="error",
            access_log=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE,
        )
        self._app = app
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._listening],), name="served", daemon=True
        )

    def start(self) -> None:
        """Return when requests are answered."""
        self._thread.start()
        deadline = time.monotonic() + _PATIENCE
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the server did not start")
            time.sleep(0.005)

    def stop(self) -> None:
        """Answer what has been asked, then close everything."""
        let_go(self._app)
        self._server.should_exit = True
        self._thread.join(_PATIENCE)
        self._listening.close()


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(256)
    except OSError as error:
        listening.close()
        raise SettingsError("port_taken", f"port {port} on {host} is taken: {error}") from error
    return listening
